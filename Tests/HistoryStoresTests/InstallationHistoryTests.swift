import Foundation
import HistoryStores
import StudentModuleHistory
import TestSupport
import Testing

/// What a program outside of the package has: nothing here takes more.
@Suite struct InstallationHistoryTests {
  private static func entries(_ router: HistoryRouter, of module: UInt64) async throws -> [HistoryEntry] {
    var entries: [HistoryEntry] = []
    for try await entry in router.stream(of: [module]) { entries.append(entry) }
    return entries
  }

  @Test("URLs are all that it takes to keep and read histories by the flags, and all routers share its connections")
  func keeping() async throws {
    try await EmbeddedPair.with(rows: EmbeddedPair.records(3)) { pair in
      let history = try InstallationHistory(
        original: pair.original.location, extended: pair.extended.location)
      let off = try history.router(.off)
      let modified = try #require(HistoryTimestamp("2026-02-03 04:05:06"))
      let kept = try await off.record(
        StudentModuleState(studentModuleID: 77, modified: modified, state: "{}", grade: 1, maxGrade: 2))
      #expect(kept?.id == 4 && off.writtenSide == .original)
      let entries = try await Self.entries(history.router(.off), of: 77)
      #expect(entries == [HistoryEntry(record: try #require(kept), table: .original)])
      #expect(try await off.delete(for: [77]) == HistoryRouter.Deletion(originalCount: 1, extendedCount: 0))
      #expect(try await Self.entries(off, of: 77).isEmpty)
      await history.close()
      await #expect(throws: CancellationError.self) { try await off.history(of: [1]) }
    }
  }

  @Test("a URL that cannot be used is named by its side, without being shown: it may hold a password")
  func badURLs() {
    for (original, extended, side) in [
      ("mysql://csmh:s3cret@/edxapp", "sqlite:///b.db", "original"),
      ("sqlite:///a.db", "postgres://csmh:s3cret@db1/edxapp_csmh", "extended"),
    ] {
      let error = #expect(throws: HistoryStoreError.self) {
        try InstallationHistory(original: original, extended: extended)
      }
      #expect(error?.kind == .misconfigured && error?.side?.rawValue == side)
      #expect(error?.message.contains("the URL of the \(side) database") == true)
      #expect(error?.message.contains("s3cret") == false)
    }
  }

  @Test(
    "two names of one database, and a server beside a file, are refused before anything is opened",
    arguments: [
      ("sqlite:///one.db", "sqlite:///one.db"), ("mysql://csmh@db1/edxapp", "mysql://csmh@db1:3306/edxapp"),
      ("mysql://csmh@db1/edxapp", "sqlite:///b.db"),
    ])
  func sameDatabase(original: String, extended: String) {
    let error = #expect(throws: HistoryStoreError.self) {
      try InstallationHistory(original: original, extended: extended)
    }
    #expect(error?.kind == .misconfigured)
  }

  @Test("flags that contradict each other make no router")
  func contradiction() throws {
    let history = try InstallationHistory(original: "sqlite:///a.db", extended: "sqlite:///b.db")
    #expect(throws: HistoryRouterError.contradictoryFlags) {
      try history.router(HistoryFlags(extendedEnabled: false, readOnlyFromExtended: true))
    }
  }
}
