package import StudentModuleHistory

/// The journal's note of both counters, for ``FlagEvidence``.
extension Journal {
  private static let countersKind = "counters"

  /// What makes an older note worthless: csmh itself then puts rows above it, into the one table or the other.
  private static let movingKinds = RekeyEvent.allCases.map(\.rawValue) + ["return-begun", "returned"]

  /// The counters as they were noted down last, and when; nil if they were not, or if that is of no use any more.
  package func notedCounters(_ session: any HistorySession) async throws -> (counters: TableCounters, at: String)? {
    guard try await exists(session),
      let event = try await latest([Self.countersKind] + Self.movingKinds, session),
      event.kind == Self.countersKind
    else { return nil }
    let numbers = event.detail.split { !$0.isNumber }.compactMap { UInt64($0) }
    guard numbers.count == 2 else { return nil }
    return (TableCounters(original: numbers[0], extended: numbers[1]), event.happenedAt)
  }

  /// Notes the counters down, unless a note stands that still holds.
  ///
  /// - Parameter anew: whether csmh has raised one of them.
  package func noteCounters(_ lane: Lane, anew: Bool) async throws {
    if !anew, try await notedCounters(lane.target) != nil { return }
    let counters = try await TableCounters(lane)
    try await record(
      Self.countersKind, detail: "next ids: original \(counters.original), extended \(counters.extended)", lane.target
    )
  }
}
