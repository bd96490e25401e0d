internal import MigrationJournal
package import StudentModuleHistory

/// Whether one of the flags may be changed now.
package struct FlagChange: Sendable, Hashable {
  /// The flag, and the value that it would get.
  package let flag: HistoryFlags.Name
  package let value: Bool

  /// Whether readers and writers lose nothing by it, as far as csmh can see.
  package let isSafe: Bool

  /// What the answer rests on.
  package let reason: String

  /// What readers would lose; nil for a change that is safe.
  package let loss: String?

  /// What makes the change safe; nil if it is.
  package let remedy: Remedy?

  static func safe(_ flag: HistoryFlags.Name, _ value: Bool, _ reason: String) -> FlagChange {
    FlagChange(flag: flag, value: value, isSafe: true, reason: reason, loss: nil, remedy: nil)
  }

  static func unsafe(
    _ flag: HistoryFlags.Name, _ value: Bool, _ reason: String, loss: String?, remedy: Remedy?
  ) -> FlagChange {
    FlagChange(flag: flag, value: value, isSafe: false, reason: reason, loss: loss, remedy: remedy)
  }
}

/// Which changes of the flags are safe, worked out of what is known. No I/O.
package struct FlagAdvice: Sendable, Hashable {
  package let facts: InstallationFacts

  package init(_ facts: InstallationFacts) {
    self.facts = facts
  }

  /// The one change that each flag can make; both settings of one that is in doubt.
  package var changes: [FlagChange] {
    let first = facts.doubt == nil ? [] : [change(of: .extendedEnabled, to: false)]
    return first + HistoryFlags.Name.allCases.map { change(of: $0, to: !facts.flags[$0]) }
  }

  /// What is wrong with the flags as they are: a switch that was made too early, or a flag of which nobody knows what it is.
  package var warnings: [String] {
    if let doubt = facts.doubt {
      let failing =
        facts.hasExtendedTable ? [] : ["there is no extended table: where the flag is on, every answer fails"]
      return [doubt.sentence] + failing
    }
    return tableWarnings + readerWarnings
  }

  private var tableWarnings: [String] {
    guard facts.flags.extendedEnabled, !facts.hasExtendedTable else { return [] }
    return [
      "ENABLE_CSMH_EXTENDED is on, and there is no extended table: every answer that a learner submits fails. csmh provision makes it"
    ]
  }

  private var readerWarnings: [String] {
    guard facts.flags.readOnlyFromExtended else { return [] }
    if !facts.flags.extendedEnabled { return [facts.flags.meaning] }
    // As if it were still off: would it be safe to turn it on?
    let change = change(of: .readOnlyFromExtended, to: true)
    guard !change.isSafe else { return [] }
    return ["READ_ONLY_FROM_CSMHE is on too early: \(change.reason)" + (change.loss.map { "; \($0)" } ?? "")]
  }

  /// Whether `flag` may get `value`. A flag that has the value already may keep it.
  package func change(of flag: HistoryFlags.Name, to value: Bool) -> FlagChange {
    switch (flag, value) {
    case (.extendedEnabled, true): turnOnExtended
    case (.extendedEnabled, false): facts.doubt == nil ? turnOffExtended : stateOff
    case (.readOnlyFromExtended, true): turnOnReadOnly
    case (.readOnlyFromExtended, false):
      .safe(flag, value, "readers take both tables again, and miss nothing that they see now")
    }
  }

  /// For how many seconds at least the original table must have ids of its own while the LMS is restarted.
  static let shortestGap = 900.0

  private var turnOnExtended: FlagChange {
    guard facts.hasExtendedTable else {
      return .unsafe(
        .extendedEnabled, true, "there is no extended table: every answer that a learner submits would fail",
        loss: nil, remedy: Remedy(.provision))
    }
    guard let startingID = facts.startingID, startingID.isSafe else {
      return .unsafe(
        .extendedEnabled, true, facts.startingID?.sentence ?? "the starting id is not known",
        loss: "native rows and copied rows would get the same ids, and stand in each other's way",
        remedy: facts.startingID?.remedy ?? Remedy(.provision))
    }
    if let seconds = startingID.gapSeconds, seconds < Self.shortestGap {
      return .unsafe(
        .extendedEnabled, true,
        "the original table has \(startingID.gap) ids left below the next native one, and uses them up in \(Int(seconds)) s",
        loss: "processes that still write there while the LMS is restarted would take the ids of native rows",
        remedy: Remedy(.repairStartingID))
    }
    return .safe(
      .extendedEnabled, true,
      "the extended table exists, and the next native row gets the id \(startingID.extendedNextID), above all original ids"
    )
  }

  private var turnOffExtended: FlagChange {
    if facts.flags.readOnlyFromExtended {
      return .unsafe(
        .extendedEnabled, false, "READ_ONLY_FROM_CSMHE is on, and without this flag it is a configuration error",
        loss: "readers would see neither table", remedy: Remedy(.turnOffReadersFirst))
    }
    guard !facts.isDrained else {
      return .unsafe(
        .extendedEnabled, false, "rows of the original table were drained: they stand in the extended table alone",
        loss: "readers would see neither them nor the records that the LMS wrote since",
        remedy: Remedy(.returnEverything))
    }
    guard !facts.hasNativeRows else {
      return .unsafe(
        .extendedEnabled, false, "the extended table holds records that the LMS wrote itself",
        loss: "readers would not see them any more, and new records would go to the original table again",
        remedy: Remedy(.returnEverything))
    }
    return .safe(.extendedEnabled, false, "the extended table holds no record that the original one does not have")
  }

  /// Off, where nobody knows whether it is off already: what loses rows in the one case changes nothing in the other.
  private var stateOff: FlagChange {
    let change = turnOffExtended
    guard let remedy = change.remedy else { return change }
    return .unsafe(
      change.flag, change.value, change.reason, loss: change.loss,
      remedy: Remedy(.sayFlagDefaultOr, remedy))
  }

  private var turnOnReadOnly: FlagChange {
    func unsafe(_ reason: String, _ remedy: Remedy?) -> FlagChange {
      .unsafe(.readOnlyFromExtended, true, reason, loss: missing, remedy: remedy)
    }
    if let doubt = facts.doubt {
      return unsafe(
        "whether new records go to the extended table is not known: ENABLE_CSMH_EXTENDED is not set",
        .joined(doubt.remedies, by: "; "))
    }
    guard facts.flags.extendedEnabled else {
      return unsafe(
        "ENABLE_CSMH_EXTENDED is off: new records still go to the original table", Remedy(.turnOnWritersFirst))
    }
    guard let phase = facts.phase else { return unsafe("nothing was migrated", Remedy(.migrate)) }
    guard phase.isVerified else {
      return unsafe(
        "the migration's phase is \(phase.rawValue): not every row was copied and compared", Remedy(.migrate))
    }
    guard facts.originalRowsBeyond == 0 else {
      return unsafe(
        "the original table has rows above the id \(facts.upperBound.map { String($0) } ?? "0"), where the migration ended",
        Remedy(.migrate))
    }
    // Not a thing for catch-up: the copies under these ids are other rows.
    guard !facts.hasRowsUnderDrainedIDs else {
      return unsafe(
        "a process has written to the original table under ids that were drained: it runs with ENABLE_CSMH_EXTENDED off",
        Remedy(.restartThenMoveRows))
    }
    guard facts.isProven || !facts.hasFence else {
      return unsafe("not every range was compared behind the fence", Remedy(.catchUp))
    }
    guard facts.hasFence else {
      return unsafe("there is no fence: a transaction may still be writing to the original table", Remedy(.catchUp))
    }
    guard facts.fenceHolds else {
      return unsafe(
        "the original table has handed out ids behind the fence: a process still runs with ENABLE_CSMH_EXTENDED off",
        Remedy(.restartThenCatchUp))
    }
    return .safe(
      .readOnlyFromExtended, true,
      "all original rows stand in the extended table and compared equal, and nobody has written to the original table since the"
        + " fence. A process that has been idle all the while with ENABLE_CSMH_EXTENDED off cannot be seen: restart all of them first"
    )
  }

  /// What readers of the extended table alone would miss.
  private var missing: String? {
    facts.uncopiedRows == 0
      ? nil : "about \(facts.uncopiedRows) records of the original table would not be seen by readers"
  }
}
