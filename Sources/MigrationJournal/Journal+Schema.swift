package import StudentModuleHistory

extension Journal {
  /// The names of the journal's tables.
  package static let tableNames = JournalTable.journal.map(\.rawValue)

  /// A journal that an older csmh made, or one of which the bringing up to date was interrupted.
  package struct Old: Sendable, Hashable {
    package let version: Int

    /// The columns of its tables that are there.
    package let columns: [JournalTable: Set<String>]

    package init(version: Int, columns: [JournalTable: Set<String>]) {
      self.version = version
      self.columns = columns
    }

    /// What brings it up to date: the columns that it lacks, whichever of them an interrupted run has added already, and last of all the
    /// version.
    package var upgrade: [SchemaChange] {
      Journal.additions(to: columns, in: JournalTable.journal) + [.setJournalVersion(Journal.version)]
    }
  }

  /// The columns that the first version of a journal did not have.
  private static let laterColumns: [(JournalTable, [JournalColumn])] = [
    (.migration, [.fenceID, .fenceNextID, .fencedAt, .rekeyShift, .rekeyLowest, .rekeyLimit, .recordNumber]),
    (.range, [.drainedAt, .drainedCount, .drainedDigest, .token, .recordNumber]), (.event, [.token]),
  ]

  /// The columns that tables of an older journal lack of which nothing tells the version: whoever made them was killed before the
  /// journal's first row.
  package func lackingColumns(_ session: any HistorySession) async throws -> [SchemaChange] {
    let columns = try await columns(session)
    // A table that is not there is made whole.
    return Self.additions(to: columns, in: columns.filter { !$0.value.isEmpty }.map(\.key))
  }

  /// What there is of an older journal.
  package func old(version: Int, _ session: any HistorySession) async throws -> Old {
    Old(version: version, columns: try await columns(session))
  }

  private func columns(_ session: any HistorySession) async throws -> [JournalTable: Set<String>] {
    var columns: [JournalTable: Set<String>] = [:]
    for table in JournalTable.journal { columns[table] = try await session.presentColumns(of: table) }
    return columns
  }

  private static func additions(
    to columns: [JournalTable: Set<String>], in tables: [JournalTable]
  ) -> [SchemaChange] {
    laterColumns.filter { tables.contains($0.0) }.flatMap { table, names in
      names.filter { columns[table]?.contains($0.rawValue) != true }.map { .addJournalColumn(table, $0) }
    }
  }
}
