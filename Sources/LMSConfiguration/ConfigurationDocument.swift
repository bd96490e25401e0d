/// A configuration file that was read: its bytes, and the tree in them with the lines of its values.
struct ConfigurationDocument: Sendable {
  enum Format: Sendable {
    case yaml, json
  }

  /// No configuration of an Open edX site comes near it (the longest seen has 100 kB), and it bounds the work that a
  /// hostile or mistaken file can cause.
  static let byteLimit = 4 << 20

  /// The path as it was given.
  let path: String

  let format: Format

  /// Whether a byte order mark stood before ``bytes``.
  let hasByteOrderMark: Bool

  /// The file's bytes, valid UTF-8, without a byte order mark.
  let bytes: [UInt8]

  let lines: LineTable

  /// Always a mapping.
  let root: ConfigurationNode

  /// The root as something to take typed values from.
  var mapping: ConfigurationMapping {
    ConfigurationMapping(file: path, keyPath: [], node: root, line: root.line)
  }

  /// Reads the file at `path`, or standard input for `-`.
  init(path: String) throws(LMSConfigurationError) {
    guard path != StandardInput.path else {
      try self.init(path: StandardInput.name, contents: StandardInput.contents(limit: Self.byteLimit))
      return
    }
    try self.init(path: path, contents: FileAccess.read(path, limit: Self.byteLimit))
  }

  /// Takes `contents` for those of the file at `path`.
  init(path: String, contents: [UInt8]) throws(LMSConfigurationError) {
    guard contents.count <= Self.byteLimit else {
      throw LMSConfigurationError(
        file: path, message: "has more than \(Self.byteLimit >> 20) MiB: this cannot be a configuration file")
    }
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let hasMark = contents.starts(with: mark)
    let bytes = hasMark ? Array(contents.dropFirst(mark.count)) : contents
    if let line = Self.firstInvalidLine(bytes) {
      throw LMSConfigurationError(
        file: path, line: line, message: "is not UTF-8 on this line: convert the file to UTF-8")
    }
    guard bytes.contains(where: { !Self.isBlank($0) }) else {
      throw LMSConfigurationError(file: path, message: "is empty")
    }
    let format = Self.format(path: path, bytes: bytes)
    let lines = LineTable(bytes, yaml: format == .yaml)
    let root =
      switch format {
      case .json: try JSONReader.read(bytes, lines: lines, file: path)
      case .yaml: try YAMLReader.read(bytes, file: path)
      }
    guard let root, !root.isNull else {
      throw LMSConfigurationError(file: path, message: "is empty: it holds nothing but comments")
    }
    guard root.entries != nil else {
      throw LMSConfigurationError(
        file: path, line: root.line, message: "holds \(root.typeName) where a mapping of settings is expected")
    }
    self.path = path
    self.format = format
    self.hasByteOrderMark = hasMark
    self.bytes = bytes
    self.lines = lines
    self.root = root
  }

  /// The name's ending decides; a file with another ending is JSON if it begins as an object does.
  private static func format(path: String, bytes: [UInt8]) -> Format {
    let lowercased = path.lowercased()
    if lowercased.hasSuffix(".json") { return .json }
    if lowercased.hasSuffix(".yml") || lowercased.hasSuffix(".yaml") { return .yaml }
    return bytes.first { !isBlank($0) } == UInt8(ascii: "{") ? .json : .yaml
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || (0x09...0x0D).contains(byte)
  }

  /// The first line, from 1, that is not valid UTF-8. A line feed is never a part of a longer sequence, so the lines
  /// can be looked at one by one.
  private static func firstInvalidLine(_ bytes: [UInt8]) -> Int? {
    if String(validating: bytes, as: UTF8.self) != nil { return nil }
    let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
    return lines.firstIndex { String(validating: $0, as: UTF8.self) == nil }.map { $0 + 1 }
  }
}
