/// One state of a learner's block, as Open edX's user-state client tells it.
public struct UserState: Sendable, Hashable {
  /// The fields as a JSON object, or nil where they were empty: the learner's state had been reset.
  public let state: String?

  /// When the student module was modified.
  public let updated: HistoryTimestamp

  package init(_ record: HistoryRecord) {
    state = record.state.flatMap { $0.isEmptyJSONObject ? nil : $0 }
    updated = record.created
  }
}

extension HistoryRouter {
  /// The states of one student module, the newest first, as `XBlockUserStateClient.get_history` gives them.
  ///
  /// - Throws: ``HistoryRouterError/noHistory(studentModuleID:)`` where nothing was recorded or the student module does not exist;
  ///   what ``history(of:from:limit:)`` throws.
  public func userStates(of studentModuleID: UInt64) async throws -> [UserState] {
    var states: [UserState] = []
    for try await entry in stream(of: [studentModuleID]) { states.append(UserState(entry.record)) }
    guard !states.isEmpty else { throw HistoryRouterError.noHistory(studentModuleID: studentModuleID) }
    return states
  }
}

extension String {
  /// Whether this is `{}`, with whatever space Python or a person put there.
  fileprivate var isEmptyJSONObject: Bool {
    utf8.lazy.filter { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }.elementsEqual("{}".utf8)
  }
}
