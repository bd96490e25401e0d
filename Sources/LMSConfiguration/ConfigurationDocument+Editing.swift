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

  /// The file's bytes with flags added.
  ///
  /// - Parameters:
  ///   - flags: names, and the values to write.
  ///   - places: where they have to stand afterwards.
  func adding(
    _ flags: [AddedFlag], to places: LMSConfigurationEditor.Places
  ) throws(LMSConfigurationError) -> [UInt8] {
    for candidate in insertions(of: flags, to: places) {
      if let contents = proven(candidate.edits, candidate.values) { return contents }
    }
    let names = flags.map(\.name)
    throw refusal(
      root.ownEntry(Self.features)?.key.line, [names[0]],
      "no place was found for it that leaves all else as it is"
        + (places == .everyRelease ? " and that every release reads: at the top level, and under \(Self.features)" : "")
    )
  }

  /// Refuses to change what stands more than once: which of them the person means cannot be told.
  func refuseRepetition(of flag: LMSConfiguration.Flag) throws(LMSConfigurationError) {
    let names = LMSConfiguration.FlagSpelling.allCases.filter { $0.flag == flag }.map(\.rawValue)
    let concerned = [[Self.features]] + names.flatMap { [[$0], [Self.features, $0]] }
    guard let key = findRepeatedKeys().first(where: { concerned.contains($0.keyPath) }) else { return }
    let lines = key.lines.map(String.init).joined(separator: ", ")
    throw refusal(
      key.lines.last, key.keyPath, "it stands more than once (lines \(lines)). Keep one of them, or")
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
    let paths = Array(expected.keys)
    let before = root.removing(paths)
    if before.hasSameContent(as: after.root.removing(paths)) { return contents }
    // A mapping that was not there, or `FEATURES:` without a value, becomes one by its first keys.
    let parents = Set(paths.filter { $0.count > 1 }.map { Array($0.dropLast()) })
    let wereNothing = parents.allSatisfy { ownEntry(at: $0).map(\.value.isNull) ?? true }
    let holdNothingElse = parents.allSatisfy { parent in
      after.ownEntry(at: parent)?.value.entries?.count == paths.count { Array($0.dropLast()) == parent }
    }
    guard !parents.isEmpty, wereNothing, holdNothingElse else { return nil }
    let all = paths + parents
    return root.removing(all).hasSameContent(as: after.root.removing(all)) ? contents : nil
  }

  private func refusal(_ line: Int?, _ keyPath: [String], _ reason: String) -> LMSConfigurationError {
    let name = keyPath.joined(separator: ".")
    return LMSConfigurationError(
      file: path, line: line, keyPath: keyPath,
      message: "\(name) was left as it is: \(reason)\(reason.hasSuffix("or") ? " change" : ". Change") it by hand")
  }

  /// The bytes of a scalar without quotes.
  func plainRange(of node: ConfigurationNode) -> Range<Int>? {
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
