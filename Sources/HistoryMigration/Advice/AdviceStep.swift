/// One thing to do.
public struct AdviceStep: Sendable, Hashable, Encodable {
  public let title: String

  /// What it does and why it comes here.
  public let why: String

  /// Commands for a shell, in their order.
  public let commands: [String]

  /// What people do by hand after the commands.
  public let byHand: [String]

  /// Whether the installation shows that it was done.
  public let isDone: Bool

  /// How long it takes; nil if that is seconds, or up to people.
  public let seconds: EstimateRange?

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
