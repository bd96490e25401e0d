/// How long a server may wait for a session, and a session for others, while it holds locks; in whole seconds.
package struct LockTimes: Sendable, Hashable {
  /// For how long the server waits, in a transaction or in the middle of a statement, for the client to say or to take something.
  package let silence: Int

  /// For how long a statement waits for the row locks of others.
  package let wait: Int

  package init(silence: Int, wait: Int) {
    self.silence = silence
    self.wait = wait
  }
}

extension ServerInformation {
  /// Whether the server itself ends a transaction whose client is silent (`idle_transaction_timeout`); else the whole session has to be
  /// one that is not kept for long, as long as a transaction is open.
  package var endsIdleTransactions: Bool { family == .mariaDB && version >= 100_300 }
}
