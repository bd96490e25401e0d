extension StatementText {
  /// The statement without its values, for messages: literals become `?`, spaces are folded, at most 240 characters.
  package var fingerprint: String {
    var output: [UInt8] = []
    var index = 0
    let limit = 240
    while index < bytes.count, output.count < limit {
      let byte = bytes[index]
      switch byte {
      case UInt8(ascii: "'"):
        index = endOfQuoted(from: index, quote: byte)
        output.append(UInt8(ascii: "?"))
      case UInt8(ascii: "`"), UInt8(ascii: "\""):
        let end = endOfQuoted(from: index, quote: byte)
        output.append(contentsOf: bytes[index..<min(end, index + 80)])
        index = end
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        // A digit inside a name stays.
        if let last = output.last, last.isNamePart {
          output.append(byte)
          index += 1
        } else {
          while index < bytes.count, bytes[index].isNumberPart { index += 1 }
          output.append(UInt8(ascii: "?"))
        }
      case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
        if output.last != UInt8(ascii: " ") { output.append(UInt8(ascii: " ")) }
        index += 1
      default:
        output.append(byte)
        index += 1
      }
    }
    let text = String(decoding: output, as: UTF8.self)
    return index < bytes.count ? text + "..." : text
  }

  /// The place after a quoted text that begins at `start`; a doubled quote is part of the text.
  private func endOfQuoted(from start: Int, quote: UInt8) -> Int {
    var index = start + 1
    while index < bytes.count {
      if bytes[index] == quote {
        guard index + 1 < bytes.count, bytes[index + 1] == quote else { return index + 1 }
        index += 1
      }
      index += 1
    }
    return bytes.count
  }
}

extension UInt8 {
  fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

  fileprivate var isLetter: Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20)
  }

  fileprivate var isNamePart: Bool {
    isDigit || isLetter || self == UInt8(ascii: "_") || self == UInt8(ascii: "$")
  }

  fileprivate var isNumberPart: Bool { isNamePart || self == UInt8(ascii: ".") }
}
