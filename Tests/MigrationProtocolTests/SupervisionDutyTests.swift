import MigrationJournal
import MigrationProtocol
import StudentModuleHistory
import Testing

/// What the flags ask for, whatever the journal says.
@Suite struct SupervisionDutyTests {
  private typealias Knowledge = SupervisionDuty.Knowledge

  private static func duty(_ extended: Bool, _ readOnly: Bool, _ knowledge: Knowledge?) -> SupervisionDuty {
    SupervisionDuty(HistoryFlags(extendedEnabled: extended, readOnlyFromExtended: readOnly), knowledge)
  }

  private static let verified = Knowledge(
    phase: .verified, hasRowsBeyond: false, isProven: true, isFenced: true, isPassedBack: false)
  private static let behind = Knowledge(
    phase: .verified, hasRowsBeyond: true, isProven: true, isFenced: true, isPassedBack: true)
  private static let done = Knowledge(
    phase: .verified, hasRowsBeyond: false, isProven: true, isFenced: true, isPassedBack: true)

  @Test("with both flags off nothing is ever copied, and a begun migration is paused")
  func off() {
    #expect(Self.duty(false, false, nil) == .rest(.notBegun))
    #expect(
      Self.duty(
        false, false,
        Knowledge(phase: .provisioned, hasRowsBeyond: true, isProven: true, isFenced: true, isPassedBack: false))
        == .rest(.notBegun))
    for phase in [Phase.copying, .copied, .verified] {
      #expect(
        Self.duty(
          false, false, Knowledge(phase: phase, hasRowsBeyond: true, isProven: true, isFenced: true, isPassedBack: true)
        )
          == .rest(.paused(phase)))
    }
  }

  @Test("ENABLE_CSMH_EXTENDED asks for the migration until all is verified and nothing came since")
  func extended() {
    #expect(Self.duty(true, false, nil) == .migrate)
    for phase in [Phase.provisioned, .copying, .copied] {
      #expect(
        Self.duty(
          true, false, Knowledge(phase: phase, hasRowsBeyond: false, isProven: true, isFenced: true, isPassedBack: true)
        )
          == .migrate)
    }
    #expect(Self.duty(true, false, Self.behind) == .migrate)
    #expect(Self.duty(true, false, Self.verified) == .rest(.migrated))
    #expect(Self.duty(true, false, Self.done) == .rest(.migrated))
  }

  @Test("a fence that does not hold asks for the work again, with either flag")
  func fence() {
    let moved = Knowledge(phase: .verified, hasRowsBeyond: false, isProven: true, isFenced: false, isPassedBack: true)
    #expect(Self.duty(true, false, moved) == .migrate)
    #expect(Self.duty(true, true, moved) == .passBack)
    let unproven = Knowledge(
      phase: .verified, hasRowsBeyond: false, isProven: false, isFenced: true, isPassedBack: true)
    #expect(Self.duty(true, false, unproven) == .migrate)
    #expect(Self.duty(true, true, unproven) == .passBack)
  }

  @Test("READ_ONLY_FROM_CSMHE asks for the pass back until one ended well since the flags changed")
  func readOnly() {
    #expect(Self.duty(true, true, nil) == .passBack)
    #expect(Self.duty(true, true, Self.verified) == .passBack)
    #expect(Self.duty(true, true, Self.behind) == .passBack, "a straggler wrote to the original table")
    #expect(
      Self.duty(
        true, true, Knowledge(phase: .copied, hasRowsBeyond: false, isProven: true, isFenced: true, isPassedBack: true))
        == .passBack)
    #expect(Self.duty(true, true, Self.done) == .rest(.switched))
  }
}
