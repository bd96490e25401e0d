internal import MigrationJournal
internal import StudentModuleHistory

/// A time in which nothing was copied: between two runs, or inside a run in which no range was worked on for more than a minute.
///
/// The times of copying (``BusyTime``) and the pauses fill the time from the first range's beginning to the last one's end, without a
/// gap: the report's speed, its plots and its pauses are of the same time.
struct CopyPause: Hashable {
  /// The ends, in seconds since 1970.
  let time: ClosedRange<Double>
  let reason: String

  /// How long nothing has to happen inside a run before it is a pause.
  static let shortestSeconds = 60.0

  /// The pauses in the order of time, each with its reason.
  ///
  /// - Parameter busy: when ranges were copied, with the ``CopyRun/breaks(between:)`` of these runs.
  static func pauses(of runs: [CopyRun], busy: BusyTime) -> [CopyPause] {
    busy.pauses.map { CopyPause(time: $0, reason: reason(of: $0, runs)) }
  }

  private static func reason(of pause: ClosedRange<Double>, _ runs: [CopyRun]) -> String {
    let spans = CopyRun.spans(of: runs).filter { $0.time.lowerBound <= pause.lowerBound }
    let last = spans.max { $0.time.upperBound < $1.time.upperBound }
    // Whoever copied behind the pause was running in it.
    guard let last, last.time.upperBound <= pause.upperBound else {
      return "a copy was running, but no range was finished"
    }
    return last.run.reasonAfterwards
  }
}

extension CopyRun {
  /// When a run went on; one without an end until another one began.
  typealias Span = (run: CopyRun, time: ClosedRange<Double>)

  static func spans(of runs: [CopyRun]) -> [Span] {
    let starts = runs.compactMap { JournalTime.seconds($0.startedAt) }.sorted()
    return runs.compactMap { run in
      guard let start = JournalTime.seconds(run.startedAt) else { return nil }
      let end = run.endedAt.flatMap { JournalTime.seconds($0) } ?? starts.first { $0 > start } ?? .infinity
      return (run, start...max(start, end))
    }
  }

  /// The times between the first run and the last in which no process was copying.
  static func breaks(between runs: [CopyRun]) -> [ClosedRange<Double>] {
    var breaks: [ClosedRange<Double>] = []
    var end: Double?
    for time in spans(of: runs).map(\.time).sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let end, time.lowerBound > end { breaks.append(end...time.lowerBound) }
      end = max(end ?? time.upperBound, time.upperBound)
    }
    return breaks
  }

  fileprivate var reasonAfterwards: String {
    switch end {
    case "finished": "everything was copied; the next run looked for what came since"
    case "interrupted": "the run was interrupted"
    case "stoppedByProblems": "the run was stopped by problems"
    default: "the run ended without a word: it was killed, or lost a server for good"
    }
  }
}
