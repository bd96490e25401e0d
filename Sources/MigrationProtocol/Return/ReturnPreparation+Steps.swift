internal import MigrationBase
internal import MigrationJournal
internal import StudentModuleHistory

extension ReturnPreparation {
  /// What is to be done to the original database, in this order.
  struct Steps {
    let widening: Provisioner.Step
    let counter: Provisioner.Step
    let journal: Provisioner.Step
    let startingID: UInt64
    let extendedFirstFreeID: UInt64

    /// Whether the first journal is still to be told that the way back has begun.
    let begins: Bool

    var plan: Provisioner.Plan {
      Provisioner.Plan(
        steps: [widening, journal, counter], startingID: startingID, originalFirstFreeID: extendedFirstFreeID)
    }
  }

  func steps() async throws -> Steps {
    let situation = try await self.situation()
    try refuse(situation)
    let (wanted, isTooLarge) = situation.extended.firstFreeID.addingReportingOverflow(headroom)
    guard !isTooLarge, wanted <= UInt64(Int64.max) else {
      throw MigrationError.returnRefused(
        reason:
          "the native rows' ids reach up to \(situation.extended.firstFreeID), which no table of Open edX's can go on from",
        remedy: Remedy(.smallerHeadroomOption))
    }
    let isHighEnough = situation.original.nextID >= wanted
    let startingID = isHighEnough ? situation.original.nextID : wanted
    let journal = journal(situation, startingID: startingID)
    return Steps(
      widening: widening(situation, wanted), counter: counter(situation, wanted, isHighEnough: isHighEnough),
      journal: journal, startingID: startingID, extendedFirstFreeID: situation.extended.firstFreeID,
      begins: !journal.changes.isEmpty || !situation.isBegunLast)
  }

  private func step(
    _ title: String, _ changes: [SchemaChange], _ note: String, _ situation: Situation
  ) -> Provisioner.Step {
    Provisioner.Step(title: title, changes, note: note, in: schema, situation.inventory)
  }

  private func widening(_ situation: Situation, _ wanted: UInt64) -> Provisioner.Step {
    let largest = situation.original.largestPossibleID
    let fits = largest >= wanted
    return step(
      "ids of the original table", fits ? [] : [.widenIDs],
      fits
        ? "hold up to \(largest)"
        : "widened to 64 bits, as they hold \(largest) and \(wanted) is needed: the table is rebuilt", situation)
  }

  private func counter(_ situation: Situation, _ wanted: UInt64, isHighEnough: Bool) -> Provisioner.Step {
    step(
      "counter of the original table", isHighEnough ? [] : [.raiseCounter(to: wanted)],
      isHighEnough
        ? "its next row gets \(situation.original.nextID), above every native row and the headroom"
        : "raised from \(situation.original.nextID) to \(wanted): the extended table's next id"
          + " \(situation.extended.firstFreeID) and a headroom of \(headroom)", situation)
  }

  private func journal(_ situation: Situation, startingID: UInt64) -> Provisioner.Step {
    let title = "journal of the way back"
    let beginning = SchemaChange.beginJournal(
      JournalBeginning(
        identity: stop.environment.word(), version: Journal.version, csmhVersion: csmhVersion,
        phase: Phase.provisioned.rawValue, originalTable: situation.extended.name,
        extendedTable: situation.original.name, startingID: startingID, firstID: situation.firstID))
    guard let back = situation.back, back.isWhole else {
      return step(
        title, [.createJournal] + (situation.back?.lacking ?? []) + [beginning],
        "created in the original database, for ids from \(situation.firstID) on", situation)
    }
    guard situation.isBackBegun, !situation.isBackStale else {
      return step(
        title, [.emptyJournal(of: back.identity)] + back.lacking + [beginning],
        "begun anew, for ids from \(situation.firstID) on", situation)
    }
    let isCurrent = back.record.map { $0.startingID >= startingID } ?? false
    return step(
      title, (back.old?.upgrade ?? []) + (isCurrent ? [] : [.raiseStartingID(to: startingID)]),
      back.old.map { "brought from version \($0.version) to \(Journal.version)" } ?? "exists", situation)
  }
}
