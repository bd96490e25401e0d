internal import StudentModuleHistory

/// The journal and the original database's record of what is drained agree.
struct RecordRule: CheckRule {
  let name = "record"
  let title = "neither database went back in time since rows were drained"
  let why = "copies of drained rows are all there is of them, and a journal that forgot it would take them for deleted"

  func outcome(_ facts: CheckFacts) -> CheckOutcome {
    facts.recordMismatch.outcome { mismatch in
      mismatch.map { .fail($0, remedy: Remedy(.reconcile)) }
        ?? .pass("the journal and the original database's record of what is drained agree")
    }
  }
}
