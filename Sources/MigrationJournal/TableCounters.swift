package import StudentModuleHistory

/// The ids that both tables give next.
package struct TableCounters: Sendable, Hashable {
  package let original: UInt64
  package let extended: UInt64

  package init(original: UInt64, extended: UInt64) {
    self.original = original
    self.extended = extended
  }

  package init(_ lane: Lane) async throws {
    self.init(
      original: try await lane.source.summary().firstFreeID, extended: try await lane.target.summary().firstFreeID)
  }
}
