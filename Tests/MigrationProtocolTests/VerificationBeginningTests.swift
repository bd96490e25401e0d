import MigrationProtocol
import Testing

/// Where a comparison begins after an interrupted one.
@Suite struct VerificationBeginningTests {
  private static let began = "2026-03-01 12:00:00.000000"

  private static func beginning(
    after seconds: Double?, fencedAt: String? = nil, anew: Bool = false
  ) -> VerificationBeginning {
    VerificationBeginning(
      seconds.map { VerificationBeginning.Unfinished(beganAt: began, seconds: $0) }, fencedAt: fencedAt,
      isAskedAnew: anew)
  }

  @Test("an interrupted comparison is gone on with for less than a day")
  func time() {
    #expect(Self.beginning(after: nil) == .anew(because: nil))
    #expect(Self.beginning(after: 0) == .goingOn(since: Self.began))
    #expect(Self.beginning(after: 86_399) == .goingOn(since: Self.began))
    #expect(Self.beginning(after: 86_400) == .anew(because: .tooOld))
    #expect(Self.beginning(after: -3_600) == .anew(because: .tooOld), "the clock was set back")
  }

  @Test("never across a fence: what was compared before it proves nothing behind it")
  func fence() {
    #expect(Self.beginning(after: 60, fencedAt: "2026-03-01 12:00:30.000000") == .anew(because: .fenced))
    #expect(Self.beginning(after: 60, fencedAt: "2026-03-01 11:59:59.000000") == .goingOn(since: Self.began))
  }

  @Test("--anew begins again, and only says so where there was something to go on with")
  func anew() {
    #expect(Self.beginning(after: 60, anew: true) == .anew(because: .askedFor))
    #expect(Self.beginning(after: nil, anew: true) == .anew(because: nil))
  }
}
