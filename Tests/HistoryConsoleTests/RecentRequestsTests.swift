import Testing

@testable import HistoryConsole

@Suite struct RecentRequestsTests {
  @Test("a request is known for its lifetime, each student module for itself, and the oldest make room")
  func bounds() {
    let recent = RecentRequests(limit: 3, lifetime: .seconds(10))
    let start = ContinuousClock.now
    func entry(_ id: String, _ module: UInt64, _ seconds: Int) -> RecentRequests.Entry {
      recent.entry(.init(requestID: id, studentModuleID: module), now: start + .seconds(seconds))
    }
    let first = entry("a", 1, 0)
    #expect(entry("a", 1, 9) === first)
    #expect(entry("a", 2, 9) !== first)
    #expect(entry("a", 1, 10) !== first)
    let second = entry("a", 1, 10)
    _ = entry("b", 1, 11)
    #expect(entry("a", 1, 12) === second)
    _ = entry("c", 1, 13)
    _ = entry("d", 1, 14)
    #expect(recent.count == 3)
    #expect(entry("a", 1, 15) !== second)
    for number in 0..<1_000 { _ = entry("n\(number)", 1, 16) }
    #expect(recent.count == 3)
  }
}
