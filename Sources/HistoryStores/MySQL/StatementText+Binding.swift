internal import MariaDBClient
internal import StudentModuleHistory

extension StatementText {
  /// A statement with its values in place of the `?`. One inside of a quoted name or text is none: a database may be called `edx?app`.
  init(_ sql: String, binding values: [SQLValue]) {
    self.init()
    reserveCapacity(sql.utf8.count + 32 * values.count)
    var rest = values[...]
    var placeCount = 0
    var quote: UInt8?
    for byte in sql.utf8 {
      if let open = quote {
        // A doubled quote closes and opens again. Backslashes mean nothing: see SessionContract.sqlMode.
        if byte == open { quote = nil }
      } else if Self.quotes.contains(byte) {
        quote = byte
      } else if byte == UInt8(ascii: "?") {
        placeCount += 1
        if let value = rest.popFirst() { append(value) }
        continue
      }
      append(byte)
    }
    precondition(placeCount == values.count, "\(placeCount) places for \(values.count) values in: \(sql)")
  }

  private static let quotes: [UInt8] = [UInt8(ascii: "'"), UInt8(ascii: "`"), UInt8(ascii: "\"")]

  private mutating func append(_ value: SQLValue) {
    switch value {
    case .null: append("NULL")
    case .integer(let value): append(String(value))
    case .unsigned(let value): append(String(value))
    // As text: -0 and 17 digits survive a string, but not a decimal literal.
    case .real(let value): append(quoted: String(value))
    case .text(let text): append(quoted: text)
    }
  }
}
