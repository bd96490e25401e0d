internal import MariaDBClient
internal import StudentModuleHistory

extension HistoryStoreError {
  /// What an error of a server means for the store.
  init(_ error: MariaDBError, side: HistorySide?) {
    let place = side.map { "the \($0.rawValue) database, \(error.server)" } ?? error.server
    let kind: Kind
    var message = "\(place): \(error.message)" + (error.code == 0 ? "" : " (error \(error.code))")
    var remedy = Self.remedy(error)
    switch error.kind {
    case .unreachable:
      kind = .unreachable
      message = "no server answers for \(place): \(error.message)"
      remedy = Remedy(.checkServerRuns)
    case .tls:
      kind = .unreachable
      message = "no encrypted connection to \(place): \(error.message)"
      remedy = Remedy(.checkTLS)
    case .connectionLost:
      kind = .connectionLost
      message = "the connection to \(place) was lost: \(error.message)"
    case .authentication:
      kind = .notPermitted
      message = "\(place): the server refuses the login: \(error.message)"
      let variable = side.map { "CSMH_\($0.rawValue.uppercased())_PASSWORD" } ?? "the password"
      let mayNeedEncryption = error.code == 1045 && error.peer?.isEncrypted == false
      remedy = remedy ?? Remedy(mayNeedEncryption ? .checkLoginOrEncrypt : .checkLogin, variable)
    case .accountLocked, .passwordExpired, .tlsDemanded:
      kind = .notPermitted
      message = "\(place): the server refuses the login: \(error.message) (error \(error.code))"
    case .limit: kind = .limited
    case .privilege:
      kind = .notPermitted
      message = "\(place): a privilege is missing: \(error.message)"
    case .unknownDatabase:
      kind = .misconfigured
      message = "\(place): \(error.message)"
      remedy =
        side == .extended
        ? Remedy(.provisionMakesIt) : Remedy(.nameDefaultDatabase, HistorySide.original.usualDatabaseName)
    case .unknownTable: kind = .misconfigured
    case .transient, .timeLimit, .exhausted: kind = .transient
    case .readOnly:
      kind = .transient
      message = "\(place) takes no writes now: \(error.message)"
    case .duplicateKey: kind = .duplicateID
    case .valueRejected, .constraint: kind = .valueRejected
    case .packetTooLarge: kind = .rowTooLarge
    case .transactionTooLarge: kind = .transactionTooLarge
    case .diskFull:
      kind = .diskFull
      message = "\(place) has no room left: \(error.message)"
      remedy = Remedy(.makeRoomThenAgain)
    case .cancelled: kind = .cancelled
    case .configuration, .rowFormat: kind = .misconfigured
    case .unknown: kind = .unforeseen
    case .statement, .other: kind = .other
    }
    let isAbsence = error.kind == .unknownDatabase || error.kind == .unknownTable
    self.init(
      kind, side: side, message, remedy: remedy, statement: error.statement, isAbsence: isAbsence,
      isTimeLimit: error.kind == .timeLimit,
      // Lock wait timeout, and deadlock.
      isLockWait: [1205, 1213].contains(error.code))
  }
}
