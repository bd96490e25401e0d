package import StudentModuleHistory

/// What becomes of a range when the journal and the record are brought to agree. No I/O.
///
/// The side with the larger number is believed, but never so far that copies which may be all there is of their rows could be taken for
/// deleted: where rows are missing in the original table, the range is being drained.
package enum ReconciledState: Sendable, Hashable {
  /// Neither knows of its draining.
  case untouched
  /// Its rows stand in the original table.
  case copied
  /// Its rows may stand in the extended table alone; `csmh drain` goes on with what is left of it.
  case draining
  case drained

  /// What one side says of a range.
  package struct Word: Sendable, Hashable {
    package var isLive: Bool
    package var isDrained: Bool
    package var number: UInt64

    package init(isLive: Bool, isDrained: Bool = false, number: UInt64) {
      self.isLive = isLive
      self.isDrained = isDrained
      self.number = number
    }
  }

  /// - Parameters:
  ///   - journal: nil for a range that the journal does not have.
  ///   - record: nil for a range of which nothing is recorded.
  ///   - original: what the two tables hold of it now.
  package init(journal: Word?, record: Word?, original: RangeDigest, extended: RangeDigest) {
    let standsWhole = original == extended
    if let record, record.number > journal?.number ?? 0 || journal == nil {
      if record.isLive {
        self = .draining
      } else if journal?.isLive ?? false {
        // It came back: what was changed or deleted in the original table since is the LMS's own doing.
        self = original.rowCount > 0 || extended.rowCount == 0 ? .copied : .draining
      } else {
        self = .untouched
      }
    } else if let journal, journal.isLive {
      self = journal.isDrained && original.rowCount == 0 ? .drained : .draining
    } else if let record, record.isLive {
      self = standsWhole ? .copied : .draining
    } else {
      self = .untouched
    }
  }
}
