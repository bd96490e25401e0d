internal import MariaDBClient

/// Parts of a batch that a server has refused, for finding out which of its rows it was.
extension InsertBatch {
  /// The statement with some of its rows.
  func statement(of rows: Range<Int>) -> StatementText {
    var part = prefix
    part.append(statement.bytes[start(of: rows.lowerBound)..<rowEnds[rows.upperBound - 1]])
    return part
  }

  /// The statement with one row that has another value in a column.
  func statement(ofRow row: Int, replacing column: Int, with literal: String) -> StatementText {
    var part = prefix
    for (index, value) in literals(ofRow: row).enumerated() {
      part.append(index == 0 ? "(" : ",")
      if index == column { part.append(literal) } else { part.append(value) }
    }
    part.append(")")
    return part
  }

  /// The values of a row as they stand in the statement.
  func literals(ofRow row: Int) -> [ArraySlice<UInt8>] {
    // Without the parentheses.
    let tuple = statement.bytes[start(of: row) + 1..<rowEnds[row] - 1]
    var values: [ArraySlice<UInt8>] = []
    var (start, depth, isQuoted) = (tuple.startIndex, 0, false)
    for index in tuple.indices {
      // A quote inside of a literal is doubled: it ends one and begins the next.
      switch tuple[index] {
      case UInt8(ascii: "'"): isQuoted.toggle()
      case UInt8(ascii: "(") where !isQuoted: depth += 1
      case UInt8(ascii: ")") where !isQuoted: depth -= 1
      case UInt8(ascii: ",") where !isQuoted && depth == 0:
        values.append(tuple[start..<index])
        start = index + 1
      default: break
      }
    }
    values.append(tuple[start...])
    return values
  }

  private func start(of row: Int) -> Int { row == 0 ? prefix.byteCount : rowEnds[row - 1] + 1 }
}
