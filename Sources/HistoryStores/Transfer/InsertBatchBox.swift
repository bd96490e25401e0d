internal import MariaDBClient

/// An ``InsertBatch`` on its way from the connection that fills it to the one that sends it.
///
/// A class, so that the batch's buffers are not copied; unchecked, because it is never used by two at a time: ``StreamingTransfer``
/// awaits the one before it starts the other.
final class InsertBatchBox: @unchecked Sendable {
  var batch: InsertBatch

  init(_ batch: InsertBatch) {
    self.batch = batch
  }

  /// Takes a row; see ``InsertBatch/append(_:)``.
  func append(_ row: borrowing StreamedRow) throws(MariaDBError) -> Bool {
    try batch.append(row)
  }
}
