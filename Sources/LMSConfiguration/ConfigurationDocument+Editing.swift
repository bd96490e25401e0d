/// A replacement of bytes of a document.
struct TextEdit: Sendable {
  let range: Range<Int>
  let text: String
}

extension ConfigurationDocument {
  /// The bytes of the file, with its byte order mark.
  var fileContents: [UInt8] { fileContents(bytes) }

  private func fileContents(_ text: [UInt8]) -> [UInt8] {
    hasByteOrderMark ? [0xEF, 0xBB, 0xBF] + text : text
  }

  /// The entry at `keyPath`, without following merges.
  func ownEntry(at keyPath: [String]) -> ConfigurationNode.Entry? {
    var node = root
    var found: ConfigurationNode.Entry?
    for key in keyPath {
      guard let entry = node.ownEntry(key) else { return nil }
      found = entry
      node = entry.value
    }
    return found
  }

  /// The file's bytes with the flag at `places` set to `value`.
  func changing(_ places: [LMSConfiguration.FlagPlace], to value: Bool) throws(LMSConfigurationError) -> [UInt8] {
    var edits: [TextEdit] = []
    var expected: [[String]: Bool] = [:]
    for place in places {
      let written = value != place.spelling.isInverted
      expected[place.keyPath] = written
      guard let node = ownEntry(at: place.keyPath)?.value, let range = plainRange(of: node),
        let old = node.scalar?.text
      else { throw refusal(place.line, place.keyPath, "its value cannot be found in the text") }
      edits.append(TextEdit(range: range, text: Self.spell(written, like: old)))
    }
    guard let contents = proven(edits, expected) else {
      throw refusal(places[0].line, places[0].keyPath, "the value is shared with another setting, by an alias perhaps")
    }
    return contents
  }

  /// The file's bytes with the flag added, `written` being the value to write.
  func adding(_ spelling: LMSConfiguration.FlagSpelling, value written: Bool) throws(LMSConfigurationError) -> [UInt8] {
    let name = spelling.rawValue
    for candidate in insertions(of: name, written) {
      if let contents = proven([candidate.edit], [candidate.keyPath: written]) { return contents }
    }
    throw refusal(nil, [name], "no place was found for it that leaves all else as it is")
  }

  /// The new bytes, provided that they parse to the same tree but for `expected`.
  private func proven(_ edits: [TextEdit], _ expected: [[String]: Bool]) -> [UInt8]? {
    var text = bytes
    for edit in edits.sorted(by: { $0.range.lowerBound > $1.range.lowerBound }) {
      text.replaceSubrange(edit.range, with: edit.text.utf8)
    }
    let contents = fileContents(text)
    guard let after = try? ConfigurationDocument(path: path, contents: contents) else { return nil }
    for (keyPath, value) in expected where after.ownEntry(at: keyPath)?.value.scalar?.bool != value { return nil }
    // `FEATURES:` without a value becomes a mapping by its first key.
    let paths = Array(expected.keys)
    let before = root.removing(paths)
    let rest = after.root.removing(paths)
    if before.hasSameContent(as: rest) { return contents }
    let parents = paths.filter { $0.count > 1 }.map { Array($0.dropLast()) }
    let wereNull = parents.allSatisfy { ownEntry(at: $0)?.value.isNull == true }
    let areEmpty = parents.allSatisfy { after.ownEntry(at: $0)?.value.entries?.count == 1 }
    guard !parents.isEmpty, wereNull, areEmpty else { return nil }
    return root.removing(parents).hasSameContent(as: after.root.removing(parents)) ? contents : nil
  }

  private func refusal(_ line: Int?, _ keyPath: [String], _ reason: String) -> LMSConfigurationError {
    let name = keyPath.joined(separator: ".")
    return LMSConfigurationError(
      file: path, line: line, keyPath: keyPath,
      message: "\(name) was left as it is: \(reason). Change it by hand")
  }

  /// The bytes of a scalar without quotes.
  private func plainRange(of node: ConfigurationNode) -> Range<Int>? {
    guard let text = node.scalar?.text, node.scalar?.isPlain == true, let start = start(of: node) else { return nil }
    let range = start..<start + text.utf8.count
    guard range.upperBound <= bytes.count, bytes[range].elementsEqual(text.utf8) else { return nil }
    return range
  }

  /// The first byte of a node itself, behind its tag and anchor.
  func start(of node: ConfigurationNode) -> Int? {
    if let span = node.span { return span.lowerBound }
    guard var start = lines.offset(line: node.line, column: node.column, in: bytes) else { return nil }
    while start < bytes.count, bytes[start] == UInt8(ascii: "!") || bytes[start] == UInt8(ascii: "&") {
      while start < bytes.count, !" \t\r\n".utf8.contains(bytes[start]) { start += 1 }
      while start < bytes.count, " \t\r\n".utf8.contains(bytes[start]) { start += 1 }
    }
    return start
  }

  /// `value` in the manner of `old`: `Yes` becomes `No`, `FALSE` becomes `TRUE`.
  static func spell(_ value: Bool, like old: String) -> String {
    let pairs = [("true", "false"), ("yes", "no"), ("on", "off")]
    let pair = pairs.first { [$0.0, $0.1].contains(old.lowercased()) } ?? pairs[0]
    let word = value ? pair.0 : pair.1
    if old == old.lowercased() { return word }
    if old == old.uppercased() { return word.uppercased() }
    return word.prefix(1).uppercased() + word.dropFirst()
  }
}
