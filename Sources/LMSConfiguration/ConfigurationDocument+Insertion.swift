/// A flag that a file does not have yet, with the value to write.
struct AddedFlag: Sendable, Hashable {
  let name: String
  let value: Bool
}

/// Where flags that a file does not have yet could be added. The places are proposals, the most natural one first: the
/// document takes the first that proves to change nothing else.
extension ConfigurationDocument {
  struct Insertion: Sendable {
    let edits: [TextEdit]
    /// Where the flags then stand.
    let values: [[String]: Bool]
  }

  func insertions(of flags: [AddedFlag], to places: LMSConfigurationEditor.Places) -> [Insertion] {
    let atTop = flags.map { ([$0.name], $0.value) }
    let inFeatures = flags.map { ([Self.features, $0.name], $0.value) }
    let top = topInsertions(Lines(flags))
    guard places == .everyRelease else {
      return top.map { Insertion(edits: [$0], values: Dictionary(atTop, uniquingKeysWith: { first, _ in first })) }
    }
    let values = Dictionary(atTop + inFeatures, uniquingKeysWith: { first, _ in first })
    guard let features = root.ownEntry(Self.features) else {
      return topInsertions(Lines(flags, alsoIn: Self.features)).map { Insertion(edits: [$0], values: values) }
    }
    let edit =
      switch format {
      case .json: lastMember(of: features.value, Lines(flags))
      case .yaml:
        firstInFlow(features.value, Lines(flags)) ?? firstInBlock(features, Lines(flags))
      }
    // Where both come to the same byte, the one that is applied later stands first.
    return edit.map { edit in top.map { Insertion(edits: [$0, edit], values: values) } } ?? []
  }

  private func topInsertions(_ lines: Lines) -> [TextEdit] {
    switch format {
    case .json: return [lastMember(of: root, lines)].compactMap { $0 }
    case .yaml:
      if let inFlow = firstInFlow(root, lines) { return [inFlow] }
      return [lastInRoot(lines), firstInRoot(lines)].compactMap { $0 }
    }
  }

  /// Flags as text.
  struct Lines: Sendable {
    let flags: [AddedFlag]

    /// A mapping that has the flags once more, and is new itself.
    let mapping: String?

    init(_ flags: [AddedFlag], alsoIn mapping: String? = nil) {
      self.flags = flags
      self.mapping = mapping
    }

    /// Each as a member of an object or of a mapping in flow style.
    func members(colon: String, quoted: Bool) -> [String] {
      func key(_ name: String) -> String { quoted ? "\"\(name)\"" : name }
      let members = flags.map { "\(key($0.name))\(colon)\($0.value)" }
      return members + (mapping.map { ["\(key($0))\(colon){\(members.joined(separator: ", "))}"] } ?? [])
    }

    /// Each on a line of its own in block style.
    var blockLines: [String] {
      let lines = flags.map { "\($0.name): \($0.value)" }
      return lines + (mapping.map { ["\($0):"] + lines.map { "  \($0)" } } ?? [])
    }
  }

  /// Behind the last member of a JSON object, laid out as that one is.
  private func lastMember(of node: ConfigurationNode, _ lines: Lines) -> TextEdit? {
    guard let entries = node.entries, let span = node.span else { return nil }
    guard let last = entries.last, let key = last.key.span, let end = last.value.span else {
      return insert(lines.members(colon: ": ", quoted: true).joined(separator: ", "), at: span.lowerBound + 1)
    }
    let colon = text(key.upperBound..<end.lowerBound)
    let separator: String
    if entries.count > 1, let previous = entries[entries.count - 2].value.span {
      separator = text(previous.upperBound..<key.lowerBound)
    } else {
      let blanks = text(span.lowerBound + 1..<key.lowerBound)
      separator = blanks.contains(where: \.isNewline) ? ",\(blanks)" : ", "
    }
    let members = lines.members(colon: colon, quoted: true)
    return insert(members.map { separator + $0 }.joined(), at: end.upperBound)
  }

  /// Behind the brace of a YAML mapping in flow style, or in the place of a null that is written out; nil for one in block style.
  private func firstInFlow(_ node: ConfigurationNode, _ lines: Lines) -> TextEdit? {
    if node.isNull, let range = plainRange(of: node), !range.isEmpty {
      return TextEdit(range: range, text: "{\(lines.members(colon: ": ", quoted: false).joined(separator: ", "))}")
    }
    guard let entries = node.entries, let start = start(of: node), start < bytes.count,
      bytes[start] == UInt8(ascii: "{")
    else { return nil }
    guard let first = entries.first else {
      return insert(lines.members(colon: ": ", quoted: false).joined(separator: ", "), at: start + 1)
    }
    var end = start + 1
    while end < bytes.count, " \t\r\n".utf8.contains(bytes[end]) { end += 1 }
    let blanks = text(start + 1..<end)
    let members = lines.members(colon: ": ", quoted: first.key.scalar?.isPlain == false)
    return insert(
      members.map { "\(blanks)\($0),\(blanks.isEmpty ? " " : "")" }.joined(), at: start + 1)
  }

  /// On lines of their own below the key of a YAML mapping in block style, or of nothing.
  private func firstInBlock(_ parent: ConfigurationNode.Entry, _ lines: Lines) -> TextEdit? {
    let column: Int
    if let first = parent.value.entries?.first {
      column = first.key.column
    } else {
      guard parent.value.isNull else { return nil }
      column = parent.key.column + 2
    }
    return insertLines(lines, column: column, afterLine: parent.key.line)
  }

  private func lastInRoot(_ lines: Lines) -> TextEdit? {
    guard let first = root.entries?.first else { return nil }
    return insertLines(lines, column: first.key.column, afterLine: self.lines.starts.count)
  }

  private func firstInRoot(_ lines: Lines) -> TextEdit? {
    guard let first = root.entries?.first else { return nil }
    return insertLines(lines, column: first.key.column, afterLine: first.key.line - 1)
  }

  /// Lines of their own behind line number `line`.
  private func insertLines(_ added: Lines, column: Int, afterLine line: Int) -> TextEdit {
    let indent = String(repeating: " ", count: max(column - 1, 0))
    let entries = added.blockLines.map { indent + $0 }.joined(separator: lineBreak)
    if lines.starts.indices.contains(line) { return insert(entries + lineBreak, at: lines.starts[line]) }
    // The end of the text: behind its last line break, or behind one that is added.
    let isAtLineStart = lines.starts.last == bytes.count
    return insert(isAtLineStart ? entries + lineBreak : lineBreak + entries + lineBreak, at: bytes.count)
  }

  /// The line break that the file itself has first.
  private var lineBreak: String {
    guard let index = bytes.firstIndex(where: { $0 == 0x0A || $0 == 0x0D }) else { return "\n" }
    if bytes[index] == 0x0A { return "\n" }
    return index + 1 < bytes.count && bytes[index + 1] == 0x0A ? "\r\n" : "\r"
  }

  private func text(_ range: Range<Int>) -> String {
    String(decoding: bytes[range], as: UTF8.self)
  }

  private func insert(_ text: String, at offset: Int) -> TextEdit {
    TextEdit(range: offset..<offset, text: text)
  }
}
