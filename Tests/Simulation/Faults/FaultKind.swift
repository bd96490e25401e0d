/// What goes wrong in a simulation.
package enum FaultKind: Int, Sendable, Hashable, CaseIterable {
  /// A connection is lost before its statement reached the server.
  case lossBeforeEffect
  /// A connection is lost after its statement took effect: the answer does not arrive.
  case lossAfterEffect
  /// The server does not take a new connection: it is not there, or has too many.
  case refusedConnection
  /// A statement in a transaction is given up, and the transaction rolled back, as in a deadlock.
  case givenUp
  /// A statement takes so long that leases run out meanwhile.
  case stall
  /// A server dies, and is away for a while.
  case outage
  /// A server dies and forgets what was committed last.
  case forgetfulOutage
  /// A process dies between two statements, or while one is on its way.
  case crash
  /// A process dies at a place that is named for it.
  case crashAtPoint
  /// A streamed result ends before its last row, as if it were complete.
  case cutResult
  /// A process stands still, with its connections open, as on a machine that is moved to another host: others may take over what it has
  /// in its hands, and then it goes on.
  case freeze
  /// A server ends a session that is silent in a transaction, which its process finds out only when it speaks to it again: the locks are
  /// gone while the other server goes on.
  case silence
}
