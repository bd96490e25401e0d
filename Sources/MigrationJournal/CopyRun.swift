internal import StudentModuleHistory

/// A run of a copying process, as the journal's events tell it.
package struct CopyRun: Hashable {
  package let holder: String
  package let startedAt: String

  /// Nil for one that was killed, or still goes on.
  package var endedAt: String?

  /// `finished`, `interrupted`, `stoppedByProblems`.
  package var end: String?

  /// What it said of itself at its end, or else at its start.
  package var detail: String

  package static let startKind = "copy-started"
  static let endKind = "copy-finished"

  /// The runs in the order in which they began.
  ///
  /// - Parameter events: of the two kinds, the oldest first.
  package static func runs(of events: [JournalEvent]) -> [CopyRun] {
    var runs: [CopyRun] = []
    for event in events {
      guard event.detail.hasPrefix("holder ") else { continue }
      let text = event.detail.dropFirst("holder ".count)
      if event.kind == startKind {
        let parts = text.split(separator: ",", maxSplits: 1)
        runs.append(
          CopyRun(
            holder: parts.first.map { String($0) } ?? "", startedAt: event.happenedAt,
            detail: parts.dropFirst().first.map { String($0.drop { $0 == " " }) } ?? ""))
      } else if let colon = text.firstRange(of: ": "),
        let index = runs.lastIndex(where: { $0.holder == text[..<colon.lowerBound] && $0.endedAt == nil })
      {
        let words = text[colon.upperBound...]
        runs[index].endedAt = event.happenedAt
        runs[index].end = words.split(separator: ",").first.map { String($0) }
        runs[index].detail = String(words)
      }
    }
    return runs
  }
}
