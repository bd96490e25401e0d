/// Where the lines of a text begin, to go from bytes to lines and from a parser's marks to bytes.
struct LineTable: Sendable {
  /// The byte offset at which each line begins; the first is 0.
  let starts: [Int]

  /// - Parameter yaml: whether NEL, LS and PS end a line too, as libyaml counts them.
  init(_ bytes: [UInt8], yaml: Bool) {
    var starts = [0]
    var index = 0
    while index < bytes.count {
      let length = Self.breakLength(bytes, at: index, yaml: yaml)
      if length > 0 { starts.append(index + length) }
      index += max(length, 1)
    }
    self.starts = starts
  }

  /// How many bytes the line break at `index` has: 0 if there is none.
  private static func breakLength(_ bytes: [UInt8], at index: Int, yaml: Bool) -> Int {
    func follows(_ distance: Int, _ byte: UInt8) -> Bool {
      index + distance < bytes.count && bytes[index + distance] == byte
    }
    switch bytes[index] {
    case 0x0A: return 1
    case 0x0D: return follows(1, 0x0A) ? 2 : 1
    case 0xC2 where yaml && follows(1, 0x85): return 2
    case 0xE2 where yaml && follows(1, 0x80) && (follows(2, 0xA8) || follows(2, 0xA9)): return 3
    default: return 0
    }
  }

  /// The line, from 1, of the byte at `offset`.
  func line(at offset: Int) -> Int {
    var low = 0
    var high = starts.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= offset { low = middle } else { high = middle }
    }
    return low + 1
  }

  /// The column, from 1 and in Unicode scalars, of the byte at `offset`.
  func column(at offset: Int, in bytes: [UInt8]) -> Int {
    bytes[starts[line(at: offset) - 1]..<min(offset, bytes.count)].count { !Self.continues($0) } + 1
  }

  /// The byte at a parser's mark, or nil where the text has no such place.
  func offset(line: Int, column: Int, in bytes: [UInt8]) -> Int? {
    guard starts.indices.contains(line - 1), column > 0 else { return nil }
    var offset = starts[line - 1]
    for _ in 1..<column {
      guard offset < bytes.count else { return nil }
      offset += 1
      while offset < bytes.count, Self.continues(bytes[offset]) { offset += 1 }
    }
    return offset
  }

  /// Whether a byte is a later one of a UTF-8 sequence.
  private static func continues(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }
}
