public import StudentModuleHistory

/// Moves the rows of a range from the original to the extended table, inside the transaction that the caller has open on the
/// extended one.
///
/// The rows of the range are share-locked in the original table from the read until ``release()``, so that a delete or an update
/// that comes in between waits. Nothing is overwritten and nothing is skipped: an id that already stands is compared.
public protocol RangeTransfer: Sendable {
  /// Moves a range, or its first part if its rows are larger than `byteLimit` bytes.
  ///
  /// - Throws: ``RangeProblem`` for what an operator has to look at, ``HistoryStoreError`` for everything else
  ///   (`duplicateID`: a row appeared while the range was moved; roll back and move it again).
  func transfer(_ range: IDRange, byteLimit: Int) async throws -> TransferredRange

  /// Ends what holds the locks in the original table. Harmless if there is nothing to end.
  func release() async
}

/// What a transfer moved.
public struct TransferredRange: Sendable, Hashable {
  /// The range, shorter than asked for if its rows were too large.
  public var range: IDRange

  /// The digest of the original rows.
  public var digest: RangeDigest

  /// The size of the rows in bytes.
  public var byteCount: UInt64

  /// How many of the rows stood in the extended table already, with the same content.
  public var adoptedRowCount: UInt64

  public init(range: IDRange, digest: RangeDigest, byteCount: UInt64, adoptedRowCount: UInt64) {
    self.range = range
    self.digest = digest
    self.byteCount = byteCount
    self.adoptedRowCount = adoptedRowCount
  }
}
