import Yams

/// Reads YAML into nodes that know their lines.
enum YAMLReader {
  /// How many nodes a file may have once its aliases are followed. A file of the largest size that is read cannot get
  /// there with what a site configures; a handful of nested aliases ("billion laughs") gets there at once.
  static let nodeLimit = 500_000

  /// The tree in `bytes`, or nil where there is no document.
  static func read(_ bytes: [UInt8], file: String) throws(LMSConfigurationError) -> ConfigurationNode? {
    var text = String(decoding: bytes, as: UTF8.self)
    // Yams keeps a pointer to the text's bytes beyond the call that lends it, which holds for a string on the heap but
    // not for one of up to 15 bytes, kept in place.
    if bytes.count < 16 { text += String(repeating: "\n", count: 16) }
    let root: Node?
    do {
      root = try Parser(yaml: text, encoding: .utf8).singleRoot()
    } catch let error as YamlError {
      throw describe(error, file: file)
    } catch {
      throw LMSConfigurationError(file: file, message: "is not valid YAML")
    }
    guard let root else { return nil }
    var budget = nodeLimit
    return try convert(root, file: file, budget: &budget)
  }

  private static func convert(
    _ node: Node, isKey: Bool = false, file: String, budget: inout Int
  ) throws(LMSConfigurationError) -> ConfigurationNode {
    budget -= 1
    guard budget >= 0 else {
      throw LMSConfigurationError(
        file: file, line: node.mark?.line,
        message:
          "has more than \(nodeLimit) values once its aliases are followed: write the values out, or fewer of them")
    }
    let content: ConfigurationNode.Content
    switch node {
    case .scalar(let scalar):
      let isPlain = scalar.style == .plain || scalar.style == .any
      // Looking for duplicate keys, Yams has put the tags by its own rules into the keys without tags.
      let tag = isKey && isPlain ? "" : scalar.tag.rawValue
      content = .scalar(.yaml(scalar.string, tag: tag, isPlain: isPlain))
    case .sequence(let sequence):
      var elements: [ConfigurationNode] = []
      for element in sequence { elements.append(try convert(element, file: file, budget: &budget)) }
      content = .sequence(elements)
    case .mapping(let mapping):
      var entries: [ConfigurationNode.Entry] = []
      for (key, value) in mapping {
        let key = try convert(key, isKey: true, file: file, budget: &budget)
        entries.append(.init(key: key, value: try convert(value, file: file, budget: &budget)))
      }
      content = .mapping(entries)
    case .alias:
      // The parser puts the aliased node itself in place; this case serves the emitter.
      throw LMSConfigurationError(file: file, line: node.mark?.line, message: "has an alias that leads nowhere")
    }
    return ConfigurationNode(content: content, line: node.mark?.line ?? 1, column: node.mark?.column ?? 0, span: nil)
  }

  /// The parser's error without its excerpt of the file, which may show a password.
  private static func describe(_ error: YamlError, file: String) -> LMSConfigurationError {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      return LMSConfigurationError(
        file: file, line: mark.line, message: "is not valid YAML at column \(mark.column): \(problem)")
    case .reader(let problem, let offset, _, let yaml):
      let line = offset.map { yaml.prefix($0).count(where: \.isNewline) + 1 }
      return LMSConfigurationError(file: file, line: line, message: "is not valid YAML: \(problem)")
    case .duplicatedKeysInMapping(let duplicates, let context):
      let keys = duplicates.sorted().joined(separator: ", ")
      return LMSConfigurationError(
        file: file, line: context.mark.line > 0 ? context.mark.line : nil,
        message: "has a key more than once in the same mapping: \(keys). Keep one of them")
    default:
      return LMSConfigurationError(file: file, message: "is not valid YAML")
    }
  }
}
