/// The ways to migrate an installation, by its size.
package enum MigrationOption: String, Sendable, Hashable, CaseIterable, Encodable {
  /// New rows go to the extended table, old ones stay where they are, and both are read.
  case devstack
  /// Fullstack or a small production installation: the flag first, then the copy beneath the live table.
  case small
  /// A large production installation: the copy first, then the flag, then the tail.
  case large

  /// The name for people.
  package var title: String {
    switch self {
    case .devstack: "devstack"
    case .small: "fullstack or small production"
    case .large: "large production"
    }
  }
}
