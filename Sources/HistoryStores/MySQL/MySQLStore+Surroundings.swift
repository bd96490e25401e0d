internal import MariaDBClient

extension MySQLStore {
  package func surroundings() async throws -> StoreSurroundings {
    try await withAdministration { connection throws(MariaDBError) in
      let variables = try await connection.query(
        StatementText("SHOW GLOBAL VARIABLES WHERE Variable_name IN ('datadir', 'log_bin')"))
      let value = { (name: String) in variables.first { $0[0]?.lowercased() == name }?[1] }
      let dataDirectory = value("datadir")
      var freeBytes: UInt64?
      if connection.server.family == .mariaDB, let dataDirectory {
        freeBytes = try await Self.freeBytes(at: dataDirectory, connection)
      }
      return StoreSurroundings(
        server: connection.server.summary, dataDirectory: dataDirectory, freeBytes: freeBytes,
        hasBinaryLog: value("log_bin") == "ON")
    }
  }

  /// The room on the file system with the data, where the plugin that tells it is installed; it asks for the privilege FILE.
  /// https://mariadb.com/kb/en/disks-plugin/
  private static func freeBytes(
    at dataDirectory: String, _ connection: MariaDBConnection
  ) async throws(MariaDBError) -> UInt64? {
    let plugins = try await connection.query(
      StatementText(
        "SELECT PLUGIN_NAME FROM information_schema.PLUGINS WHERE PLUGIN_NAME = 'DISKS' AND PLUGIN_STATUS = 'ACTIVE'"))
    guard !plugins.isEmpty else { return nil }
    let disks: [[String?]]
    do throws(MariaDBError) {
      disks = try await connection.query(StatementText("SELECT Path, Available FROM information_schema.DISKS"))
    } catch {
      guard error.kind == .privilege else { throw error }
      return nil
    }
    let mounts = disks.compactMap { row in row[0].map { (path: $0, available: row[1]) } }
    let holding = mounts.filter { dataDirectory.hasPrefix($0.path.hasSuffix("/") ? $0.path : $0.path + "/") }
    return holding.max { $0.path.utf8.count < $1.path.utf8.count }?.available.flatMap { UInt64($0) }.map { $0 * 1_024 }
  }
}
