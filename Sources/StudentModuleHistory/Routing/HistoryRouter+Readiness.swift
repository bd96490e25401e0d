extension HistoryRouter {
  /// Where records are written with these flags.
  public var writtenSide: HistorySide { flags.extendedEnabled ? .extended : .original }

  /// The tables that writing and reading need with these flags. Deleting always reaches for both.
  public var neededSides: [HistorySide] {
    switch (flags.extendedEnabled, flags.readOnlyFromExtended) {
    case (false, _): [.original]
    case (true, false): [.original, .extended]
    case (true, true): [.extended]
    }
  }

  /// Asks the databases that the flags need, both at the same time.
  ///
  /// - Returns: the sides that cannot be read now; empty if everything is ready.
  public func unreadySides() async -> [HistorySide] {
    await withTaskGroup(of: (HistorySide, Bool).self) { group in
      for side in HistorySide.allCases { group.addTask { (side, await answers(side)) } }
      var unready: Set<HistorySide> = []
      for await (side, isReady) in group where !isReady { unready.insert(side) }
      return HistorySide.allCases.filter { unready.contains($0) }
    }
  }

  private func answers(_ side: HistorySide) async -> Bool {
    guard neededSides.contains(side) else { return true }
    // What is wrong is told where the database is used; here only whether it answers.
    return
      (try? await pool(side).withSession(isRepeatable: true) { session in
        try await session.ids(RowSelection(limit: 1))
      }) != nil
  }
}
