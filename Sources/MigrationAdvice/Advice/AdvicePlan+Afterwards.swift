internal import MigrationProtocol
internal import StudentModuleHistory

/// What follows a migration, and the way back.
extension AdvicePlan {
  var drain: AdviceStep {
    let isBegun = measurements.progress?.isDrainBegun ?? false
    // A devstack's steps end before the rows are brought over and the readers move.
    let before = option == .devstack && !isBegun ? [command("migrate"), command("catch-up")] + readOnlyCommands : []
    return AdviceStep(
      isBegun
        ? "Go on emptying the original table" : "Read only the extended table, and empty the original one",
      why:
        "one lookup for a history, and the original table's room is free again. It is refused unless both flags are on, the fence holds"
        + " and every row compares equal; rows come back by csmh return alone",
      commands: before + [command("drain --yes"), command("recheck")],
      byHand: option == .devstack && terms.flagPlace != .lmsConfiguration && !isBegun
        ? ["before the drain, set READ_ONLY_FROM_CSMHE=true, and \(Self.restart)"] : [])
  }

  private var readOnlyCommands: [String] {
    terms.flagPlace == .lmsConfiguration ? [command("flags --set READ_ONLY_FROM_CSMHE=true")] : []
  }

  var recheck: AdviceStep {
    AdviceStep(
      "Compare the extended table with the manifest, now and then",
      why: "the original table is empty: the manifest says what the copies have to be", commands: [command("recheck")])
  }

  var goBack: AdviceStep {
    AdviceStep(
      "Go back to the original table", why: "for a site that gives the extended table up: native rows come along",
      commands: [command("return --print-plan"), command("return")] + flagsOffCommands + [lastReturn],
      byHand: [flagsOffByHand])
  }

  /// What is left of a way back that was begun.
  func backSteps(_ wayBack: WayBack) -> [AdviceStep] {
    let flagsAreOff = measurements.flags.map { !$0.extendedEnabled } ?? false
    let hasEnded = !wayBack.isUnderWay
    return [
      AdviceStep(
        "Bring the bulk back to the original table", why: "while the LMS still writes to the extended one",
        commands: [command("return")], isDone: hasEnded || flagsAreOff || wayBack.stage == .bulkIsBack),
      AdviceStep(
        "Turn both flags off",
        why: "the LMS then writes to the original table again; until the next step has ended, readers miss"
          + " what it wrote to the extended one since", commands: flagsOffCommands, byHand: [flagsOffByHand],
        isDone: hasEnded || flagsAreOff),
      AdviceStep(
        "Bring back what came since, at once",
        why: "behind a fence on the extended table; everything is compared once more",
        commands: [lastReturn], isDone: hasEnded),
    ]
  }

  var keepExtended: AdviceStep {
    AdviceStep(
      "Leave the extended table as it is, or keep a dump of it", why: "nothing is removed from it, and nobody uses it")
  }

  var comeForthAgain: AdviceStep {
    AdviceStep(
      "Come forth again", why: "rows that stand in both tables are adopted",
      commands: [command("provision"), command("migrate")])
  }

  private var lastReturn: String { command("return" + (terms.flagPlace == .elsewhere ? " --writes-moved" : "")) }

  private var flagsOffCommands: [String] {
    guard terms.flagPlace == .lmsConfiguration else { return [] }
    return ["READ_ONLY_FROM_CSMHE=false", "ENABLE_CSMH_EXTENDED=false --force"].map { command("flags --set \($0)") }
  }

  private var flagsOffByHand: String {
    terms.flagPlace == .lmsConfiguration
      ? "\(Self.restart) right after the flags were turned off"
      : "before the last command, turn READ_ONLY_FROM_CSMHE and ENABLE_CSMH_EXTENDED off in the LMS configuration of every host,"
        + " and \(Self.restart)"
  }
}
