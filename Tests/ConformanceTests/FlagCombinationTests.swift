import StudentModuleHistory
import TestSupport
import Testing

/// Open edX's own test of the flags (coursewarehistoryextended/tests.py): three student modules, each with a row in either table.
@Suite(.limitedConcurrency) struct FlagCombinationTests {
  /// Both tables count from 1, as in Open edX's test.
  private static func fill(_ installation: RoutedInstallation, firstExtendedID: UInt64 = 1) async throws {
    for module in 1...3 as ClosedRange<UInt64> {
      try await installation.insert([.sample(module, module: module, state: "csmh\(module)")], into: .original)
      try await installation.insert(
        [.sample(firstExtendedID + module - 1, module: module, state: "csmhe\(module)")], into: .extended)
    }
  }

  private static func states(_ router: HistoryRouter) async throws -> [String?] {
    try await router.history(of: [1, 2, 3]).entries.map(\.record.state)
  }

  @Test(
    "ENABLE_CSMH_EXTENDED reads both tables: csmhe3, 2, 1, then csmh3, 2, 1",
    arguments: RoutedInstallation.Kind.available)
  func both(kind: RoutedInstallation.Kind) async throws {
    try await RoutedInstallation.with(kind) { installation in
      try await Self.fill(installation)
      let page = try await installation.router(true, false).history(of: [1, 2, 3])
      #expect(page.entries.map(\.record.state) == ["csmhe3", "csmhe2", "csmhe1", "csmh3", "csmh2", "csmh1"])
      #expect(page.entries.map(\.table) == [.extended, .extended, .extended, .original, .original, .original])
      #expect(page.collisions == [3, 2, 1], "the same ids with different content are reported")
      #expect(page.next == nil)
    }
  }

  @Test(
    "the order is the same where native rows have ids above the starting id",
    arguments: RoutedInstallation.Kind.available)
  func startingID(kind: RoutedInstallation.Kind) async throws {
    try await RoutedInstallation.with(kind) { installation in
      try await Self.fill(installation, firstExtendedID: 10_001)
      let page = try await installation.router(true, false, startingID: 10_001).history(of: [1, 2, 3])
      #expect(page.entries.map(\.record.state) == ["csmhe3", "csmhe2", "csmhe1", "csmh3", "csmh2", "csmh1"])
      #expect(page.collisions.isEmpty)
    }
  }

  @Test("both flags read the extended table alone: csmhe3, 2, 1", arguments: RoutedInstallation.Kind.available)
  func readOnlyFromExtended(kind: RoutedInstallation.Kind) async throws {
    try await RoutedInstallation.with(kind) { installation in
      try await Self.fill(installation)
      #expect(try await Self.states(installation.router(true, true)) == ["csmhe3", "csmhe2", "csmhe1"])
    }
  }

  @Test("both flags off read the original table alone: csmh3, 2, 1", arguments: RoutedInstallation.Kind.available)
  func off(kind: RoutedInstallation.Kind) async throws {
    try await RoutedInstallation.with(kind) { installation in
      try await Self.fill(installation)
      #expect(try await Self.states(installation.router(false, false)) == ["csmh3", "csmh2", "csmh1"])
    }
  }

  @Test("READ_ONLY_FROM_CSMHE alone, with which Open edX reads nothing, is a configuration error")
  func contradiction() async throws {
    try await RoutedInstallation.with(.sqlite) { installation in
      #expect(throws: HistoryRouterError.contradictoryFlags) { try installation.router(false, true) }
    }
  }
}
