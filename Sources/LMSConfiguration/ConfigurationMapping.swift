/// A mapping of a configuration file, to take values of known types from.
///
/// What is of another type is an error that names the key and never shows the value, which may be a password.
struct ConfigurationMapping: Sendable {
  let file: String

  /// The keys that lead here from the top.
  let keyPath: [String]

  let node: ConfigurationNode

  /// The line, from 1, of the key that leads here.
  let line: Int

  /// The value at `key`, or nil where there is none or it is null.
  subscript(key: String) -> ConfigurationNode? {
    guard let value = node[key], !value.isNull else { return nil }
    return value
  }

  /// An error about the value at `key`, which begins with the dotted key path, on the line of its key.
  func error(_ key: String, _ message: String) -> LMSConfigurationError {
    let path = keyPath + [key]
    return LMSConfigurationError(
      file: file, line: node.ownEntry(key)?.key.line ?? node[key]?.line ?? line, keyPath: path,
      message: "\(path.joined(separator: ".")) \(message)")
  }

  /// The text at `key`; nil where there is none, or an empty one, which Django takes for none.
  ///
  /// - Parameter acceptingNumbers: whether a plain number stands for its digits, as it does where the file is rendered
  ///   through a template.
  func text(_ key: String, acceptingNumbers: Bool = false) throws(LMSConfigurationError) -> String? {
    guard let value = self[key] else { return nil }
    if let scalar = value.scalar {
      if scalar.kind == .text { return scalar.text.isEmpty ? nil : scalar.text }
      if acceptingNumbers, scalar.integer != nil { return scalar.text }
      throw error(key, "is \(scalar.kind.name) where text is expected: put the value in quotes")
    }
    throw error(key, "is \(value.typeName) where text is expected")
  }

  /// The positive integer at `key`, as a number, or in quotes where `acceptingText`.
  func positiveInteger(
    _ key: String, acceptingText: Bool = false, maximum: Int = .max
  ) throws(LMSConfigurationError) -> Int? {
    guard let value = self[key] else { return nil }
    var number = value.scalar?.integer
    if acceptingText, let scalar = value.scalar, scalar.kind == .text {
      let text = scalar.text.filter { $0 != " " }
      if text.isEmpty { return nil }
      if text.wholeMatch(of: /[0-9]+/) != nil { number = Int(text) }
    }
    guard let number, number > 0, number <= maximum else {
      let limit = maximum == .max ? "" : " up to \(maximum)"
      throw error(key, "must be a positive integer\(limit)")
    }
    return number
  }

  /// The mapping at `key`.
  func mapping(_ key: String) throws(LMSConfigurationError) -> ConfigurationMapping? {
    guard let value = self[key] else { return nil }
    guard value.entries != nil else { throw error(key, "is \(value.typeName) where a mapping is expected") }
    let line = node.ownEntry(key)?.key.line ?? value.line
    return ConfigurationMapping(file: file, keyPath: keyPath + [key], node: value, line: line)
  }
}
