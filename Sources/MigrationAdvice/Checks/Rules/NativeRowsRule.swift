internal import MigrationBase
internal import StudentModuleHistory

/// Native rows are where the flags let the LMS write.
struct NativeRowsRule: CheckRule {
  let name = "native-rows"
  let title = "native rows are there only if the flag lets the LMS write them"
  let why =
    "rows that the LMS writes to the extended table with ENABLE_CSMH_EXTENDED off are second copies, with other ids, of rows of"
    + " the original table"

  func outcome(_ facts: CheckFacts) -> CheckOutcome {
    outcome(ofTableOn: facts.extended) { _, _ in
      facts.activity.outcome { activity in
        guard activity.nativeRowCount > 0 else { return .pass("no native rows") }
        let isBounded = activity.nativeRowCount >= WriteActivity.nativeRowLimit
        let seen =
          "\(isBounded ? "at least " : "")\(CheckText.rows(activity.nativeRowCount))"
          + (activity.newestNativeAge.map { ", the newest \(Format.roughTime(max(0, $0))) old" } ?? "")
        guard let flags = facts.flags, !flags.extendedEnabled else { return .pass(seen) }
        return .warn(
          "\(seen), but ENABLE_CSMH_EXTENDED is off",
          remedy: Remedy(.leaveNativeRowsToFlags))
      }
    }
  }
}
