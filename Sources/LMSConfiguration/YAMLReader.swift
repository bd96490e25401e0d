// Yams' own composer refuses a mapping that has a key twice, whatever the key; the LMS's reader takes the last one.
internal import CYaml

/// Reads YAML into nodes that know their lines, from the events of libyaml.
struct YAMLReader: ~Copyable {
  /// How many nodes a file may have once its aliases are followed. A file of the largest size that is read cannot get
  /// there with what a site configures; a handful of nested aliases ("billion laughs") gets there at once.
  static let nodeLimit = 500_000

  static let depthLimit = 200

  /// A node that an alias can stand for, with the number of nodes in it.
  private struct Anchored {
    let node: ConfigurationNode
    let count: Int
  }

  private let file: String
  private let bytes: [UInt8]
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private var anchors: [String: Anchored] = [:]
  private var count = 0
  private var depth = 0

  /// The tree in `bytes`, or nil where there is no document.
  static func read(_ bytes: [UInt8], file: String) throws(LMSConfigurationError) -> ConfigurationNode? {
    // The parser keeps the pointer, so that everything happens while it is lent.
    let result: Result<ConfigurationNode?, LMSConfigurationError> = bytes.withUnsafeBufferPointer { buffer in
      do throws(LMSConfigurationError) {
        var reader = try YAMLReader(buffer, bytes, file: file)
        return .success(try reader.document())
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  private init(_ buffer: UnsafeBufferPointer<UInt8>, _ bytes: [UInt8], file: String) throws(LMSConfigurationError) {
    self.file = file
    self.bytes = bytes
    parser = .allocate(capacity: 1)
    guard yaml_parser_initialize(parser) == 1 else {
      parser.deallocate()
      throw LMSConfigurationError(file: file, message: "cannot be read: there is no memory for it")
    }
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(parser, buffer.baseAddress, buffer.count)
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deallocate()
  }

  private mutating func document() throws(LMSConfigurationError) -> ConfigurationNode? {
    // The beginning of the stream, and of its document.
    _ = try next()
    guard case .other = try next().kind else { return nil }
    let root = try node(from: next())
    _ = try next()
    let end = try next()
    guard case .end = end.kind else { throw error(at: end, "but found another document") }
    return root
  }

  private func error(at event: Event, _ problem: String) -> LMSConfigurationError {
    LMSConfigurationError(
      file: file, line: event.line, message: "is not valid YAML at column \(event.column): \(problem)")
  }

  private mutating func node(from event: Event) throws(LMSConfigurationError) -> ConfigurationNode {
    let before = count
    count += 1
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.depthLimit else { throw error(at: event, "more than \(Self.depthLimit) levels") }
    let content: ConfigurationNode.Content
    switch event.kind {
    case .alias(let name):
      guard let anchored = anchors[name] else { throw error(at: event, "found undefined alias") }
      count += anchored.count - 1
      try checkCount(event)
      return anchored.node
    case .scalar(let text, let tag, let isPlain):
      content = .scalar(.yaml(text, tag: tag, isPlain: isPlain))
    case .sequence:
      var elements: [ConfigurationNode] = []
      while true {
        let element = try next()
        if case .end = element.kind { break }
        elements.append(try node(from: element))
      }
      content = .sequence(elements)
    case .mapping:
      var entries: [ConfigurationNode.Entry] = []
      while true {
        let first = try next()
        if case .end = first.kind { break }
        let key = try node(from: first)
        entries.append(.init(key: key, value: try node(from: next())))
      }
      content = .mapping(entries)
    case .end, .other:
      throw error(at: event, "a value is expected")
    }
    try checkCount(event)
    let node = ConfigurationNode(content: content, line: event.line, column: event.column, span: nil)
    // One that is defined a second time stands for the later node from there on.
    if let anchor = event.anchor { anchors[anchor] = Anchored(node: node, count: count - before) }
    return node
  }

  private func checkCount(_ event: Event) throws(LMSConfigurationError) {
    guard count <= Self.nodeLimit else {
      throw LMSConfigurationError(
        file: file, line: event.line,
        message:
          "has more than \(Self.nodeLimit) values once its aliases are followed: write the values out, or fewer of them"
      )
    }
  }

  // MARK: Events

  /// What libyaml met, as far as it matters.
  private struct Event {
    enum Kind {
      case alias(String)
      case scalar(String, tag: String, isPlain: Bool)
      case sequence, mapping
      /// The end of a sequence, of a mapping, or of everything.
      case end
      /// The beginning or the end of a document, or the beginning of everything.
      case other
    }

    let kind: Kind
    let anchor: String?

    /// From 1.
    let line: Int
    let column: Int
  }

  private mutating func next() throws(LMSConfigurationError) -> Event {
    var event = yaml_event_t()
    guard yaml_parser_parse(parser, &event) == 1 else { throw parserError() }
    defer { yaml_event_delete(&event) }
    var anchor: UnsafeMutablePointer<yaml_char_t>?
    let kind: Event.Kind
    switch event.type {
    case YAML_ALIAS_EVENT:
      kind = .alias(Self.text(event.data.alias.anchor) ?? "")
    case YAML_SCALAR_EVENT:
      let scalar = event.data.scalar
      anchor = scalar.anchor
      let value = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
      kind = .scalar(
        String(decoding: value, as: UTF8.self), tag: Self.text(scalar.tag) ?? "",
        isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE)
    case YAML_SEQUENCE_START_EVENT:
      anchor = event.data.sequence_start.anchor
      kind = .sequence
    case YAML_MAPPING_START_EVENT:
      anchor = event.data.mapping_start.anchor
      kind = .mapping
    case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT, YAML_STREAM_END_EVENT:
      kind = .end
    default:
      kind = .other
    }
    return Event(
      kind: kind, anchor: Self.text(anchor), line: Int(event.start_mark.line) + 1,
      column: Int(event.start_mark.column) + 1)
  }

  private static func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    pointer.map { String(cString: $0) }
  }

  /// The parser's error without its excerpt of the file, which may show a password.
  private func parserError() -> LMSConfigurationError {
    let problem = parser.pointee.problem.map { String(cString: $0) } ?? "it cannot be understood"
    guard parser.pointee.error != YAML_READER_ERROR else {
      let line = bytes.prefix(parser.pointee.problem_offset).count { $0 == 0x0A } + 1
      return LMSConfigurationError(file: file, line: line, message: "is not valid YAML: \(problem)")
    }
    let mark = parser.pointee.problem_mark
    return LMSConfigurationError(
      file: file, line: Int(mark.line) + 1, message: "is not valid YAML at column \(Int(mark.column) + 1): \(problem)")
  }
}
