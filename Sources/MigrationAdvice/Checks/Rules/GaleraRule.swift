internal import StudentModuleHistory

/// A Galera node is in its cluster's primary component, and the operator knows that it is one.
struct GaleraRule: CheckRule {
  let name = "galera"
  let title = "no Galera cluster, or one that is in order"
  let why =
    "share locks hold on one node alone: writes that go to another node are not held back, and a node that is not in step"
    + " refuses statements"
  let reasonToSkipSQLite: String? = "SQLite has no cluster"

  func outcome(_ facts: CheckFacts) -> CheckOutcome {
    bothSides(facts) { side, server in
      guard server.isOn("wsrep_on"), let size = server.variable("wsrep_cluster_size").flatMap({ Int($0) }), size > 0
      else {
        return .pass("\(side.side.rawValue): no cluster")
      }
      let status = server.variable("wsrep_cluster_status") ?? "?"
      let state = server.variable("wsrep_local_state_comment") ?? "?"
      let seen = "\(side.side.rawValue): a cluster of \(size) nodes, \(status), this node \(state)"
      // https://galeracluster.com/library/documentation/monitoring-cluster.html
      guard status == "Primary", state == "Synced" else {
        return .fail(seen, remedy: Remedy(.waitForSynced))
      }
      return .warn(
        seen,
        remedy: Remedy(.oneNode))
    }
  }
}
