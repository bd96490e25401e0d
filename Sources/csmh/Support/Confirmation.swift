import Foundation

extension Console {
  /// Asks a person on the terminal; anything but `y` or `yes` is no.
  func confirms(_ question: String) -> Bool {
    FileHandle.standardError.write(Data("\(question) [y/N] ".utf8))
    return ["y", "yes"].contains((readLine() ?? "").trimmingCharacters(in: .whitespaces).lowercased())
  }
}
