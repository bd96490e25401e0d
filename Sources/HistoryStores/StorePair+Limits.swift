package import StudentModuleHistory

extension StorePair {
  /// The same stores, on which no question takes longer than that: for whoever only looks. Files need no limit.
  package func limitingStatements(to limit: Duration) -> StorePair {
    guard case .mySQL(var original, var extended) = self else { return self }
    (original.statementLimit, extended.statementLimit) = (limit, limit)
    return .mySQL(original: original, extended: extended)
  }

  /// The same stores, whose sessions keep nobody waiting for longer than that by what they hold locked. In files a writer waits for
  /// another one by himself.
  package func limitingLocks(to limit: LockLimit) -> StorePair {
    guard case .mySQL(var original, var extended) = self else { return self }
    (original.lockLimit, extended.lockLimit) = (limit, limit)
    return .mySQL(original: original, extended: extended)
  }
}
