/// A password that does not show itself: not in a description, a dump, a mirror or an interpolated string.
package struct Password: Sendable, Hashable {
  private let text: String

  package init(_ text: String) {
    self.text = text
  }

  /// The password itself. The one place that hands it out; only for passing it on to a server.
  package func reveal() -> String { text }
}

extension Password: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String { "(hidden)" }
  package var debugDescription: String { "(hidden)" }
  package var customMirror: Mirror { Mirror(self, children: [:]) }
}
