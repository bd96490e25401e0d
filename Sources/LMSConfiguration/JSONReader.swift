/// Reads JSON (RFC 8259, to the letter) into nodes that know their bytes and lines.
///
/// Foundation's reader tells no lines and keeps no second key of a name, and a YAML parser is no way round it: libyaml
/// refuses the surrogate pairs of JSON's `\u` escapes, and takes comments and single quotes that the LMS would not.
///
/// Beyond the RFC it takes the three numbers that Python writes and reads: `NaN`, `Infinity` and `-Infinity`.
struct JSONReader {
  static let depthLimit = 200

  private let bytes: [UInt8]
  private let lines: LineTable
  private let file: String
  private var index = 0
  private var depth = 0

  /// The tree in `bytes`, which are valid UTF-8.
  static func read(
    _ bytes: [UInt8], lines: LineTable, file: String
  ) throws(LMSConfigurationError) -> ConfigurationNode? {
    var reader = JSONReader(bytes: bytes, lines: lines, file: file)
    reader.skipBlanks()
    let root = try reader.value()
    reader.skipBlanks()
    guard reader.index == bytes.count else { throw reader.error("something follows the end of the value") }
    return root
  }

  private init(bytes: [UInt8], lines: LineTable, file: String) {
    self.bytes = bytes
    self.lines = lines
    self.file = file
  }

  private func error(_ problem: String, at offset: Int? = nil) -> LMSConfigurationError {
    let offset = offset ?? index
    let column = lines.column(at: offset, in: bytes)
    return LMSConfigurationError(
      file: file, line: lines.line(at: offset), message: "is not valid JSON at column \(column): \(problem)")
  }

  private var next: UInt8? { index < bytes.count ? bytes[index] : nil }

  private mutating func skipBlanks() {
    while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { index += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar, _ problem: String) throws(LMSConfigurationError) {
    guard next == UInt8(ascii: character) else { throw error(problem) }
    index += 1
  }

  private func node(_ content: ConfigurationNode.Content, from start: Int) -> ConfigurationNode {
    ConfigurationNode(content: content, line: lines.line(at: start), column: 0, span: start..<index)
  }

  private mutating func value() throws(LMSConfigurationError) -> ConfigurationNode {
    switch next {
    case UInt8(ascii: "{"): return try object()
    case UInt8(ascii: "["): return try array()
    case UInt8(ascii: "\""): return try string()
    case nil: throw error("the file ends where a value is expected")
    default: break
    }
    let start = index
    while let byte = next, !" \t\r\n,]}:\"[{".utf8.contains(byte) { index += 1 }
    let word = String(decoding: bytes[start..<index], as: UTF8.self)
    switch word {
    case "true", "false": return node(.scalar(.json(word, .bool)), from: start)
    case "null": return node(.scalar(.json(word, .null)), from: start)
    case "NaN", "Infinity", "-Infinity": return node(.scalar(.json(word, .number)), from: start)
    default: break
    }
    if word.wholeMatch(of: /-?(?:0|[1-9][0-9]*)/) != nil {
      return node(.scalar(.json(word, .integer)), from: start)
    }
    if word.wholeMatch(of: /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/) != nil {
      return node(.scalar(.json(word, .number)), from: start)
    }
    throw error("a value is expected: text needs double quotes, and true, false and null small letters", at: start)
  }

  private mutating func object() throws(LMSConfigurationError) -> ConfigurationNode {
    let start = index
    var entries: [ConfigurationNode.Entry] = []
    try descend()
    skipBlanks()
    if next == UInt8(ascii: "}") {
      index += 1
    } else {
      while true {
        skipBlanks()
        guard next == UInt8(ascii: "\"") else { throw error("a key in double quotes is expected") }
        let key = try string()
        skipBlanks()
        try take(":", "a colon is expected after a key")
        skipBlanks()
        entries.append(.init(key: key, value: try value()))
        skipBlanks()
        if next == UInt8(ascii: "}") { break }
        try take(",", "a comma or } is expected")
      }
      index += 1
    }
    depth -= 1
    return node(.mapping(entries), from: start)
  }

  private mutating func array() throws(LMSConfigurationError) -> ConfigurationNode {
    let start = index
    var elements: [ConfigurationNode] = []
    try descend()
    skipBlanks()
    if next == UInt8(ascii: "]") {
      index += 1
    } else {
      while true {
        skipBlanks()
        elements.append(try value())
        skipBlanks()
        if next == UInt8(ascii: "]") { break }
        try take(",", "a comma or ] is expected")
      }
      index += 1
    }
    depth -= 1
    return node(.sequence(elements), from: start)
  }

  /// Steps over the bracket that opens a level.
  private mutating func descend() throws(LMSConfigurationError) {
    depth += 1
    guard depth <= Self.depthLimit else { throw error("more than \(Self.depthLimit) levels") }
    index += 1
  }

  private mutating func string() throws(LMSConfigurationError) -> ConfigurationNode {
    let start = index
    var text: [UInt8] = []
    index += 1
    while true {
      guard let byte = next else { throw error("a text is not closed", at: start) }
      switch byte {
      case UInt8(ascii: "\""):
        index += 1
        return node(.scalar(.json(String(decoding: text, as: UTF8.self), .text)), from: start)
      case UInt8(ascii: "\\"):
        index += 1
        text.append(contentsOf: try escape())
      case 0..<0x20:
        throw error("a line break, a tab or another control character in a text must be written as an escape")
      default:
        text.append(byte)
        index += 1
      }
    }
  }

  /// The UTF-8 of the escape whose backslash was just passed.
  private mutating func escape() throws(LMSConfigurationError) -> [UInt8] {
    let start = index - 1
    guard let byte = next else { throw error("the file ends in an escape") }
    index += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "u"):
      var code = try codeUnit()
      if (0xD800..<0xDC00).contains(code), next == UInt8(ascii: "\\") {
        index += 1
        try take("u", "half a surrogate pair")
        let low = try codeUnit()
        guard (0xDC00..<0xE000).contains(low) else { throw error("half a surrogate pair", at: start) }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw error("half a surrogate pair", at: start) }
      return Array(String(Character(scalar)).utf8)
    default:
      throw error("there is no such escape", at: start)
    }
  }

  private mutating func codeUnit() throws(LMSConfigurationError) -> UInt32 {
    let digits = bytes[index..<min(index + 4, bytes.count)]
    guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let code = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw error("four hexadecimal digits are expected after \\u") }
    index += 4
    return code
  }
}
