package import StudentModuleHistory

/// Which privileges a step takes, and on which side: the one place from which checks, refusals, GRANTs and documents come.
extension PrivilegedStep {
  /// What it needs of a side's database.
  package func needs(on side: HistorySide) -> Set<Privilege> {
    switch (self, side) {
    // Share locks ask for no more than SELECT.
    case (.provision, .original), (.copy, .original), (.offset, .original): [.select]
    case (.provision, .extended): [.select, .insert, .update, .create, .alter]
    case (.copy, .extended): [.select, .insert, .update]
    // It mends: a copy that was changed is removed, and made anew.
    case (.fence, .extended): [.select, .insert, .update, .delete]
    case (.fence, .original): [.select, .lockTables]
    case (.offset, .extended): [.select, .insert, .update, .alter]
    // The record of what is drained is made and written beside the rows that are removed.
    case (.drain, .original): [.select, .insert, .update, .delete, .create]
    // TRUNCATE asks for DROP; then AUTO_INCREMENT is raised to where it was.
    case (.truncate, .original): [.select, .insert, .update, .create, .alter, .drop, .lockTables]
    case (.reclaim, .original): [.select, .alter]
    // The journal, and locks of the copies.
    case (.drain, .extended), (.truncate, .extended), (.reclaim, .extended): [.select, .insert, .update]
    // The journal of the way back, the counter, and the end of deletions in hand; rows whose student module was deleted go from both tables.
    case (.bringBack, .original): [.select, .insert, .update, .delete, .create, .alter, .lockTables]
    case (.bringBack, .extended): [.select, .insert, .update, .delete, .lockTables]
    }
  }

  /// Whether it writes to the journal in a side's database, and not only to the history table.
  func usesJournal(on side: HistorySide) -> Bool { side == .extended || self == .bringBack }
}

/// The two directions of a migration, each with the privileges that it takes from its first step to its last.
extension Direction {
  package var steps: [PrivilegedStep] {
    switch self {
    case .there: PrivilegedStep.allCases.filter { $0 != .bringBack }
    case .back: [.bringBack]
    }
  }

  /// What the whole way needs of a side's database.
  package func privileges(on side: HistorySide) -> Set<Privilege> {
    steps.reduce(into: []) { $0.formUnion($1.needs(on: side)) }
  }
}
