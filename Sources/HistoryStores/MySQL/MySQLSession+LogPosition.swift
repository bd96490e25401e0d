internal import MariaDBClient
package import StudentModuleHistory

extension MySQLSession {
  /// A server that does not write its redo log to the disk at each commit does so about once a second. With a binary log, what is in the
  /// redo log alone is rolled back after a crash, unless it is marked there as committed, which the disk need not have either.
  /// https://dev.mysql.com/doc/refman/8.4/en/innodb-parameters.html#sysvar_innodb_flush_log_at_trx_commit
  package func logPosition() async throws -> LogPosition {
    let row = try await rows("SELECT @@GLOBAL.innodb_flush_log_at_trx_commit, @@GLOBAL.log_bin, @@GLOBAL.sync_binlog")[
      0]
    let (flush, logs, syncs) = (row[0].unsignedValue, row[1].unsignedValue, row[2].unsignedValue)
    // 3 is MariaDB's: at each step of a group commit.
    if flush == 1 || flush == 3, logs == 0 || syncs == 1 { return .flushedAtCommit }
    let setting =
      flush == 1 || flush == 3
      ? "sync_binlog is \(syncs ?? 0)" : "innodb_flush_log_at_trx_commit is \(flush ?? 0)"
    if let position = try await positionByStatus() { return position }
    do {
      return try await positionByEngine()
        ?? .unknown("\(setting), and the server does not tell how far its log is flushed")
    } catch let error as HistoryStoreError where error.kind == .notPermitted {
      return .unknown("\(setting), and the privilege PROCESS is missing to see how far its log is flushed")
    }
  }

  /// By status variables that need no privilege: those of MariaDB, and of MySQL since 8.0.30.
  private func positionByStatus() async throws -> LogPosition? {
    var values: [String: UInt64] = [:]
    for row in try await rows(
      "SHOW GLOBAL STATUS WHERE Variable_name IN ('Innodb_lsn_current', 'Innodb_lsn_flushed', 'Innodb_redo_log_current_lsn',"
        + " 'Innodb_redo_log_flushed_to_disk_lsn')")
    {
      values[row[0].textValue?.lowercased() ?? ""] = row[1].unsignedValue
    }
    guard let written = values["innodb_lsn_current"] ?? values["innodb_redo_log_current_lsn"],
      let flushed = values["innodb_lsn_flushed"] ?? values["innodb_redo_log_flushed_to_disk_lsn"]
    else { return nil }
    return .upTo(written: written, flushed: flushed)
  }

  /// By the monitor of older servers.
  private func positionByEngine() async throws -> LogPosition? {
    let text = try await rows("SHOW ENGINE INNODB STATUS").first?.last?.textValue ?? ""
    func number(_ title: String) -> UInt64? {
      text.split(separator: "\n").first { $0.hasPrefix(title) }?.split(separator: " ").last.flatMap { UInt64($0) }
    }
    guard let written = number("Log sequence number"), let flushed = number("Log flushed up to") else { return nil }
    return .upTo(written: written, flushed: flushed)
  }
}
