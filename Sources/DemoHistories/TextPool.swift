/// All ready-made bytes that states are put together from, in one piece of memory.
///
/// One array instead of thousands of strings: copying a piece is a bounds check and a `memcpy`, and writers on several
/// cores do not meet at a reference count.
struct TextPool: Sendable {
  /// Where a text lies in the pool.
  struct Piece: Sendable, Hashable {
    var offset: Int
    var byteCount: Int
  }

  private(set) var bytes: [UInt8] = []

  mutating func add(_ text: String) -> Piece {
    let piece = Piece(offset: bytes.count, byteCount: text.utf8.count)
    bytes.append(contentsOf: text.utf8)
    return piece
  }

  subscript(piece: Piece) -> String {
    String(decoding: bytes[piece.offset..<piece.offset + piece.byteCount], as: UTF8.self)
  }

  /// The inside of a JSON string as Python's `json.dumps` writes it, without the quotes around it.
  ///
  /// With `asciiOnly` (its `ensure_ascii`, the default of Open edX) everything beyond ASCII becomes `\uXXXX`, in
  /// surrogate pairs where needed; without it, it stays. https://docs.python.org/3/library/json.html#json.dumps
  static func jsonEncoded(_ text: String, asciiOnly: Bool) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where scalar.value < 0x20 || (asciiOnly && scalar.value > 0x7e):
        for unit in UTF16.encode(scalar)! {
          let digits = String(unit, radix: 16)
          result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
