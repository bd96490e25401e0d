internal import CMariaDB

/// One row of a result while it lies in the client library's buffer.
///
/// The bytes are borrowed: they are valid until the closure that was given the row returns, and must be copied to be kept.
@safe public struct StreamedRow: ~Copyable {
  private let fields: MYSQL_ROW
  private let lengths: UnsafePointer<UInt>

  /// The number of columns.
  public let columnCount: Int

  init(fields: MYSQL_ROW, lengths: UnsafePointer<UInt>, columnCount: Int) {
    unsafe self.fields = unsafe fields
    unsafe self.lengths = unsafe lengths
    self.columnCount = columnCount
  }

  /// The text of a column in UTF-8, or nil for NULL. Columns count from 0.
  public subscript(column: Int) -> UnsafeRawBufferPointer? {
    precondition(column >= 0 && column < columnCount, "a row of \(columnCount) columns has no column \(column)")
    guard let start = unsafe fields[column] else { return nil }
    return unsafe UnsafeRawBufferPointer(start: start, count: Int(lengths[column]))
  }

  /// A copy of a column's text, or nil for NULL.
  public func text(_ column: Int) -> String? {
    guard let bytes = unsafe self[column] else { return nil }
    return unsafe String(decoding: bytes, as: UTF8.self)
  }
}
