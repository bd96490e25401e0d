internal import Foundation
internal import GRDB
package import StudentModuleHistory

/// One of the two tables in a SQLite file: the embedded default, for installations whose `default` and
/// `student_module_history` are two files.
package struct SQLiteStore: HistoryStore {
  package let side: HistorySide

  /// The file.
  package let path: String

  /// The name of the table, or nil to look for the names that Open edX uses.
  package let tableName: String?

  package init(side: HistorySide, path: String, tableName: String? = nil) {
    self.side = side
    self.path = path
    self.tableName = tableName
  }

  package var location: String { "sqlite://\(path)" }

  package func openSQLSession() async throws -> any SQLSession {
    try await openSQLiteSession()
  }

  /// Opens the file and finds out what the table is. A missing file is not created.
  package func openSQLiteSession() async throws(HistoryStoreError) -> SQLiteSession {
    let queue = try open(creating: false)
    let names = try await tableNames(in: queue)
    let candidates = tableName.map { [$0] } ?? side.tableNames
    guard let name = candidates.first(where: { names.contains($0) }) else {
      throw HistoryStoreError(
        .misconfigured, side: side, "the file \(path) has no table \(candidates.joined(separator: " or "))",
        remedy: Remedy(side == .extended ? .provision : .nameDefaultFile), isAbsence: true)
    }
    let session = SQLiteSession(store: self, queue: queue, schema: "main", tableName: name)
    try await session.checkColumns()
    return session
  }

  /// Opens the file, with a wait of 30 seconds for other writers and the functions of ``SQLiteFunctions``.
  func open(creating: Bool) throws(HistoryStoreError) -> DatabaseQueue {
    guard creating || FileManager.default.fileExists(atPath: path) else {
      throw HistoryStoreError(
        .unreachable, side: side, "the \(side.rawValue) database \(path) does not exist",
        remedy: Remedy(.checkPath), isAbsence: true)
    }
    var configuration = Configuration()
    configuration.busyMode = .timeout(30)
    // A session's transaction stays open from one call to the next, as a server's does.
    configuration.allowsUnsafeTransactions = true
    configuration.prepareDatabase { SQLiteFunctions.add(to: $0) }
    do {
      return try DatabaseQueue(path: path, configuration: configuration)
    } catch {
      throw HistoryStoreError(error, side: side, path: path)
    }
  }

  func tableNames(in queue: DatabaseQueue) async throws(HistoryStoreError) -> [String] {
    do {
      return try await queue.read {
        try String.fetchAll($0, sql: "SELECT name FROM sqlite_master WHERE type = 'table'")
      }
    } catch {
      throw HistoryStoreError(error, side: side, path: path)
    }
  }
}

extension HistoryStoreError {
  /// What an error of SQLite means for the store.
  init(_ error: any Error, side: HistorySide?, path: String) {
    guard let error = error as? DatabaseError else {
      self.init(error is CancellationError ? .cancelled : .other, side: side, "\(path): \(error)")
      return
    }
    let kind: Kind =
      switch error.resultCode {
      case .SQLITE_BUSY, .SQLITE_LOCKED: .transient
      case .SQLITE_CONSTRAINT: Self.constraint(error.extendedResultCode)
      case .SQLITE_MISMATCH: .valueRejected
      case .SQLITE_FULL: .diskFull
      case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH: .notPermitted
      case .SQLITE_CANTOPEN: .unreachable
      case .SQLITE_NOTADB, .SQLITE_CORRUPT: .misconfigured
      case .SQLITE_TOOBIG: .rowTooLarge
      case .SQLITE_INTERRUPT, .SQLITE_ABORT: .cancelled
      // The file system or the machine; what else there is speaks of the statement.
      case .SQLITE_IOERR, .SQLITE_NOMEM, .SQLITE_PROTOCOL, .SQLITE_NOLFS: .unforeseen
      default: .other
      }
    // The error's own description would print the values of the statement.
    self.init(
      kind, side: side, "\(path): \(error.message ?? error.resultCode.description) (\(error.resultCode))",
      statement: error.sql, isLockWait: kind == .transient)
  }
  /// https://sqlite.org/rescode.html#constraint
  private static func constraint(_ code: ResultCode) -> Kind {
    switch code {
    case .SQLITE_CONSTRAINT_CHECK, .SQLITE_CONSTRAINT_FOREIGNKEY, .SQLITE_CONSTRAINT_NOTNULL,
      .SQLITE_CONSTRAINT_TRIGGER:
      .valueRejected
    default: .duplicateID
    }
  }
}
