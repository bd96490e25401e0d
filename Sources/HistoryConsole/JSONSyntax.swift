/// JSON text (RFC 8259) by its bytes: whether it is any, and how it reads with a member a line. Of a state of many megabytes nothing is
/// made but what is printed.
struct JSONSyntax {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var index = 0

  /// The deepest nesting that is taken for JSON; readers have such limits too.
  private static let deepest = 500

  private init(_ bytes: UnsafeBufferPointer<UInt8>) {
    self.bytes = bytes
  }

  /// Whether a text is one JSON value.
  static func isValid(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { bytes in
      var syntax = JSONSyntax(bytes)
      guard syntax.value(depth: 0) else { return false }
      syntax.skipSpace()
      return syntax.index == bytes.count
    }
  }

  private var next: UInt8? { index < bytes.count ? bytes[index] : nil }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    index += 1
    return true
  }

  /// Passes over a value. Returns false where there is none.
  private mutating func value(depth: Int) -> Bool {
    skipSpace()
    switch next {
    case UInt8(ascii: "{"): return depth < Self.deepest && list(end: UInt8(ascii: "}"), isObject: true, depth: depth)
    case UInt8(ascii: "["): return depth < Self.deepest && list(end: UInt8(ascii: "]"), isObject: false, depth: depth)
    case UInt8(ascii: "\""): return string()
    case UInt8(ascii: "t"): return word("true")
    case UInt8(ascii: "f"): return word("false")
    case UInt8(ascii: "n"): return word("null")
    default: return number()
    }
  }

  private mutating func list(end: UInt8, isObject: Bool, depth: Int) -> Bool {
    index += 1
    skipSpace()
    if take(end) { return true }
    while true {
      if isObject {
        skipSpace()
        guard string() else { return false }
        skipSpace()
        guard take(UInt8(ascii: ":")) else { return false }
      }
      guard value(depth: depth + 1) else { return false }
      skipSpace()
      if take(end) { return true }
      guard take(UInt8(ascii: ",")) else { return false }
    }
  }

  private mutating func word(_ word: StaticString) -> Bool {
    word.withUTF8Buffer { letters in letters.allSatisfy { take($0) } }
  }

  private mutating func number() -> Bool {
    _ = take(UInt8(ascii: "-"))
    if !take(UInt8(ascii: "0")), digits() == 0 { return false }
    if take(UInt8(ascii: ".")), digits() == 0 { return false }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      if digits() == 0 { return false }
    }
    return true
  }

  private mutating func digits() -> Int {
    let start = index
    while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { index += 1 }
    return index - start
  }

  private mutating func string() -> Bool {
    guard take(UInt8(ascii: "\"")) else { return false }
    while let byte = next {
      index += 1
      switch byte {
      case UInt8(ascii: "\""): return true
      case UInt8(ascii: "\\"): if !escape() { return false }
      case 0..<0x20: return false
      default: break
      }
    }
    return false
  }

  private mutating func escape() -> Bool {
    guard let byte = next else { return false }
    index += 1
    guard byte == UInt8(ascii: "u") else { return "\"\\/bfnrt".utf8.contains(byte) }
    guard let unit = unit() else { return false }
    switch unit {
    // A surrogate without its other half is no character.
    case 0xDC00...0xDFFF: return false
    case 0xD800...0xDBFF:
      guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")), let low = self.unit() else { return false }
      return (0xDC00...0xDFFF).contains(low)
    default: return true
    }
  }

  private mutating func unit() -> UInt32? {
    var unit: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
      unit = unit << 4 + UInt32(digit)
      index += 1
    }
    return unit
  }
}
