/// A value of a configuration file, YAML or JSON, with the place where it stands.
struct ConfigurationNode: Sendable {
  enum Content: Sendable {
    case scalar(ConfigurationScalar)
    case sequence([ConfigurationNode])
    case mapping([Entry])
  }

  /// A key and its value.
  struct Entry: Sendable {
    let key: ConfigurationNode
    let value: ConfigurationNode
  }

  let content: Content

  /// From 1.
  let line: Int

  /// YAML: the column of the first character, from 1, counted in Unicode scalars. JSON: 0, `span` says it better.
  let column: Int

  /// JSON: the bytes of the value in the document's text. The YAML parser tells only where a value begins.
  let span: Range<Int>?

  var entries: [Entry]? {
    guard case .mapping(let entries) = content else { return nil }
    return entries
  }

  var scalar: ConfigurationScalar? {
    guard case .scalar(let scalar) = content else { return nil }
    return scalar
  }

  /// Nothing at all, `null` or `~`.
  var isNull: Bool { scalar?.kind == .null }

  /// The entry that has `key` itself, without those that YAML merges (`<<`). Of several the last one, as the LMS's readers
  /// have it: PyYAML and Python's own for JSON.
  func ownEntry(_ key: String) -> Entry? {
    entries?.last { $0.key.scalar?.text == key && $0.key.scalar?.kind == .text }
  }

  /// The value at `key`: the mapping's own, else out of the mappings that it merges with `<<`: the first one of a list first, as
  /// https://yaml.org/type/merge.html has it, and the last `<<` of several first, as PyYAML has it.
  subscript(key: String) -> ConfigurationNode? {
    if let own = ownEntry(key) { return own.value }
    for entry in (entries ?? []).reversed() where entry.key.scalar?.kind == .merge {
      let merged: [ConfigurationNode] =
        if case .sequence(let elements) = entry.value.content { elements } else { [entry.value] }
      for mapping in merged {
        if let value = mapping[key] { return value }
      }
    }
    return nil
  }

  /// Whether both stand for the same tree: kinds, texts and the order of keys, wherever they stand in their files.
  func hasSameContent(as other: ConfigurationNode) -> Bool {
    switch (content, other.content) {
    case (.scalar(let one), .scalar(let two)):
      one == two
    case (.sequence(let one), .sequence(let two)):
      one.count == two.count && zip(one, two).allSatisfy { $0.hasSameContent(as: $1) }
    case (.mapping(let one), .mapping(let two)):
      one.count == two.count
        && zip(one, two).allSatisfy {
          $0.key.hasSameContent(as: $1.key) && $0.value.hasSameContent(as: $1.value)
        }
    default:
      false
    }
  }

  /// The same tree without the entries at `keyPaths`.
  func removing(_ keyPaths: [[String]]) -> ConfigurationNode {
    guard let entries, !keyPaths.isEmpty else { return self }
    let kept: [Entry] = entries.compactMap { entry in
      guard let key = entry.key.scalar?.text else { return entry }
      let deeper = keyPaths.filter { $0.first == key }.map { Array($0.dropFirst()) }
      if deeper.contains(where: \.isEmpty) { return nil }
      return Entry(key: entry.key, value: entry.value.removing(deeper))
    }
    return ConfigurationNode(content: .mapping(kept), line: line, column: column, span: span)
  }

  /// What the value is, for a message: "a number", "a list".
  var typeName: String {
    switch content {
    case .sequence: "a list"
    case .mapping: "a mapping"
    case .scalar(let scalar): scalar.kind.name
    }
  }
}
