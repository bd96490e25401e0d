internal import MigrationBase
internal import MigrationProtocol
internal import StudentModuleHistory

/// What happens in the tables is what the flags say.
struct FlagsRule: CheckRule {
  let name = "flags"
  let title = "the tables are written to as the flags say"
  let why =
    "a process that still has an old flag writes where nobody looks; a reader that was switched too early does not see all rows"

  /// A restart of all LMS processes takes a while.
  private static let restartSeconds = 300.0

  func outcome(_ facts: CheckFacts) -> CheckOutcome {
    guard let flags = facts.flags else {
      if let doubt = facts.configuration?.doubt { return unset(doubt, facts) }
      return .skipped(
        "the flags are not known: the installation was named by URLs", remedy: Remedy(.nameConfigurationForRule))
    }
    if flags.readOnlyFromExtended, !flags.extendedEnabled {
      return .fail(
        "READ_ONLY_FROM_CSMHE is on without ENABLE_CSMH_EXTENDED: a configuration error",
        remedy: Remedy(.setReadersBack))
    }
    return .all([writers(flags, facts)] + (flags.readOnlyFromExtended ? [readers(facts)] : []))
  }

  /// ENABLE_CSMH_EXTENDED is not set, and nothing tells what that means.
  private func unset(_ doubt: FlagDoubt, _ facts: CheckFacts) -> CheckOutcome {
    let hasNoTable = facts.extended.table.obstacle?.isAbsence == true
    return CheckOutcome(
      .warn,
      doubt.sentence
        + (hasNoTable
          ? "; there is no extended table: where it means on, every answer that a learner submits fails" : ""),
      remedy: doubt.remedies)
  }

  private func writers(_ flags: HistoryFlags, _ facts: CheckFacts) -> CheckOutcome {
    guard flags.extendedEnabled else { return .pass("ENABLE_CSMH_EXTENDED is off: \(flags.meaning)") }
    if facts.extended.table.obstacle?.isAbsence == true {
      return .fail(
        "ENABLE_CSMH_EXTENDED is on, and there is no extended table: every answer that a learner submits fails",
        remedy: Remedy(.provision))
    }
    return facts.activity.outcome { activity in
      let restart = Remedy(.restartThenMigrate)
      if activity.originalGrowth > 0 {
        return .fail(
          "ENABLE_CSMH_EXTENDED is on, but the original table grew by \(CheckText.rows(activity.originalGrowth)) while csmh"
            + " looked", remedy: restart)
      }
      guard let newest = activity.newestOriginalAge else { return .pass("the original table is empty") }
      if newest < Self.restartSeconds {
        return .fail(
          "ENABLE_CSMH_EXTENDED is on, but the newest original row was written \(Format.roughTime(max(0, newest))) ago",
          remedy: restart)
      }
      if let first = activity.oldestNativeAge, newest < first - Self.restartSeconds, !isBroughtOver(facts) {
        return .warn(
          "the newest original row was written \(Format.roughTime(first - newest)) after the first native one, and"
            + " \(Format.roughTime(newest)) ago", remedy: restart)
      }
      return .pass("\(flags.meaning); the newest original row is \(Format.roughTime(newest)) old")
    }
  }

  /// Whether whatever a process with the old flag has written is copied and compared: then nothing is left to do about it.
  private func isBroughtOver(_ facts: CheckFacts) -> Bool {
    facts.measurements.value.map { $0.isVerified && !$0.hasTail } ?? false
  }

  private func readers(_ facts: CheckFacts) -> CheckOutcome {
    return facts.measurements.outcome { measured in
      guard !measured.isVerified || measured.hasTail else { return .pass("everything is copied and compared") }
      guard measured.original.largestID != nil else { return .pass("the original table is empty") }
      return .fail(
        "READ_ONLY_FROM_CSMHE is on too early: "
          + (measured.isVerified
            ? "the original table has rows above the migration's bound"
            : "not every original row is copied and compared"),
        remedy: Remedy(.setReadersBack), Remedy(.migrate))
    }
  }
}
