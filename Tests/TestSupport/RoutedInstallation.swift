package import Foundation
package import HistoryStores
package import StudentModuleHistory

/// An installation with both tables, empty, for tests of what the running system writes and reads.
package struct RoutedInstallation: Sendable {
  /// What kind of database it has.
  package enum Kind: String, Sendable, CaseIterable, CustomStringConvertible {
    case sqlite = "SQLite"
    case mariaDB = "MariaDB"
    case mySQL = "MySQL"

    package var description: String { rawValue }

    /// Every kind that this machine can offer.
    package static var available: [Kind] {
      [.sqlite] + (TestServer.isAvailable(.mariaDB) ? [.mariaDB] : [])
        + (TestServer.isAvailable(.mySQL) ? [.mySQL] : [])
    }
  }

  package let pair: StorePair
  package let original: SessionPool
  package let extended: SessionPool

  /// The folder of the files, with SQLite.
  package let directory: URL?

  /// - Parameter hasExtendedTable: without it the extended database exists on servers, and has no table.
  package init(_ kind: Kind, hasExtendedTable: Bool = true) async throws {
    switch kind {
    case .sqlite:
      let directory = FileManager.default.temporaryDirectory.appendingPathComponent("csmh-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
      self.directory = directory
      let original = SQLiteStore(side: .original, path: directory.appendingPathComponent("edxapp.db").path)
      let extended = SQLiteStore(side: .extended, path: directory.appendingPathComponent("edxapp_csmh.db").path)
      try await original.provision([
        """
        CREATE TABLE courseware_studentmodulehistory (id integer NOT NULL PRIMARY KEY AUTOINCREMENT, \
        student_module_id integer NOT NULL, version varchar(255) NULL, created datetime NOT NULL, state text NULL, \
        grade real NULL, max_grade real NULL)
        """, "CREATE INDEX h_module ON courseware_studentmodulehistory (student_module_id)",
      ])
      if hasExtendedTable { try await extended.apply(.createTable, lockWait: 2) }
      pair = .sqlite(original: original, extended: extended)
    case .mariaDB, .mySQL:
      directory = nil
      let family: TestServer.Family = kind == .mariaDB ? .mariaDB : .mySQL
      let place = TestInstallation.Place(source: family, target: family, isOneServer: false)
      let installation = try await TestInstallation(place)
      for sql in Tables.today.sql { try await installation.original(sql) }
      try await installation.target.run(
        "CREATE DATABASE \(installation.extendedDatabase) DEFAULT CHARACTER SET utf8mb4")
      if hasExtendedTable { try await installation.extended(Tables.todayExtended) }
      pair = installation.pair
    }
    original = SessionPool(pair.original, limit: 4)
    extended = SessionPool(pair.extended, limit: 4)
  }

  /// A router over the two tables.
  package func router(
    _ extendedEnabled: Bool, _ readOnlyFromExtended: Bool, startingID: UInt64? = nil, provenBelow: UInt64 = 0
  ) throws -> HistoryRouter {
    try HistoryRouter(
      flags: HistoryFlags(extendedEnabled: extendedEnabled, readOnlyFromExtended: readOnlyFromExtended),
      original: original, extended: extended, startingID: startingID, provenBelow: provenBelow)
  }

  /// Puts rows into a table as they are.
  package func insert(_ records: [HistoryRecord], into side: HistorySide) async throws {
    try await (side == .original ? original : extended).withSession(isRepeatable: false) {
      try await $0.insert(records)
    }
  }

  /// Closes the connections and removes the files.
  package func close() async {
    await original.close()
    await extended.close()
    if let directory { try? FileManager.default.removeItem(at: directory) }
  }

  /// Runs a test's body with an installation of its own.
  package static func with(
    _ kind: Kind, hasExtendedTable: Bool = true, _ body: (RoutedInstallation) async throws -> Void
  ) async throws {
    let installation = try await RoutedInstallation(kind, hasExtendedTable: hasExtendedTable)
    do {
      try await body(installation)
      await installation.close()
    } catch {
      await installation.close()
      throw error
    }
  }
}

extension HistoryRecord {
  /// A record for tests, with a time that follows from its id.
  package static func sample(_ id: UInt64, module: UInt64, state: String? = nil) -> HistoryRecord {
    HistoryRecord(
      id: id, studentModuleID: module,
      created: HistoryTimestamp(microsecondsSince1970: 1_445_000_000_000_000 + Int64(clamping: id) * 1_000_001),
      state: state ?? "{\"attempts\": \(id)}", grade: Double(id % 3), maxGrade: 3)
  }
}
