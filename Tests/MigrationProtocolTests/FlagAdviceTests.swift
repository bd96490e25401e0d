import MigrationJournal
import MigrationProtocol
import StudentModuleHistory
import Testing

/// Which change of the flags is called safe: never one that loses what readers see.
@Suite struct FlagAdviceTests {
  private static let off = HistoryFlags.off
  private static let extended = HistoryFlags(extendedEnabled: true, readOnlyFromExtended: false)
  private static let both = HistoryFlags(extendedEnabled: true, readOnlyFromExtended: true)

  private static func facts(
    _ flags: HistoryFlags, phase: Phase? = .verified, beyond: UInt64 = 0, uncopied: UInt64 = 0, hasTable: Bool = true,
    nextNativeID: UInt64 = 20_000, fenceHolds: Bool = true, hasNativeRows: Bool = false
  ) -> InstallationFacts {
    InstallationFacts(
      flags: flags, hasExtendedTable: hasTable,
      startingID: hasTable
        ? StartingIDReport(
          originalLargestID: 9_999, originalNextID: 10_000, extendedNextID: nextNativeID, lowNativeRowCount: 0,
          idsPerSecond: nil) : nil,
      phase: phase, upperBound: phase == nil ? nil : 9_999, originalRowsBeyond: beyond, uncopiedRows: uncopied,
      isProven: true, hasFence: true, fenceHolds: fenceHolds,
      hasNativeRows: hasNativeRows)
  }

  @Test("ENABLE_CSMH_EXTENDED is safe only with an extended table whose next id lies above the original ones")
  func turnOnExtended() {
    let safe = FlagAdvice(Self.facts(Self.off, phase: nil)).change(of: .extendedEnabled, to: true)
    #expect(safe.isSafe && safe.loss == nil)
    let noTable = FlagAdvice(Self.facts(Self.off, phase: nil, hasTable: false))
    #expect(!noTable.change(of: .extendedEnabled, to: true).isSafe)
    #expect(noTable.change(of: .extendedEnabled, to: true).remedy?.description == "csmh provision")
    let tooLow = FlagAdvice(Self.facts(Self.off, phase: nil, nextNativeID: 10_000))
    #expect(!tooLow.change(of: .extendedEnabled, to: true).isSafe)
  }

  @Test("ENABLE_CSMH_EXTENDED is not turned off where readers would lose native rows, or with READ_ONLY_FROM_CSMHE on")
  func turnOffExtended() {
    #expect(FlagAdvice(Self.facts(Self.extended)).change(of: .extendedEnabled, to: false).isSafe)
    let native = FlagAdvice(Self.facts(Self.extended, hasNativeRows: true)).change(of: .extendedEnabled, to: false)
    #expect(!native.isSafe && native.loss != nil)
    #expect(!FlagAdvice(Self.facts(Self.both)).change(of: .extendedEnabled, to: false).isSafe)
  }

  @Test(
    "READ_ONLY_FROM_CSMHE is safe only with the first flag on, everything compared equal, and no row since",
    arguments: [
      (FlagAdviceTests.extended, .verified, 0, true), (FlagAdviceTests.off, .verified, 0, false),
      (FlagAdviceTests.extended, nil, 0, false), (FlagAdviceTests.extended, .provisioned, 0, false),
      (FlagAdviceTests.extended, .copying, 0, false), (FlagAdviceTests.extended, .copied, 0, false),
      (FlagAdviceTests.extended, .verified, 1, false),
    ] as [(HistoryFlags, Phase?, UInt64, Bool)])
  func turnOnReadOnly(flags: HistoryFlags, phase: Phase?, beyond: UInt64, isSafe: Bool) {
    let advice = FlagAdvice(Self.facts(flags, phase: phase, beyond: beyond, uncopied: 7))
    let change = advice.change(of: .readOnlyFromExtended, to: true)
    #expect(change.isSafe == isSafe)
    #expect((change.loss == "about 7 records of the original table would not be seen by readers") == !isSafe)
    #expect((change.remedy == nil) == isSafe)
  }

  @Test("without a fence, or behind one that does not hold, READ_ONLY_FROM_CSMHE is not safe, and on it is too early")
  func fence() {
    for (hasFence, holds) in [(false, false), (true, false)] {
      for flags in [Self.extended, Self.both] {
        var facts = Self.facts(flags)
        (facts.hasFence, facts.fenceHolds) = (hasFence, holds)
        #expect(!FlagAdvice(facts).change(of: .readOnlyFromExtended, to: true).isSafe)
        #expect(FlagAdvice(facts).warnings.count == (flags == Self.both ? 1 : 0))
      }
    }
  }

  @Test("rows under ids that were drained are nothing that catch-up could mend: they have to be moved away")
  func rowsUnderDrainedIDs() {
    var facts = Self.facts(Self.both, fenceHolds: false)
    #expect(FlagAdvice(facts).change(of: .readOnlyFromExtended, to: true).remedy?.names == [.restartThenCatchUp])
    facts.hasRowsUnderDrainedIDs = true
    #expect(FlagAdvice(facts).change(of: .readOnlyFromExtended, to: true).remedy?.names == [.restartThenMoveRows])
    #expect(
      DrainPermission(facts)
        == .refused(
          reason: FlagAdvice(facts).change(of: .readOnlyFromExtended, to: true).reason,
          remedy: Remedy(.restartThenMoveRows)))
  }

  @Test("ranges that were not compared behind the fence make the switch unsafe, whatever the phase says")
  func unproven() {
    var facts = Self.facts(Self.extended)
    facts.isProven = false
    #expect(!FlagAdvice(facts).change(of: .readOnlyFromExtended, to: true).isSafe)
  }

  @Test("READ_ONLY_FROM_CSMHE can always be turned off")
  func turnOffReadOnly() {
    for phase in Phase.allCases {
      #expect(FlagAdvice(Self.facts(Self.both, phase: phase)).change(of: .readOnlyFromExtended, to: false).isSafe)
    }
  }

  @Test("a switch that was made too early is told, and one that was made in time is not")
  func warnings() {
    #expect(FlagAdvice(Self.facts(Self.both)).warnings.isEmpty)
    #expect(FlagAdvice(Self.facts(Self.extended, phase: .copying)).warnings.isEmpty)
    #expect(FlagAdvice(Self.facts(Self.both, phase: .copying, uncopied: 5)).warnings.count == 1)
    #expect(FlagAdvice(Self.facts(Self.both, beyond: 2)).warnings.count == 1)
    let contradiction = HistoryFlags(extendedEnabled: false, readOnlyFromExtended: true)
    #expect(FlagAdvice(Self.facts(contradiction)).warnings == [contradiction.meaning])
  }
}
