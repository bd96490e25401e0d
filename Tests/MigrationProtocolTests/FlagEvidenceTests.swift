import MigrationJournal
import MigrationProtocol
import StudentModuleHistory
import Testing

/// What the tables tell of an ENABLE_CSMH_EXTENDED that is not set.
@Suite struct FlagEvidenceTests {
  @Test(
    "only a table that gets rows tells anything, and rows that come to both tell only if they are the same",
    arguments: [
      (false, false, false, .none), (false, true, false, .on), (true, false, false, .off), (true, true, true, .off),
      (true, true, false, .none),
    ] as [(Bool, Bool, Bool, FlagEvidence.Verdict)])
  func verdicts(original: Bool, extended: Bool, twice: Bool, verdict: FlagEvidence.Verdict) {
    for period in [FlagEvidence.Period.sinceNoted("2026-11-28 02:00:00.000000"), .watched(seconds: 5)] {
      let evidence = FlagEvidence(period, originalGrew: original, extendedGrew: extended, isWrittenTwice: twice)
      #expect(evidence.verdict == verdict)
      let time =
        if case .watched = period { verdict == .none ? "while csmh looked for 5 s" : "while csmh looked" } else {
          "since 2026-11-28 02:00:00 UTC"
        }
      #expect(evidence.sentence.contains(time), "\(evidence.sentence)")
    }
  }

  private static func facts(hasTable: Bool = true, hasNativeRows: Bool = true) -> InstallationFacts {
    var facts = InstallationFacts(
      flags: .off, hasExtendedTable: hasTable,
      startingID: hasTable
        ? StartingIDReport(
          originalLargestID: 9, originalNextID: 10, extendedNextID: 20_000, lowNativeRowCount: 0, idsPerSecond: nil)
        : nil,
      phase: .verified, upperBound: 9, originalRowsBeyond: 0, uncopiedRows: 0, isProven: true, hasFence: true,
      fenceHolds: true, hasNativeRows: hasNativeRows)
    facts.doubt = FlagDoubt(
      file: "lms.yml", evidence: FlagEvidence(.watched(seconds: 5), originalGrew: false, extendedGrew: false),
      command: "csmh flags --lms-config lms.yml")
    return facts
  }

  @Test("a doubt is a warning, both values of the flag are judged, and the second flag is not safe")
  func doubt() {
    let advice = FlagAdvice(Self.facts())
    #expect(advice.warnings.count == 1 && advice.warnings[0].contains("does not set ENABLE_CSMH_EXTENDED"))
    #expect(advice.changes.map(\.value) == [false, true, true])
    #expect(advice.change(of: .extendedEnabled, to: true).isSafe, "on is safe from either state")
    let off = advice.change(of: .extendedEnabled, to: false)
    #expect(
      !off.isSafe && off.remedy?.description.contains("--flag-defaults off") == true, "native rows may be the LMS's own"
    )
    #expect(FlagAdvice(Self.facts(hasNativeRows: false)).change(of: .extendedEnabled, to: false).isSafe)
    let readOnly = advice.change(of: .readOnlyFromExtended, to: true)
    #expect(!readOnly.isSafe && readOnly.remedy?.description.contains("--flag-defaults on") == true)
    #expect(advice.change(of: .readOnlyFromExtended, to: false).isSafe)
    #expect(FlagAdvice(Self.facts(hasTable: false)).warnings.count == 2, "without a table answers may fail now")
  }

  @Test("a flag that is on without an extended table is a warning")
  func noTable() {
    var facts = Self.facts(hasTable: false)
    facts.doubt = nil
    #expect(FlagAdvice(facts).warnings.isEmpty)
    facts.flags.extendedEnabled = true
    #expect(FlagAdvice(facts).warnings.count == 1)
    #expect(FlagAdvice(facts).warnings[0].contains("every answer that a learner submits fails"))
  }
}
