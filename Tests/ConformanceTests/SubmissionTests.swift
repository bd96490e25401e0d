import StudentModuleHistory
import TestSupport
import Testing

/// What viewing, submitting and deleting leaves behind.
@Suite(.limitedConcurrency) struct SubmissionTests {
  private static func state(
    _ module: UInt64, _ text: String, at time: String, type: String = "problem", grade: Double? = nil
  ) throws -> StudentModuleState {
    StudentModuleState(
      studentModuleID: module, moduleType: type, modified: try #require(HistoryTimestamp(time)), state: text,
      grade: grade, maxGrade: grade == nil ? nil : 1)
  }

  private static let flags = [(false, false), (true, false), (true, true)]

  @Test(
    "viewing a problem makes one record and submitting it two, where each save counts as a request of its own",
    arguments: RoutedInstallation.Kind.available)
  func threeRecords(kind: RoutedInstallation.Kind) async throws {
    try await RoutedInstallation.with(kind) { installation in
      for (index, (enabled, readOnly)) in Self.flags.enumerated() {
        let router = try installation.router(enabled, readOnly)
        let module = UInt64(index + 1)
        try await router.record(Self.state(module, "{\"seed\": 1}", at: "2026-01-01 10:00:00"))
        try await router.record(Self.state(module, "{\"seed\": 1, \"done\": true}", at: "2026-01-01 10:01:00"))
        try await router.record(
          Self.state(module, "{\"seed\": 1, \"done\": true}", at: "2026-01-01 10:01:00", grade: 1))
        let records = try await router.history(of: [module]).entries.map(\.record)
        #expect(records.count == 3)
        #expect(records.map(\.grade) == [1, nil, nil])
        #expect(records.allSatisfy { $0.version == nil })
      }
    }
  }

  @Test(
    "a later save in the same request updates the record of the earlier one",
    arguments: RoutedInstallation.Kind.available)
  func sameRequest(kind: RoutedInstallation.Kind) async throws {
    try await RoutedInstallation.with(kind) { installation in
      for (index, (enabled, readOnly)) in Self.flags.enumerated() {
        let router = try installation.router(enabled, readOnly)
        let module = UInt64(index + 1)
        try await router.record(Self.state(module, "{}", at: "2026-01-01 10:00:00"), in: SavingRequest())
        let request = SavingRequest()
        let first = try await router.record(Self.state(module, "{\"a\": 1}", at: "2026-01-01 10:01:00"), in: request)
        let second = try await router.record(
          Self.state(module, "{\"a\": 1}", at: "2026-01-01 10:01:00.5", grade: 0.1), in: request)
        let third = try await router.record(
          Self.state(module, "{\"a\": 1}", at: "2026-01-01 10:01:00.5", grade: 0.1), in: request)
        #expect(first?.id == second?.id && second?.id == third?.id, "a save that changes nothing included")
        let records = try await router.history(of: [module]).entries.map(\.record)
        #expect(records.count == 2)
        #expect(records.first == second)
        #expect(records.first?.created.text == "2026-01-01 10:01:00.500000")
      }
    }
  }

  @Test(
    "a save after the student module was deleted in the same request makes a record again",
    arguments: RoutedInstallation.Kind.available)
  func deletedInBetween(kind: RoutedInstallation.Kind) async throws {
    try await RoutedInstallation.with(kind) { installation in
      let router = try installation.router(true, false)
      let request = SavingRequest()
      try await router.record(Self.state(1, "{\"a\": 1}", at: "2026-01-01 10:00:00"), in: request)
      try await router.delete(for: [1])
      try await router.record(Self.state(1, "{\"a\": 2}", at: "2026-01-01 10:00:01"), in: request)
      #expect(try await router.userStates(of: 1).map(\.state) == ["{\"a\": 2}"])
    }
  }

  @Test("only problems are recorded, unless other types are named", arguments: RoutedInstallation.Kind.available)
  func types(kind: RoutedInstallation.Kind) async throws {
    try await RoutedInstallation.with(kind) { installation in
      let router = try installation.router(false, false)
      #expect(try await router.record(Self.state(1, "{}", at: "2026-01-01 10:00:00", type: "video")) == nil)
      #expect(try await router.history(of: [1]).entries.isEmpty)
      let other = try HistoryRouter(
        flags: .off, original: installation.original, extended: installation.extended,
        recordedModuleTypes: ["problem", "video"])
      #expect(try await other.record(Self.state(1, "{}", at: "2026-01-01 10:00:00", type: "video")) != nil)
    }
  }

  @Test("records are deleted from both tables, whatever the flags are", arguments: RoutedInstallation.Kind.available)
  func deletion(kind: RoutedInstallation.Kind) async throws {
    try await RoutedInstallation.with(kind) { installation in
      for (enabled, readOnly) in Self.flags {
        try await installation.insert([.sample(1, module: 1), .sample(2, module: 2)], into: .original)
        try await installation.insert(
          [.sample(1, module: 1), .sample(10, module: 1), .sample(11, module: 2)], into: .extended)
        let router = try installation.router(enabled, readOnly)
        #expect(try await router.delete(for: [1]) == .init(originalCount: 1, extendedCount: 2))
        #expect(try await router.delete(for: [1]) == .init(originalCount: 0, extendedCount: 0), "it can be repeated")
        let both = try installation.router(true, false)
        #expect(try await both.history(of: [1, 2]).entries.map(\.record.id) == [11, 2])
        try await router.delete(for: [2])
      }
    }
  }

  @Test(
    "an installation without an extended table writes, reads and deletes; with the flag on it is an error that says so",
    arguments: RoutedInstallation.Kind.available)
  func noExtendedTable(kind: RoutedInstallation.Kind) async throws {
    try await RoutedInstallation.with(kind, hasExtendedTable: false) { installation in
      let router = try installation.router(false, false)
      try await router.record(Self.state(1, "{}", at: "2026-01-01 10:00:00"))
      #expect(try await router.history(of: [1]).entries.count == 1)
      #expect(try await router.delete(for: [1]) == .init(originalCount: 1, extendedCount: 0))
      let enabled = try installation.router(true, false)
      for operation in [
        { _ = try await enabled.history(of: [1]) },
        { _ = try await enabled.record(Self.state(1, "{}", at: "2026-01-01 10:00:00")) },
        { _ = try await enabled.delete(for: [1]) },
      ] as [() async throws -> Void] {
        let error = await #expect(throws: HistoryStoreError.self) { try await operation() }
        #expect(error?.side == .extended && error?.isAbsence == true)
      }
    }
  }
}
