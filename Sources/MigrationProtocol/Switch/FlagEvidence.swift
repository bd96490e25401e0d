internal import MigrationBase

/// What the two tables say of an ENABLE_CSMH_EXTENDED that the LMS configuration does not set: which of them is written to. No I/O.
///
/// That native rows stand in the extended table says nothing: where its application is installed, an LMS with the flag off writes
/// every record to both tables. Only which table gets rows, and whether both get the same ones, tells the two apart.
package struct FlagEvidence: Sendable, Hashable {
  /// From when on rows count as new.
  package enum Period: Sendable, Hashable {
    /// Since the journal noted both counters down, in the extended database's UTC.
    case sinceNoted(String)
    /// While csmh looked, for so many seconds at most.
    case watched(seconds: Double)
  }

  package enum Verdict: Sendable, Hashable {
    case on, off
    /// Nothing tells.
    case none
  }

  package var period: Period
  package var hasExtendedTable: Bool

  /// Whether the tables got rows of the LMS's own in this time.
  package var originalGrew: Bool
  package var extendedGrew: Bool

  /// Where both grew: whether the newest native rows stand in the original table, too, under other ids.
  package var isWrittenTwice: Bool

  package init(
    _ period: Period, hasExtendedTable: Bool = true, originalGrew: Bool, extendedGrew: Bool,
    isWrittenTwice: Bool = false
  ) {
    self.period = period
    self.hasExtendedTable = hasExtendedTable
    self.originalGrew = originalGrew
    self.extendedGrew = extendedGrew
    self.isWrittenTwice = isWrittenTwice
  }

  package var verdict: Verdict {
    switch (originalGrew, extendedGrew) {
    case (false, true): .on
    case (true, false): .off
    // With the flag on, nobody writes to the original table.
    case (true, true): isWrittenTwice ? .off : .none
    case (false, false): .none
    }
  }

  /// What was seen, as a clause that follows `as` or `and`.
  package var sentence: String {
    let time =
      switch period {
      case .sinceNoted(let time): "since \(time.prefix(19)) UTC"
      case .watched(let seconds):
        // It ends as soon as something tells.
        verdict == .none ? "while csmh looked for \(Format.roughTime(seconds))" : "while csmh looked"
      }
    switch (originalGrew, extendedGrew) {
    case (false, true): return "the extended table got rows \(time), and the original one none"
    case (true, false):
      return "the original table got rows \(time)"
        + (hasExtendedTable ? ", and the extended one none" : ", and there is no extended table")
    case (true, true):
      return isWrittenTwice
        ? "both tables got the same records \(time), as they do with the flag off and the application installed"
        : "both tables got rows \(time), and not the same ones: processes with different flags may be running"
    case (false, false):
      return hasExtendedTable
        ? "neither table got a row \(time)" : "the original table got no row \(time), and there is no extended one"
    }
  }
}
