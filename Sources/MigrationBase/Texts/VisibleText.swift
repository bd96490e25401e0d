/// Text from outside, made fit to be shown: what learners wrote, what servers say, names of files and databases.
///
/// A terminal obeys control characters, and characters that turn the direction of writing show a person another order than the bytes
/// have. They are shown as escapes, in the way of JSON.
package enum VisibleText {
  /// The text on one line, with nothing in it that a terminal obeys.
  package static func line(_ text: String) -> String { escaping(text) { isHidden($0) } }

  /// The text, whose newlines are csmh's own, line by line.
  package static func lines(_ text: String) -> String { escaping(text) { $0 != "\n" && isHidden($0) } }

  /// A JSON document, whose own newlines stay. JSON escapes less than a terminal obeys; what is escaped here stands in its texts alone,
  /// and is read as the same.
  package static func json(_ text: String) -> String { escaping(text) { $0.value >= 0x7F && isHidden($0) } }

  /// The beginning of a text on one line, of so many columns at most; of a long text no more than that is looked at.
  ///
  /// - Returns: with three points at its end, which are of the columns too, if it was cut.
  package static func beginning(of text: String, columns: Int) -> String {
    let mark = "..."
    var (result, width) = ("", 0)
    // Up to where it fits if it has to be cut.
    var cut = result.endIndex
    for scalar in text.unicodeScalars {
      let piece = isHidden(scalar) ? escape(scalar) : String(scalar)
      let more = isHidden(scalar) ? piece.utf8.count : self.width(scalar)
      guard width + more <= columns else {
        guard columns >= mark.count else { return String(result[..<cut]) }
        return String(result[..<cut]) + mark
      }
      result += piece
      width += more
      if width <= columns - mark.count { cut = result.endIndex }
    }
    return result
  }

  private static func escaping(_ text: String, where isEscaped: (Unicode.Scalar) -> Bool) -> String {
    guard text.unicodeScalars.contains(where: isEscaped) else { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if isEscaped(scalar) { result.append(contentsOf: escape(scalar).unicodeScalars) } else { result.append(scalar) }
    }
    return String(result)
  }

  private static func escape(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\n": return "\\n"
    case "\r": return "\\r"
    case "\t": return "\\t"
    default:
      let digits = String(scalar.value, radix: 16)
      return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
  }

  /// Whether a terminal obeys a character, or takes it for a place to turn the line or the direction.
  static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    // C0, DEL and C1.
    case 0x00...0x1F, 0x7F...0x9F: true
    // Marks, embeddings, overrides and isolates of direction (UAX #9), and the separators of lines and paragraphs.
    case 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
    // Deprecated controls of shape and direction, and the byte order mark.
    case 0x206A...0x206F, 0xFEFF, 0xFFF9...0xFFFB: true
    default: false
    }
  }

  // MARK: Width

  /// How many columns of a terminal a text takes.
  package static func width(_ text: String) -> Int {
    text.unicodeScalars.reduce(0) { $0 + ($1.value < 0x7F ? 1 : width($1)) }
  }

  /// Counted character by character, as terminals do: one that draws several as one leaves some columns free, and no line wraps.
  private static func width(_ scalar: Unicode.Scalar) -> Int {
    if isWide(scalar) || scalar.properties.isEmojiPresentation { return 2 }
    switch scalar.value {
    // The soft hyphen, and the variation that makes an emoji of the character before, which has one column until then.
    case 0xAD, 0xFE0F: return 1
    // Parts of Hangul syllables that stand in the place of the first.
    case 0x1160...0x11FF: return 0
    default: break
    }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: return 1
    }
  }

  /// The blocks of which nearly every character is wide (East Asian Width W and F).
  private static func isWide(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA4CF,
      0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF00...0xFF60,
      0xFFE0...0xFFE6, 0x16FE0...0x18AFF, 0x1AFF0...0x1B2FF, 0x1F200...0x1F2FF, 0x1F300...0x1F64F,
      0x1F680...0x1F6FF, 0x1F900...0x1F9FF, 0x1FA70...0x1FAFF, 0x20000...0x3FFFD:
      true
    default: false
    }
  }
}
