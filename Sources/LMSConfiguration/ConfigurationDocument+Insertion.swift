/// Where a flag that a file does not have yet could be added. The places are proposals, the most natural one first: the
/// document takes the first that proves to change nothing else.
extension ConfigurationDocument {
  struct Insertion: Sendable {
    let edit: TextEdit
    /// Where the flag then stands.
    let keyPath: [String]
  }

  func insertions(of name: String, _ value: Bool) -> [Insertion] {
    var edits: [(TextEdit?, keyPath: [String])] = []
    if let features = root.ownEntry(Self.features) {
      let edit =
        switch format {
        case .json: lastMember(of: features.value, name, value)
        case .yaml: firstInFlow(features.value, name, value) ?? firstInBlock(features, name, value)
        }
      edits.append((edit, [Self.features, name]))
    }
    switch format {
    case .json:
      edits.append((lastMember(of: root, name, value), [name]))
    case .yaml:
      let inFlow = firstInFlow(root, name, value)
      edits.append((inFlow ?? lastInRoot(name, value), [name]))
      if inFlow == nil { edits.append((firstInRoot(name, value), [name])) }
    }
    return edits.compactMap { edit, keyPath in edit.map { Insertion(edit: $0, keyPath: keyPath) } }
  }

  /// Behind the last member of a JSON object, laid out as that one is.
  private func lastMember(of node: ConfigurationNode, _ name: String, _ value: Bool) -> TextEdit? {
    guard let entries = node.entries, let span = node.span else { return nil }
    guard let last = entries.last, let key = last.key.span, let end = last.value.span else {
      return insert("\"\(name)\": \(value)", at: span.lowerBound + 1)
    }
    let colon = text(key.upperBound..<end.lowerBound)
    let separator: String
    if entries.count > 1, let previous = entries[entries.count - 2].value.span {
      separator = text(previous.upperBound..<key.lowerBound)
    } else {
      let blanks = text(span.lowerBound + 1..<key.lowerBound)
      separator = blanks.contains(where: \.isNewline) ? ",\(blanks)" : ", "
    }
    return insert("\(separator)\"\(name)\"\(colon)\(value)", at: end.upperBound)
  }

  /// Behind the brace of a YAML mapping in flow style; nil for one in block style.
  private func firstInFlow(_ node: ConfigurationNode, _ name: String, _ value: Bool) -> TextEdit? {
    guard let entries = node.entries, let start = start(of: node), start < bytes.count,
      bytes[start] == UInt8(ascii: "{")
    else { return nil }
    guard let first = entries.first else { return insert("\(name): \(value)", at: start + 1) }
    var end = start + 1
    while end < bytes.count, " \t\r\n".utf8.contains(bytes[end]) { end += 1 }
    let blanks = text(start + 1..<end)
    let key = first.key.scalar?.isPlain == false ? "\"\(name)\"" : name
    return insert("\(blanks)\(key): \(value),\(blanks.isEmpty ? " " : "")", at: start + 1)
  }

  /// On a line of its own below the key of a YAML mapping in block style, or of nothing.
  private func firstInBlock(_ parent: ConfigurationNode.Entry, _ name: String, _ value: Bool) -> TextEdit? {
    let column: Int
    if let first = parent.value.entries?.first {
      column = first.key.column
    } else {
      guard parent.value.isNull else { return nil }
      column = parent.key.column + 2
    }
    return insertLine(name, value, column: column, afterLine: parent.key.line)
  }

  private func lastInRoot(_ name: String, _ value: Bool) -> TextEdit? {
    guard let first = root.entries?.first else { return nil }
    return insertLine(name, value, column: first.key.column, afterLine: lines.starts.count)
  }

  private func firstInRoot(_ name: String, _ value: Bool) -> TextEdit? {
    guard let first = root.entries?.first else { return nil }
    return insertLine(name, value, column: first.key.column, afterLine: first.key.line - 1)
  }

  /// A line of its own behind line number `line`.
  private func insertLine(_ name: String, _ value: Bool, column: Int, afterLine line: Int) -> TextEdit {
    let entry = String(repeating: " ", count: max(column - 1, 0)) + "\(name): \(value)"
    if lines.starts.indices.contains(line) { return insert(entry + lineBreak, at: lines.starts[line]) }
    // The end of the text: behind its last line break, or behind one that is added.
    let isAtLineStart = lines.starts.last == bytes.count
    return insert(isAtLineStart ? entry + lineBreak : lineBreak + entry + lineBreak, at: bytes.count)
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
