/// A text that is never shown: a password out of a configuration file.
///
/// Interpolating, describing, dumping or reflecting a secret, or anything that holds one, gives `<secret>`. What must
/// go to a server is asked for by name, with ``revealed``, which is easy to search for in a review.
package struct Secret: Sendable, Hashable {
  /// The text itself. For the database client only: never for a message, a log, an error or a process's arguments.
  package var revealed: String { text }

  private let text: String

  /// Hides `text`.
  package init(_ text: String) {
    self.text = text
  }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// Always `<secret>`.
  package var description: String { "<secret>" }

  /// Always `<secret>`.
  package var debugDescription: String { description }

  /// A mirror without children, so that `dump` and the default descriptions of enclosing types see nothing.
  package var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }
}
