/// Why a simulation did not come to its end.
package enum SimulationFailure: Error, Sendable, CustomStringConvertible {
  /// Nothing can run any more, nothing is waited for by the clock, and the body has not ended.
  case hangs(at: Duration, waiting: [String])

  /// More jobs were run, or more virtual time has passed, than a simulation may take.
  case doesNotEnd(at: Duration, stepCount: Int, waiting: [String])

  /// Jobs came from another thread: something has left the executor, and the run does not follow from its seed.
  case hasEscaped(jobCount: Int)

  package var description: String {
    switch self {
    case .hangs(let time, let waiting):
      "hangs at \(time.secondsText) s:\n" + waiting.joined(separator: "\n")
    case .doesNotEnd(let time, let stepCount, let waiting):
      "does not end: \(stepCount) steps and \(time.secondsText) s:\n" + waiting.joined(separator: "\n")
    case .hasEscaped(let jobCount):
      "\(jobCount) jobs came from another thread: a task without the simulation's executor is at work"
    }
  }
}
