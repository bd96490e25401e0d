/// What leads on from a refusal or a finding: a command, SQL for an administrator, or what has to be done by hand.
///
/// All remedies that csmh can print stand in one list (``Name``), so that a test can follow each of them and see that none was left out.
public struct Remedy: Sendable, Hashable, CustomStringConvertible {
  /// The remedies of which this one is made, itself first: more than one where alternatives or steps were put together.
  package let names: [Name]

  /// As it is printed.
  public let description: String

  /// - Parameter values: what stands in the places of the name's form, in order; another remedy may be one of them.
  package init(_ name: Name, _ values: any CustomStringConvertible...) {
    let pieces = name.rawValue.split(separator: Name.place, omittingEmptySubsequences: false)
    precondition(pieces.count == values.count + 1, "\(name) has \(pieces.count - 1) places, not \(values.count)")
    names = [name] + values.flatMap { ($0 as? Remedy)?.names ?? [] }
    description = zip(pieces, values.map(\.description) + [""]).map { $0 + $1 }.joined()
  }

  private init(names: [Name], _ description: String) {
    self.names = names
    self.description = description
  }

  /// Several remedies as one; nil if there are none.
  package static func joined(_ remedies: [Remedy], by separator: String) -> Remedy? {
    guard !remedies.isEmpty else { return nil }
    return Remedy(
      names: remedies.flatMap(\.names), remedies.map(\.description).joined(separator: separator))
  }

  /// The remedy with an end, for one in which another sentence follows.
  package var asSentence: Remedy {
    // SQL has its own end.
    description.hasSuffix(";") ? self : Remedy(names: names, description + ".")
  }

  /// The remedy, and after it the command that was refused once more.
  package var thenAgain: Remedy {
    // SQL has its own end.
    Remedy(description.hasSuffix(";") ? .thenAgain : .andThenAgain, self)
  }
}

extension Remedy: Encodable {
  /// As the text that is printed.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
