internal import Logging
internal import StudentModuleHistory
internal import Synchronization

/// Writes to the log when a database begins to fail and when it answers again, not at every request in between.
final class StoreTrouble: Sendable {
  private let logger: Logger
  private let kinds = Mutex<[HistorySide: HistoryStoreError.Kind]>([:])
  private let hasTrouble = Atomic<Bool>(false)

  init(logger: Logger) {
    self.logger = logger
  }

  func failed(_ error: HistoryStoreError, _ action: Problem.Action) {
    guard let side = error.side, let sentence = Self.sentence(error, action) else { return }
    let isNews = kinds.withLock { kinds in
      defer { kinds[side] = error.kind }
      hasTrouble.store(true, ordering: .relaxed)
      return kinds[side] != error.kind
    }
    if isNews { logger.error("\(sentence)") }
  }

  /// The databases on these sides have answered.
  func answered(_ sides: [HistorySide]) {
    guard hasTrouble.load(ordering: .relaxed) else { return }
    let recovered = kinds.withLock { kinds in
      let recovered = sides.filter { kinds.removeValue(forKey: $0) != nil }
      hasTrouble.store(!kinds.isEmpty, ordering: .relaxed)
      return recovered
    }
    for side in recovered { logger.notice("the \(side.rawValue) database answers again") }
  }

  /// What the operator is told of an error; nil for what belongs to a single request.
  private static func sentence(_ error: HistoryStoreError, _ action: Problem.Action) -> String? {
    switch error.kind {
    case .unreachable, .connectionLost, .limited, .notPermitted, .misconfigured, .diskFull: error.message
    case .other where action == .read, .unforeseen where action == .read: error.message
    // A server may quote what was to be written.
    case .other, .unforeseen, .duplicateID, .transactionTooLarge:
      "the \(error.side?.rawValue ?? "") database refuses a record: see the server's own log"
    case .transient, .valueRejected, .rowTooLarge, .cancelled: nil
    }
  }
}
