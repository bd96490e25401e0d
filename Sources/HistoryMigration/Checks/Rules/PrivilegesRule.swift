internal import StudentModuleHistory

/// csmh's users hold what provisioning and copying need.
struct PrivilegesRule: CheckRule {
  let name = "privileges"
  let title = "csmh's users have the privileges that copying needs"
  let why = "a missing privilege would stop the migration in the middle"

  /// What provisioning needs beside what copying tries. Nobody can try these without changing something.
  private static let provisioning = ["CREATE", "ALTER", "INDEX"]

  func outcome(_ facts: CheckFacts) -> CheckOutcome {
    bothSides(facts) { side, server in
      switch side.missingPrivileges {
      case .unknown(let obstacle): .skipped("\(side.name): \(obstacle.reason)", remedy: obstacle.remedy)
      case .known(let missing) where !missing.isEmpty:
        .all(missing.map { CheckOutcome(.fail, $0.reason, remedy: $0.remedy.map { [$0] } ?? []) })
      case .known: provisioning(side, server, isSQLite: facts.isSQLite)
      }
    }
  }

  private func provisioning(_ side: CheckFacts.Side, _ server: CheckFacts.Server, isSQLite: Bool) -> CheckOutcome {
    let enough = "\(side.side.rawValue): everything that copying needs"
    guard side.side == .extended, !isSQLite else { return .pass(enough) }
    let missing = Self.provisioning.filter { !server.grants.holds($0, database: side.database) }
    guard !missing.isEmpty else { return .pass(enough) }
    let grant = "GRANT \(missing.joined(separator: ", ")) ON `\(side.database)`.* TO \(server.user);"
    // A role may hold them; SHOW GRANTS does not say.
    return .warn(
      "\(side.side.rawValue): SHOW GRANTS does not list \(missing.joined(separator: ", ")) on \(side.database), which"
        + " csmh provision needs" + (server.grants.hasRoles ? "; a role may hold them" : ""), remedy: grant)
  }
}
