extension StorePair {
  /// The same stores, on which no question takes longer than that: for whoever only looks. Files need no limit.
  package func limitingStatements(to limit: Duration) -> StorePair {
    guard case .mySQL(var original, var extended) = self else { return self }
    (original.statementLimit, extended.statementLimit) = (limit, limit)
    return .mySQL(original: original, extended: extended)
  }
}
