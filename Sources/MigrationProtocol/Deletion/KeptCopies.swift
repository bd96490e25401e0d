package import StudentModuleHistory

/// Rows that only the target has and that stay, by what keeps them.
package struct KeptCopies: Sendable, Hashable {
  /// Why a row stays.
  package enum Reason: Sendable, Hashable, CaseIterable {
    /// The LMS deletes a student module together with its history: this row was removed by somebody else.
    case moduleStands
    /// The table of student modules is not there, may not be read, is empty, or ends below the row's student module.
    case modulesUnknown
    /// More would go than learners' resets explain (``DeletionLimits``).
    case tooMany
    /// It came after its range was copied, or may have: the LMS itself wrote it.
    case native
  }

  private var counts: [Reason: Int] = [:]

  package init() {}

  package mutating func add(_ count: Int, _ reason: Reason) {
    if count > 0 { counts[reason, default: 0] += count }
  }

  package mutating func add(_ other: KeptCopies) {
    for (reason, count) in other.counts { add(count, reason) }
  }

  package subscript(reason: Reason) -> Int { counts[reason] ?? 0 }

  package var count: Int { counts.values.reduce(0, +) }

  /// What keeps them, and the command that decides; nil if there are none.
  ///
  /// - Parameter target: the table in which they stand.
  package func sentence(in target: HistorySide) -> String? {
    guard count > 0 else { return nil }
    let parts = Reason.allCases.filter { self[$0] > 0 }.map { reason in
      let words =
        switch reason {
        case .moduleStands: "their student modules stand"
        case .modulesUnknown: "whether their student modules stand cannot be told"
        case .tooMany: "more would go than learners' resets explain"
        case .native: "the LMS wrote them itself, or may have"
        }
      return "\(self[reason]) as \(words)"
    }
    let command = target == .extended ? "csmh catch-up --remove-deleted" : "csmh return --remove-deleted"
    let isDecided = count > self[.native]
    return parts.joined(separator: ", ") + (isDecided ? "; \(command) removes what was copied" : "")
  }
}
