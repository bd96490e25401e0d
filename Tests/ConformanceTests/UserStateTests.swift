import StudentModuleHistory
import TestSupport
import Testing

/// The history cases of Open edX's user-state client (lms/djangoapps/courseware/tests/test_user_state_client.py and its base).
@Suite(.limitedConcurrency) struct UserStateTests {
  /// A learner's block that is saved as the client saves it: the whole state with every change, each in a request of its own.
  private struct Block {
    let router: HistoryRouter
    let studentModuleID: UInt64
    private var fields: [(name: String, value: String)] = []

    init(_ router: HistoryRouter, _ studentModuleID: UInt64) {
      self.router = router
      self.studentModuleID = studentModuleID
    }

    private var json: String { "{" + fields.map { "\"\($0.name)\": \($0.value)" }.joined(separator: ", ") + "}" }

    mutating func set(_ name: String, _ value: String) async throws {
      fields.removeAll { $0.name == name }
      fields.append((name, value))
      try await save()
    }

    mutating func delete(_ name: String) async throws {
      fields.removeAll { $0.name == name }
      try await save()
    }

    mutating func deleteAll() async throws {
      fields = []
      try await save()
    }

    private func save() async throws {
      let time = try #require(HistoryTimestamp("2026-01-01 10:00:00"))
      try await router.record(
        StudentModuleState(studentModuleID: studentModuleID, modified: time, state: json), in: SavingRequest())
    }
  }

  private static let flags = [(false, false), (true, false), (true, true)]

  @Test("a block that nobody used has no history", arguments: RoutedInstallation.Kind.available)
  func nothing(kind: RoutedInstallation.Kind) async throws {
    try await RoutedInstallation.with(kind) { installation in
      for (enabled, readOnly) in Self.flags {
        let router = try installation.router(enabled, readOnly)
        await #expect(throws: HistoryRouterError.noHistory(studentModuleID: 7)) { try await router.userStates(of: 7) }
      }
    }
  }

  @Test("a single entry, and several with the newest first", arguments: RoutedInstallation.Kind.available)
  func entries(kind: RoutedInstallation.Kind) async throws {
    try await RoutedInstallation.with(kind) { installation in
      for (index, (enabled, readOnly)) in Self.flags.enumerated() {
        let router = try installation.router(enabled, readOnly)
        var block = Block(router, UInt64(index + 1))
        try await block.set("a", "0")
        #expect(try await router.userStates(of: block.studentModuleID).map(\.state) == ["{\"a\": 0}"])
        for value in 1...4 { try await block.set("a", "\(value)") }
        #expect(
          try await router.userStates(of: block.studentModuleID).map(\.state)
            == [4, 3, 2, 1, 0].map { "{\"a\": \($0)}" })
      }
    }
  }

  @Test(
    "fields that are deleted one by one: nothing, {2}, {1, 2}, {0, 1, 2}", arguments: RoutedInstallation.Kind.available)
  func deletedFields(kind: RoutedInstallation.Kind) async throws {
    try await RoutedInstallation.with(kind) { installation in
      let router = try installation.router(true, false)
      var block = Block(router, 1)
      for index in 0...2 { try await block.set("f\(index)", "\(index)") }
      for index in 0...2 { try await block.delete("f\(index)") }
      let states = try await router.userStates(of: 1).map(\.state)
      #expect(
        states.prefix(4) == [
          nil, "{\"f2\": 2}", "{\"f1\": 1, \"f2\": 2}", "{\"f0\": 0, \"f1\": 1, \"f2\": 2}",
        ])
      #expect(states.count == 6)
    }
  }

  @Test("delete_many does not delete: it adds an entry without a state", arguments: RoutedInstallation.Kind.available)
  func deleteMany(kind: RoutedInstallation.Kind) async throws {
    try await RoutedInstallation.with(kind) { installation in
      let router = try installation.router(true, false)
      var block = Block(router, 1)
      try await block.set("a", "1")
      try await block.deleteAll()
      #expect(try await router.userStates(of: 1).map(\.state) == [nil, "{\"a\": 1}"])
      try await block.set("a", "2")
      #expect(try await router.userStates(of: 1).map(\.state) == ["{\"a\": 2}", nil, "{\"a\": 1}"])
    }
  }

  @Test("a state that is NULL in the table is none", arguments: RoutedInstallation.Kind.available)
  func null(kind: RoutedInstallation.Kind) async throws {
    try await RoutedInstallation.with(kind) { installation in
      let time = try #require(HistoryTimestamp("2026-01-01 10:00:00.25"))
      let router = try installation.router(false, false)
      try await router.record(StudentModuleState(studentModuleID: 1, modified: time, state: nil))
      let states = try await router.userStates(of: 1)
      #expect(states.map(\.state) == [nil])
      #expect(states.first?.updated.text == "2026-01-01 10:00:00.250000")
    }
  }

  @Test("set_many adds one entry for each block", arguments: RoutedInstallation.Kind.available)
  func setMany(kind: RoutedInstallation.Kind) async throws {
    try await RoutedInstallation.with(kind) { installation in
      let router = try installation.router(true, false)
      let time = try #require(HistoryTimestamp("2026-01-01 10:00:00"))
      for round in 1...2 {
        let request = SavingRequest()
        for module in 1...5 as ClosedRange<UInt64> {
          let state = StudentModuleState(studentModuleID: module, modified: time, state: "{\"r\": \(round)}")
          try await router.record(state, in: request)
        }
      }
      for module in 1...5 as ClosedRange<UInt64> {
        #expect(try await router.userStates(of: module).map(\.state) == ["{\"r\": 2}", "{\"r\": 1}"])
      }
      #expect(try await router.history(of: [1, 2, 3, 4, 5]).entries.count == 10)
    }
  }
}
