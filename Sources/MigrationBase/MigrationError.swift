package import StudentModuleHistory

/// Why a step of the migration cannot begin or go on.
package enum MigrationError: Error, Sendable {
  /// The journal does not exist.
  case notProvisioned

  /// The journal was made by a newer csmh.
  case journalTooNew(version: Int, by: String)

  /// The journal was made by an older csmh.
  case journalTooOld(version: Int)

  /// The journal says something that this csmh does not know.
  case unknownWord(String, in: String)

  /// Transactions that have written to the table stayed open, or a cluster has no lock for all of its nodes.
  case fenceNotTaken(HistorySide, tries: Int, holders: [OpenTransaction])

  /// The table that was copied (the original one, but for the way back) was truncated or made anew since.
  case originalEmptied(HistorySide, nextID: UInt64, bound: UInt64)

  /// The original table must not be emptied now.
  case drainRefused(reason: String, remedy: Remedy)

  /// Nothing can be brought back to the original table yet.
  case returnRefused(reason: String, remedy: Remedy)

  /// The original table's ids are too narrow for what is to be brought back; the statement widens them.
  case idsTooNarrow(needed: UInt64, sql: String)

  /// The next native row would get an id that the original table has or may still get.
  case startingIDTooLow(next: UInt64, needed: UInt64)

  /// Another process has taken a range over. Not an error for the operator: the other one copies it.
  case leaseLost(IDRange)

  /// What was stored differs from what was read, in these rows.
  case digestMismatch(IDRange, read: RangeDigest, stored: RangeDigest, rows: [StoppedRange.Row])

  /// A server stayed away, or a transaction failed again and again, for longer than the retry budget.
  case retriesExhausted(HistoryStoreError, budget: Duration)

  /// Another process re-keys native rows.
  case rekeyInHand

  /// Native rows cannot be moved as they should; nothing was changed by it.
  case rekeyRefused(String, remedy: Remedy?)

  /// The journal and the original database's record contradict each other; with what was seen.
  case recordMismatch(RecordMismatch, seen: String)

  /// A row that cannot go at all: the run stops.
  case rowTooLarge(id: UInt64, byteCount: Int, limit: Int, target: String)
}

extension MigrationError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notProvisioned:
      "the extended database is not provisioned: it has no csmh journal"
    case .journalTooNew(let version, let by):
      "the journal has version \(version), made by csmh \(by); this is csmh \(csmhVersion), which knows version \(journalVersion)"
    case .journalTooOld(let version):
      "the journal has version \(version), made by an older csmh; this is csmh \(csmhVersion), which works on version \(journalVersion)"
    case .unknownWord(let word, let column):
      "the journal has \(column) = '\(word)', which csmh \(csmhVersion) does not know"
    case .fenceNotTaken(let side, let tries, let holders):
      "the fence was not taken in \(tries) tries: a transaction that has written to the \(side) table stays open"
        + (holders.isEmpty ? "" : "; open now: \(holders.map(\.description).joined(separator: ", "))")
    case .originalEmptied(let side, let nextID, let bound):
      "the \(side) table would give its next row the id \(nextID), but it was copied up to the id \(bound): it was emptied or made anew"
        + " since, and is no measure of the copies any more"
    case .drainRefused(let reason, _):
      "nothing more is removed from the original table: \(reason)"
    case .returnRefused(let reason, _):
      "nothing is brought back: \(reason)"
    case .idsTooNarrow(let needed, _):
      "the original table's ids are too narrow: they have to go on from \(needed)"
    case .startingIDTooLow(let next, let needed):
      "the next row that the LMS writes to the extended table would get the id \(next), but the original table's ids reach up to"
        + " \(needed): they would collide"
    case .leaseLost(let range):
      "another process has taken over the range \(range)"
    case .digestMismatch(let range, let read, let stored, let rows):
      "the range \(range) was read as \(read), but the other database made \(stored) of it"
        + (rows.isEmpty ? "" : ": it does not hold \(rows.map(\.sentence).joined(separator: ", ")) exactly")
        + "; the range was rolled back"
    case .retriesExhausted(let error, let budget):
      "gave up after \(budget.components.seconds) s of trying again: \(error.message)"
    case .rekeyInHand: "another process moves native rows of this installation"
    case .rekeyRefused(let reason, _): reason
    case .recordMismatch(let mismatch, let seen):
      "\(mismatch.sentence): \(seen). Nothing is copied, mended, moved or removed until both agree"
    case .rowTooLarge(let id, let byteCount, let limit, let target):
      "the row \(id) takes \(byteCount) bytes as a statement, more than the \(limit) bytes that \(target) accepts"
        + " (max_allowed_packet)"
    }
  }

  /// What the operator can do.
  package var remedy: Remedy? {
    switch self {
    case .notProvisioned: Remedy(.provision)
    case .journalTooNew, .unknownWord: Remedy(.useNewerCsmh)
    case .journalTooOld: Remedy(.upgradeJournal)
    case .originalEmptied(let side, _, _): Remedy(.nothingChanged, side.other.rawValue)
    case .fenceNotTaken(_, _, let holders): Remedy(holders.isEmpty ? .findHiddenTransaction : .endTransaction)
    case .drainRefused(_, let remedy), .returnRefused(_, let remedy): remedy
    case .idsTooNarrow(_, let sql): Remedy(.widenIDs, sql)
    case .startingIDTooLow: Remedy(.raiseStartingID)
    case .leaseLost: Remedy(.again)
    case .digestMismatch: nil
    case .retriesExhausted(let error, _): (error.remedy ?? Remedy(.mendCause)).thenAgain
    case .rekeyInHand: Remedy(.waitForOther)
    case .rekeyRefused(_, let remedy): remedy
    case .recordMismatch: Remedy(.reconcile)
    case .rowTooLarge(_, let byteCount, _, _): Remedy(.raisePacketOfTarget, Self.packet(for: byteCount))
    }
  }

  /// The next power of two above a statement's size, at most the servers' limit of 1 GiB.
  private static func packet(for byteCount: Int) -> Int {
    var size = 1 << 20
    while size < byteCount + 1_024, size < 1 << 30 { size <<= 1 }
    return size
  }
}
