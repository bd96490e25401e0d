internal import CMariaDB

/// One row of a result while it lies in the client library's buffer.
///
/// The bytes are borrowed: they are valid until the closure that was given the row returns, and must be copied to be kept.
@safe package struct StreamedRow: ~Copyable {
  @usableFromInline let fields: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  @usableFromInline let lengths: UnsafePointer<UInt>

  /// The number of columns.
  package let columnCount: Int

  init(fields: MYSQL_ROW, lengths: UnsafePointer<UInt>, columnCount: Int) {
    unsafe self.fields = unsafe fields
    unsafe self.lengths = unsafe lengths
    self.columnCount = columnCount
  }

  /// The text of a column in UTF-8, or nil for NULL. Columns count from 0.
  @inlinable package subscript(column: Int) -> UnsafeRawBufferPointer? {
    precondition(column >= 0 && column < columnCount, "a row of \(columnCount) columns has no column \(column)")
    guard let start = unsafe fields[column] else { return nil }
    return unsafe UnsafeRawBufferPointer(start: start, count: Int(lengths[column]))
  }

  /// A copy of a column's text, or nil for NULL.
  package func text(_ column: Int) -> String? {
    guard let bytes = unsafe self[column] else { return nil }
    return unsafe String(decoding: bytes, as: UTF8.self)
  }

  /// A column that holds a whole number without a sign; nil for NULL, and for what is none or beyond 2^64-1.
  package func unsigned(_ column: Int) -> UInt64? {
    guard let digits = unsafe self[column], unsafe !digits.isEmpty else { return nil }
    var value: UInt64 = 0
    for index in 0..<digits.count {
      let digit = unsafe digits[index]
      guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
      let (product, overflows) = value.multipliedReportingOverflow(by: 10)
      let (sum, carries) = product.addingReportingOverflow(UInt64(digit - UInt8(ascii: "0")))
      guard !overflows, !carries else { return nil }
      value = sum
    }
    return value
  }

  /// A column that holds a number, as the nearest `Double`; nil for NULL, and for what is no number.
  package func double(_ column: Int) -> Double? {
    guard let bytes = unsafe self[column] else { return nil }
    if let value = unsafe Double(shortDecimal: bytes) { return value }
    return unsafe Double(String(decoding: bytes, as: UTF8.self))
  }
}

extension Double {
  /// A decimal number of at most 15 digits, without an exponent: what scores are.
  ///
  /// Its digits as a whole number and the power of ten below it are exact, so that one division rounds correctly (W. Clinger, How
  /// to read floating point numbers accurately, 1990).
  init?(shortDecimal bytes: UnsafeRawBufferPointer) {
    var (digits, digitCount): (Int64, Int) = (0, 0)
    var divisor: Double?
    let isNegative = unsafe bytes.first == UInt8(ascii: "-")
    for index in (isNegative ? 1 : 0)..<bytes.count {
      switch unsafe bytes[index] {
      case let byte where byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9"):
        digits = digits * 10 + Int64(byte - UInt8(ascii: "0"))
        digitCount += 1
        guard digitCount <= 15 else { return nil }
        divisor = divisor.map { $0 * 10 }
      case UInt8(ascii: ".") where divisor == nil && digitCount > 0: divisor = 1
      default: return nil
      }
    }
    guard digitCount > 0, divisor != 1 else { return nil }
    let magnitude = Double(digits) / (divisor ?? 1)
    self = isNegative ? -magnitude : magnitude
  }
}
