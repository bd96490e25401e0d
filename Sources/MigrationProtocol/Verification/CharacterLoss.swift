/// Recognises a text that has lost characters on its way through a character set. No I/O.
enum CharacterLoss {
  /// Whether `copy` is what becomes of `original` where a character set cannot hold it: characters beyond ASCII replaced by `?` or
  /// U+FFFD, one for each of them or for each of their bytes; cut off before the first character beyond 16 bits; or its UTF-8 bytes
  /// taken for latin1 and encoded once more.
  static func explains(_ original: String, becoming copy: String) -> Bool {
    guard !original.utf8.elementsEqual(copy.utf8), original.utf8.contains(where: { $0 >= 0x80 }) else { return false }
    return isReplaced(original, copy, each: { _ in 1 }) || isReplaced(original, copy, each: { UTF8.width($0) })
      || isCutOff(original, copy) || isEncodedTwice(original, copy)
  }

  private static func isReplaced(_ original: String, _ copy: String, each count: (Unicode.Scalar) -> Int) -> Bool {
    var rest = copy.unicodeScalars[...]
    for scalar in original.unicodeScalars {
      if rest.first == scalar {
        rest = rest.dropFirst()
        continue
      }
      guard !scalar.isASCII else { return false }
      for _ in 0..<count(scalar) {
        guard let replacement = rest.popFirst(), replacement == "?" || replacement == "\u{FFFD}" else { return false }
      }
    }
    return rest.isEmpty
  }

  /// utf8mb3 without strict mode: https://mariadb.com/kb/en/supported-character-sets-and-collations/
  private static func isCutOff(_ original: String, _ copy: String) -> Bool {
    original.utf8.starts(with: copy.utf8)
      && (original.unicodeScalars.dropFirst(copy.unicodeScalars.count).first.map { $0.value > 0xFFFF } ?? false)
  }

  private static func isEncodedTwice(_ original: String, _ copy: String) -> Bool {
    let scalars = copy.unicodeScalars
    guard scalars.count == original.utf8.count else { return false }
    return zip(original.utf8, scalars).allSatisfy { byte, scalar in
      scalar.value == UInt32(byte)
        || (0x80..<0xA0).contains(byte) && scalar.value == Self.upperControls[Int(byte) - 0x80]
    }
  }

  /// What the servers' latin1, which is Windows-1252, has from 0x80 to 0x9F.
  /// https://dev.mysql.com/doc/refman/8.4/en/charset-we-sets.html
  private static let upperControls: [UInt32] = [
    0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D, 0x017D,
    0x8F,
    0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D, 0x017E,
    0x0178,
  ]
}
