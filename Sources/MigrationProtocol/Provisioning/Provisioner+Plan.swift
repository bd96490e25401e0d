package import StudentModuleHistory

extension Provisioner {
  /// One thing that provisioning does.
  package struct Step: Sendable, Hashable {
    package let title: String

    /// What is changed; empty if there is nothing to do.
    package let changes: [SchemaChange]

    /// The same as statements, for people.
    package let statements: [String]

    /// Why there is nothing to do, or what is going to be done.
    package let note: String

    /// - Parameter changes: those of which the database knows no statement are none.
    init(
      title: String, _ changes: [SchemaChange], note: String, in schema: any SchemaChanges, _ inventory: StoreInventory
    ) {
      self.title = title
      self.note = note
      let texts = changes.map { ($0, schema.sql(of: $0, table: inventory.historyTable)) }.filter { !$0.1.isEmpty }
      self.changes = texts.map(\.0)
      statements = texts.flatMap(\.1)
    }
  }

  /// What would be done, and the starting id that would hold afterwards.
  package struct Plan: Sendable, Hashable {
    package let steps: [Step]
    package let startingID: UInt64
    package let originalFirstFreeID: UInt64

    /// Whether Django has to be told of the extended table; see ``DjangoMigration``.
    package var needsDjango = false

    /// Whether something is missing.
    package var hasWork: Bool { steps.contains { !$0.changes.isEmpty } }

    /// What is done, in a sentence.
    var detail: String {
      steps.filter { !$0.changes.isEmpty }.map { "\($0.title): \($0.note)" }.joined(separator: "; ")
    }
  }
}
