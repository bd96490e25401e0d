package import StudentModuleHistory

/// What supervision keeps in the journal's events, so that it goes on after a restart.
extension Journal {
  package static let flagsKind = "flags"
  package static let passBackKind = "pass-back"
  package static let verified = "verified"

  /// Writes down the flags if they are not the last ones that were written down.
  package func recordFlags(_ flags: HistoryFlags, _ session: any HistorySession) async throws {
    guard try await latest([Self.flagsKind], session)?.detail != Self.text(flags) else { return }
    try await record(Self.flagsKind, detail: Self.text(flags), session)
  }

  /// Writes down how a pass back ended.
  package func recordPassBack(isVerified: Bool, _ sentence: String, _ session: any HistorySession) async throws {
    try await record(
      Self.passBackKind, detail: "\(isVerified ? Self.verified : "not verified"): \(sentence)", session)
  }

  /// The newest event of these kinds.
  package func latest(_ kinds: [String], _ session: any HistorySession) async throws -> JournalEvent? {
    try await newestEvents(where: [.isOne(of: kinds, .kind)], limit: 1, session).first
  }

  private static func text(_ flags: HistoryFlags) -> String {
    HistoryFlags.Name.allCases.map { "\($0.rawValue)=\(flags[$0])" }.joined(separator: ", ")
  }
}
