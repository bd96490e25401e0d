import MigrationBase
import MigrationJournal
import MigrationProtocol
import StudentModuleHistory
import Synchronization

/// Tells what a supervisor does: a line an event, or an event of JSON a line.
final class SupervisionLog: Sendable {
  private let console: Console
  private let display: ProgressDisplay
  private let rest = Mutex<SupervisionDuty.Rest?>(nil)

  init(_ console: Console, _ display: ProgressDisplay) {
    self.console = console
    self.display = display
  }

  /// Whether there was nothing to do when it ended.
  var isAtRest: Bool { rest.withLock { $0 != nil } }

  func tell(_ event: Supervisor.Event) {
    if case .rests(let state) = event { rest.withLock { $0 = state } } else { rest.withLock { $0 = nil } }
    switch event {
    case .flags(let flags):
      let values = HistoryFlags.Name.allCases.map { "\($0.rawValue) is \(flags[$0] ? "on" : "off")" }
      line("flags", "\(values.joined(separator: ", ")): \(flags.meaning)")
    case .began(let step, let isPassBack, let meter):
      display.show(step == .provision ? nil : meter)
      let passBack = isPassBack ? "pass back: " : ""
      console.note("\(passBack)\(step.rawValue) ...")
      console.emit(SuperviseEvent(state: isPassBack ? "pass-back" : "migrating", detail: step.rawValue))
    case .waits(let why): Rendering.waits(why, console)
    case .provisioned(let plan):
      if plan.hasWork { Rendering.plan(plan, console) }
      console.emit(PlanDocument(plan))
    case .copied(let outcome):
      display.show(nil)
      if outcome.rowCount > 0 || outcome.end != .finished { Rendering.copy(outcome, console) }
      console.emit(CopyDocument(outcome))
    case .compared(let outcome):
      display.show(nil)
      Rendering.verification(outcome, console)
      console.emit(VerificationDocument(outcome))
    case .caughtUp(let step, let pass, let meter):
      display.show(step == .fence ? nil : meter)
      console.note("pass back, pass \(pass): \(step.rawValue) ...")
      console.emit(SuperviseEvent(state: "pass-back", detail: step.rawValue))
    case .fenced(let fence):
      line("fenced", "the fence stands at the id \(fence.largestID), taken at \(fence.takenAt) UTC")
    case .rests(let rest): line(rest.name, rest.sentence)
    case .verdict(let isVerified, let sentence):
      let verdict = isVerified ? "verified" : "not verified"
      line("verdict", "the pass back is \(verdict): \(sentence)", isVerified: isVerified)
    case .failed(let error, let retry):
      display.show(nil)
      let failure = Failure(error)
      console.fail(failure)
      console.note("trying again in \(Format.duration(retry)), or when the configuration changes")
    }
  }

  private func line(_ state: String, _ sentence: String, isVerified: Bool? = nil) {
    console.print(sentence)
    console.emit(SuperviseEvent(state: state, detail: sentence, isVerified: isVerified))
  }
}

extension SupervisionDuty.Rest {
  /// The state's name in JSON.
  fileprivate var name: String {
    switch self {
    case .notBegun: "not-begun"
    case .paused: "paused"
    case .migrated: "migrated"
    case .switched: "switched"
    }
  }
}

private struct SuperviseEvent: Encodable {
  let event = "supervise"
  let state: String
  let detail: String
  var isVerified: Bool?
}
