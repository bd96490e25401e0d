/// A change of what a database consists of: its history table, and the journal beside it.
///
/// Each is one step that stands or does not. Whoever was interrupted makes the rest.
package enum SchemaChange: Sendable, Hashable {
  case createDatabase
  /// The history table, as today's Open edX makes the extended one.
  case createTable
  /// Lets the history table's next row get an id, unless it would get a larger one anyway.
  case raiseCounter(to: UInt64)
  /// Makes the history table's ids 64 bits wide; the table is rebuilt, and keeps writers out meanwhile.
  case widenIDs
  /// The journal's tables.
  case createJournal
  /// Removes what the journal of another migration holds, by the migration's name; nil where it has no row of it. Its events stay, and
  /// whatever somebody has begun meanwhile.
  case emptyJournal(of: String?)
  /// The journal's one row of its migration, if it has none.
  case beginJournal(JournalBeginning)
  /// A column that a journal of an older version lacks.
  case addJournalColumn(JournalTable, JournalColumn)
  case setJournalVersion(Int)
  /// The record of what is drained, in the original database.
  case createRecord
  /// Writes down that the starting id was raised; never lowers it.
  case raiseStartingID(to: UInt64)

  /// Whether it makes what was not there at all.
  package var isCreation: Bool {
    switch self {
    case .createDatabase, .createTable, .createJournal, .createRecord: true
    default: false
    }
  }
}

/// What a new journal says of its migration.
package struct JournalBeginning: Sendable, Hashable {
  /// The migration's name.
  package var identity: String
  package var version: Int
  package var csmhVersion: String
  package var phase: String
  package var originalTable: String
  package var extendedTable: String
  package var startingID: UInt64

  /// The smallest id that it speaks of; those below belong to no range.
  package var firstID: UInt64

  package init(
    identity: String, version: Int, csmhVersion: String, phase: String, originalTable: String, extendedTable: String,
    startingID: UInt64, firstID: UInt64 = 0
  ) {
    self.identity = identity
    self.version = version
    self.csmhVersion = csmhVersion
    self.phase = phase
    self.originalTable = originalTable
    self.extendedTable = extendedTable
    self.startingID = startingID
    self.firstID = firstID
  }
}
