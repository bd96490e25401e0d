internal import MigrationJournal
internal import StudentModuleHistory

extension Journal {
  /// What supervision has to know; nil where nothing was provisioned.
  func knowledge(of lane: Lane) async throws -> SupervisionDuty.Knowledge? {
    guard let migration = try await migrationIfAny(lane.target) else { return nil }
    let original = try await lane.source.summary()
    let event = try await latest([Self.flagsKind, Self.passBackKind], lane.target)
    return SupervisionDuty.Knowledge(
      phase: migration.phase, hasRowsBeyond: original.ids.map { $0.upper > migration.upperBound ?? 0 } ?? false,
      isProven: try await isProven(since: migration.fence?.takenAt, lane.target),
      isFenced: migration.fence?.holds(for: original) ?? false,
      isPassedBack: event?.kind == Self.passBackKind && event?.detail.hasPrefix(Self.verified + ":") == true)
  }
}
