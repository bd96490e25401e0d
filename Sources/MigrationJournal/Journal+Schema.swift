package import StudentModuleHistory

extension Journal {
  /// The names of the journal's tables.
  package static let tableNames = JournalTable.allCases.map(\.rawValue)

  /// A journal that an older csmh made, or one of which the bringing up to date was interrupted.
  package struct Old: Sendable, Hashable {
    package let version: Int

    /// The columns that are there: `csmh_range.token`
    package let columns: Set<String>

    package init(version: Int, columns: Set<String>) {
      self.version = version
      self.columns = columns
    }

    /// What brings it up to date: the columns that it lacks, whichever of them an interrupted run has added already, and last of all the
    /// version.
    package var upgrade: [SchemaChange] {
      Journal.laterColumns.flatMap { table, names in
        names.filter { !columns.contains("\(table.rawValue).\($0.rawValue)") }
          .map { SchemaChange.addJournalColumn(table, $0) }
      } + [.setJournalVersion(Journal.version)]
    }
  }

  /// The columns that the first version of a journal did not have.
  private static let laterColumns: [(JournalTable, [JournalColumn])] = [
    (.migration, [.fenceID, .fenceNextID, .fencedAt, .rekeyShift, .rekeyLowest, .rekeyLimit]),
    (.range, [.drainedAt, .drainedCount, .drainedDigest, .token]), (.event, [.token]),
  ]

  /// The columns that tables of an older journal lack of which nothing tells the version: whoever made them was killed before the
  /// journal's first row.
  package func lackingColumns(_ session: any HistorySession) async throws -> [SchemaChange] {
    var changes: [SchemaChange] = []
    for (table, names) in Self.laterColumns {
      let present = try await session.presentColumns(of: table)
      // One that is not there is made whole.
      guard !present.isEmpty else { continue }
      changes += names.filter { !present.contains($0.rawValue) }.map { .addJournalColumn(table, $0) }
    }
    return changes
  }

  /// What there is of an older journal.
  package func old(version: Int, _ session: any HistorySession) async throws -> Old {
    var columns: Set<String> = []
    for table in JournalTable.allCases {
      for name in try await session.presentColumns(of: table) { columns.insert("\(table.rawValue).\(name)") }
    }
    return Old(version: version, columns: columns)
  }
}
