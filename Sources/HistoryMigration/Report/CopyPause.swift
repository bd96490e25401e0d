internal import StudentModuleHistory

/// A time in which nothing was copied.
struct CopyPause: Hashable {
  /// The ends, in seconds since 1970.
  let time: ClosedRange<Double>
  let reason: String

  /// How long nothing has to happen before it is a pause where nobody stopped anything.
  static let shortestSeconds = 60.0

  /// The pauses in the order of time: between two runs, if the first one left work behind or the second came more than a minute later;
  /// and inside a run, if no range was worked on for more than a minute.
  ///
  /// - Parameter busy: when ranges were copied.
  static func pauses(of runs: [CopyRun], busy: BusyTime) -> [CopyPause] {
    let spans = runs.compactMap { run in run.span(busy, runs).map { (run: run, time: $0) } }
      .sorted { $0.time.lowerBound < $1.time.lowerBound }
    var pauses: [CopyPause] = []
    var last: (run: CopyRun, time: ClosedRange<Double>)?
    for span in spans {
      if let before = last, span.time.lowerBound > before.time.upperBound {
        let pause = before.time.upperBound...span.time.lowerBound
        if before.run.end != "finished" || pause.length >= shortestSeconds {
          pauses.append(CopyPause(time: pause, reason: before.run.reasonAfterwards))
        }
      }
      if last.map({ $0.time.upperBound < span.time.upperBound }) ?? true { last = span }
    }
    let stalls = busy.pauses.filter { stall in
      spans.contains { $0.time.lowerBound <= stall.lowerBound && stall.upperBound <= $0.time.upperBound }
    }
    pauses += stalls.map { CopyPause(time: $0, reason: "a copy was running, but no range was finished") }
    return pauses.sorted { $0.time.lowerBound < $1.time.lowerBound }
  }
}

extension CopyRun {
  /// From its start to its end; for a run without an end, to the last range that was copied before another run began.
  fileprivate func span(_ busy: BusyTime, _ runs: [CopyRun]) -> ClosedRange<Double>? {
    guard let start = JournalTime.seconds(startedAt) else { return nil }
    if let end = endedAt.flatMap({ JournalTime.seconds($0) }) { return start...max(start, end) }
    let next = runs.compactMap { JournalTime.seconds($0.startedAt) }.filter { $0 > start }.min() ?? .infinity
    let last = busy.intervals.last { $0.lowerBound < next }.map { min($0.upperBound, next) } ?? start
    return start...max(start, last)
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
