/// How the journal in the extended database and the record in the original one can contradict each other.
///
/// Both hold a number that only grows. A crash between the two databases leaves them one step apart, and is made up for; what is told here
/// is left by a database that went back in time: a server that lost its last commits, a replica that lagged when it took over, a backup.
package enum RecordMismatch: String, Sendable, Hashable, CaseIterable {
  /// The journal does not know of rows that were removed, or brought back: the extended database went back.
  case journalWentBack = "journal-went-back"
  /// The record does not know of them: the original database went back.
  case originalWentBack = "original-went-back"
  /// There is no journal, or none of its ranges, beside a record of removed rows.
  case journalGone = "journal-gone"
  /// The journal is that of another migration than the one that removed rows.
  case anotherMigration = "another-migration"

  /// What became of which database, without a full stop.
  package var sentence: String {
    switch self {
    case .journalWentBack: "the extended database went back in time"
    case .originalWentBack: "the original database went back in time"
    case .journalGone: "the journal in the extended database is gone"
    case .anotherMigration: "the journal in the extended database is that of another migration"
    }
  }
}
