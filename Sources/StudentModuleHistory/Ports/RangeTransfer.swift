/// Moves the rows of a range from the source to the target of a lane, inside the transaction that the caller has open on the
/// target.
///
/// The rows of the range are share-locked in the source from the read until ``release()``, so that a delete or an update
/// that comes in between waits. Nothing is overwritten and nothing is skipped: an id that already stands is compared.
package protocol RangeTransfer: Sendable {
  /// Moves a range, or its first part if its rows are larger than `byteLimit` bytes.
  ///
  /// - Throws: ``RangeProblem`` for what an operator has to look at, ``HistoryStoreError`` for everything else
  ///   (`duplicateID`: a row appeared while the range was moved; roll back and move it again).
  func transfer(_ range: IDRange, byteLimit: Int) async throws -> TransferredRange

  /// Ends what holds the locks in the source. Harmless if there is nothing to end.
  func release() async
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
