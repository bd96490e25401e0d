/// A password that does not show itself: not in a description, a dump, a mirror or an interpolated string.
public struct Password: Sendable, Hashable {
  private let text: String

  public init(_ text: String) {
    self.text = text
  }

  /// The password itself. The one place that hands it out; only for passing it on to a server.
  public func reveal() -> String { text }
}

extension Password: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "(hidden)" }
  public var debugDescription: String { "(hidden)" }
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
