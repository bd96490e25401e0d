/// What is wrong with an installation's configuration: in which file, on which line, and what to do about it.
///
/// A message never holds a value that could be a password: values are left out, and the texts of the YAML parser, which
/// quote the line that they stumbled over, are not passed on.
package struct LMSConfigurationError: Error, Sendable, Hashable {
  /// The file, spelt as it was given.
  package let file: String

  /// The line, counted from 1, or nil where the file as a whole is meant.
  package let line: Int?

  /// The keys that lead to the value that is meant, from the top of the file, or empty.
  package let keyPath: [String]

  /// What is wrong, and what to do. It names the key itself where that helps.
  package let message: String

  /// An error about `file`.
  package init(file: String, line: Int? = nil, keyPath: [String] = [], message: String) {
    self.file = file
    self.line = line
    self.keyPath = keyPath
    self.message = message
  }
}

extension LMSConfigurationError: CustomStringConvertible {
  /// `FILE:LINE: message`, or `FILE: message` where there is no line.
  package var description: String { "\(location): \(message)" }

  /// `FILE:LINE`, or `FILE` where there is no line.
  package var location: String { line.map { "\(file):\($0)" } ?? file }
}
