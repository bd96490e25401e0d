/// One thing to do.
package struct AdviceStep: Sendable, Hashable, Encodable {
  package let title: String

  /// What it does and why it comes here.
  package let why: String

  /// Commands for a shell, in their order.
  package let commands: [String]

  /// What people do by hand after the commands.
  package let byHand: [String]

  /// Whether the installation shows that it was done.
  package let isDone: Bool

  /// How long it takes; nil if that is seconds, or up to people.
  package let seconds: EstimateRange?

  init(
    _ title: String, why: String, commands: [String] = [], byHand: [String] = [], isDone: Bool = false,
    seconds: EstimateRange? = nil
  ) {
    self.title = title
    self.why = why
    self.commands = commands
    self.byHand = byHand
    self.isDone = isDone
    self.seconds = seconds
  }
}
