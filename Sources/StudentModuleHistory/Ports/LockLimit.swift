/// How long what csmh holds locked may keep a learner's write waiting, whatever becomes of csmh, its machine, the network, or the other
/// server.
///
/// No program can promise that for a server that it cannot reach. So the server that holds the locks ends them by itself where it hears
/// nothing, and it is given most of the time; within the rest csmh has to be done with what it holds, or begin again with less.
package struct LockLimit: Sendable, Hashable {
  /// The whole of it.
  package let seconds: Int

  /// 5 seconds.
  package static let usual = LockLimit(seconds: 5)

  /// What the limit may be. Servers count whole seconds, and each part has at least one.
  package static let allowed = 2...3_600

  package init(seconds: Int) {
    self.seconds = min(max(seconds, Self.allowed.lowerBound), Self.allowed.upperBound)
  }

  /// For how many seconds a server waits, while it holds locks, until csmh says or takes something: then it ends the session.
  package var silenceSeconds: Int { max(1, seconds * 3 / 5) }

  /// For how many seconds a statement that holds locks waits for those of others.
  package var waitSeconds: Int { max(1, seconds * 2 / 5) }

  /// Within what time csmh is to be done with rows that it has locked. One row alone takes as long as it takes.
  package var work: Duration { .seconds(waitSeconds) }
}
