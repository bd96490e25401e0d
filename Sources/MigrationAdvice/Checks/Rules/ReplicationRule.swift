internal import MigrationBase
internal import StudentModuleHistory

/// Both servers are primaries.
struct ReplicationRule: CheckRule {
  let name = "replication"
  let title = "both servers are primaries, and replicas keep up"
  let why =
    "only a primary can hold back deletes while their rows are copied, and only a primary takes writes; a replica that lags"
    + " shows readers an old history"
  let reasonToSkipSQLite: String? = "SQLite has no replicas"

  func outcome(_ facts: CheckFacts) -> CheckOutcome {
    bothSides(facts) { side, server in
      // Newer MariaDB versions know more values than ON: https://mariadb.com/kb/en/read-only/
      let isReadOnly = ["read_only", "super_read_only"].contains {
        !["OFF", "0"].contains(server.variable($0) ?? "OFF")
      }
      guard !isReadOnly else {
        return .fail(
          "\(side.side.rawValue): the server is read_only, as replicas are",
          remedy: Remedy(.namePrimary, side.location))
      }
      return .all([following(side, server), followed(side, server)])
    }
  }

  private func following(_ side: CheckFacts.Side, _ server: CheckFacts.Server) -> CheckOutcome {
    server.replication.outcome { sources in
      guard !sources.isEmpty else { return .pass("\(side.side.rawValue): no replica of another server") }
      let described = sources.map { source in
        "it follows \(source.host), \(source.isRunning ? "" : "stopped, ")lag "
          + (source.lagSeconds.map { Format.roughTime(Double($0)) } ?? "unknown")
      }
      return .warn(
        "\(side.side.rawValue): \(described.joined(separator: "; ")), and it takes writes",
        remedy: Remedy(.namePrimaryIfReplica))
    }
  }

  private func followed(_ side: CheckFacts.Side, _ server: CheckFacts.Server) -> CheckOutcome {
    server.replicaCount.outcome { count in
      guard count > 0 else { return .pass("\(side.side.rawValue): no replica reads its log") }
      let seen = "\(side.side.rawValue): \(count) replica\(count == 1 ? "" : "s") read its log"
      // The copy writes to the extended server alone. A primary does not know its replicas' lag.
      guard side.side == .extended else { return .pass(seen) }
      return .warn(
        "\(seen); their lag is not visible from here, and csmh does not slow down for it",
        remedy: Remedy(.watchReplicas, server.isMariaDB ? "SHOW ALL SLAVES STATUS" : "SHOW REPLICA STATUS"),
        Remedy(.slowDownForReplicas))
    }
  }
}
