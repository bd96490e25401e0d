/// Moves the rows of a range from the source to the target of a lane, inside the transaction that the caller has open on the
/// target.
///
/// The rows of the range are share-locked in the source from the read until ``release()``, so that a delete or an update
/// that comes in between waits. Nothing is overwritten and nothing is skipped: an id that already stands is compared.
package protocol RangeTransfer: Sendable {
  /// Moves a range, or its first part if its rows are larger than `byteLimit` bytes.
  ///
  /// - Parameter limit: within what time the rows are to be there; nil for as long as it takes. They are locked meanwhile.
  /// - Throws: ``RangeProblem`` for what an operator has to look at, ``HistoryStoreError`` for everything else
  ///   (`duplicateID`: a row appeared while the range was moved; roll back and move it again; with `isTimeLimit`: move less).
  func transfer(_ range: IDRange, byteLimit: Int, within limit: Duration?) async throws -> TransferredRange

  /// Whether the locks in the source are those of the target's transaction: they end with its commit, and not before.
  var isLockedByTarget: Bool { get }

  /// Ends what holds the locks in the source. Harmless if there is nothing to end.
  func release() async

  /// Ends what holds the locks in the source, behind the target's commit.
  ///
  /// - Returns: whether the source says that it held them until now. Its server may have ended them by itself, and then somebody may have
  ///   changed the rows before the commit.
  func releaseHeld() async -> Bool
}

extension RangeTransfer {
  /// Moves a range, however long it takes.
  package func transfer(_ range: IDRange, byteLimit: Int) async throws -> TransferredRange {
    try await transfer(range, byteLimit: byteLimit, within: nil)
  }
}

extension HistorySession {
  /// Ends a transaction that has changed nothing but held locks. Returns whether its server says that it stood until now.
  package func endHeld() async -> Bool {
    do {
      // A rollback would be answered in the same way where there is nothing to roll back any more.
      try await commit()
      return true
    } catch {
      await rollback()
      return false
    }
  }
}

/// What a transfer moved.
package struct TransferredRange: Sendable, Hashable {
  /// The range, shorter than asked for if its rows were too large.
  package var range: IDRange

  /// The digest of the source rows.
  package var digest: RangeDigest

  /// The size of the rows in bytes.
  package var byteCount: UInt64

  /// How many of the rows stood in the target already, with the same content.
  package var adoptedRowCount: UInt64

  /// What a row takes beside its state, about, in bytes.
  package static let rowByteCount: UInt64 = 100

  package init(range: IDRange, digest: RangeDigest, byteCount: UInt64, adoptedRowCount: UInt64) {
    self.range = range
    self.digest = digest
    self.byteCount = byteCount
    self.adoptedRowCount = adoptedRowCount
  }
}
