internal import StudentModuleHistory

/// What supervision keeps in the journal's events, so that it goes on after a restart.
extension Journal {
  private static let flagsKind = "flags"
  private static let passBackKind = "pass-back"
  private static let verified = "verified"

  /// Writes down the flags if they are not the last ones that were written down.
  func recordFlags(_ flags: HistoryFlags, _ session: any HistorySession) async throws {
    guard try await latest([Self.flagsKind], session)?.detail != Self.text(flags) else { return }
    try await record(Self.flagsKind, detail: Self.text(flags), session)
  }

  /// Writes down how a pass back ended.
  func recordPassBack(isVerified: Bool, _ sentence: String, _ session: any HistorySession) async throws {
    try await record(
      Self.passBackKind, detail: "\(isVerified ? Self.verified : "not verified"): \(sentence)", session)
  }

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

  /// The newest event of these kinds.
  func latest(_ kinds: [String], _ session: any HistorySession) async throws -> JournalEvent? {
    try await newestEvents(where: [.isOne(of: kinds, .kind)], limit: 1, session).first
  }

  private static func text(_ flags: HistoryFlags) -> String {
    HistoryFlags.Name.allCases.map { "\($0.rawValue)=\(flags[$0])" }.joined(separator: ", ")
  }
}
