internal import HTTPTypes
internal import Hummingbird
internal import StudentModuleHistory

extension Problem {
  /// What a request does to the databases, as a problem's sentence says it.
  enum Action: String {
    case read
    case written
  }

  /// Tells an error of the router or of a store without a word of the database's own message.
  init(_ error: any Error, _ action: Action) {
    switch error {
    case let problem as Problem: self = problem
    case let error as HistoryRouterError: self = .malformed(error.description)
    case let error as SubmissionsDocument.TooLong: self = Problem(.unprocessableContent, error.description)
    case let error as HistoryStoreError: self.init(error, action)
    case is CancellationError: self = Problem(.serviceUnavailable, "csmh is stopping", headers: [.retryAfter: "2"])
    default: self = .unexpected
    }
  }

  private init(_ error: HistoryStoreError, _ action: Action) {
    let database = error.side.map { "the \($0.rawValue) database" } ?? "a database"
    switch error.kind {
    case .valueRejected:
      self.init(
        .unprocessableContent, "\(database) cannot hold one of the values exactly: nothing was written",
        database: error.side)
    case .rowTooLarge, .transactionTooLarge:
      self.init(
        .unprocessableContent, "\(database) takes no statement as large as this record: nothing was written",
        database: error.side)
    case .unreachable, .connectionLost, .transient, .limited, .cancelled:
      self.init(
        .serviceUnavailable, "\(database) cannot be \(action.rawValue) now", database: error.side,
        headers: [.retryAfter: "2"])
    case .notPermitted, .misconfigured, .duplicateID, .diskFull, .unforeseen, .other:
      self.init(.badGateway, "\(database) cannot be \(action.rawValue); csmh's log tells why", database: error.side)
    }
  }
}
