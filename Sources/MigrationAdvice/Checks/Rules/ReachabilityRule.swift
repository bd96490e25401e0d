internal import StudentModuleHistory

/// Both servers answer and take the login.
struct ReachabilityRule: CheckRule {
  let name = "reachability"
  let title = "both databases answer"
  let why = "nothing can be measured, copied or compared without both"

  func outcome(_ facts: CheckFacts) -> CheckOutcome {
    .all(
      facts.sides.map { side in
        switch side.server {
        case .known(let server): .pass("\(side.side.rawValue): \(server.summary) at \(side.location)")
        case .unknown(let obstacle):
          CheckOutcome(.fail, obstacle.reason, remedy: obstacle.remedy.map { [$0] } ?? [])
        }
      })
  }
}
