import MigrationJournal
import MigrationProtocol
import MigrationReport
import StudentModuleHistory
import Testing

/// What is told to do next: nothing that is done already.
@Suite struct NextStepsTests {
  private func steps(
    _ phase: Phase, _ flags: HistoryFlags? = nil, beyond: Bool = false, fenced: Bool = false, problems: UInt64 = 0
  ) -> String {
    var steps = NextSteps(phase: phase)
    steps.flags = flags
    steps.hasRowsBeyond = beyond
    steps.rowsBeyond = beyond ? 7 : nil
    steps.isFenced = fenced
    steps.problemRangeCount = problems
    return steps.sentences.joined(separator: "\n")
  }

  private static let extended = HistoryFlags(extendedEnabled: true, readOnlyFromExtended: false)
  private static let switched = HistoryFlags(extendedEnabled: true, readOnlyFromExtended: true)

  @Test("a flag that is on is not asked to be turned on")
  func flags() {
    #expect(steps(.verified).contains("turn on ENABLE_CSMH_EXTENDED if it is off"))
    #expect(steps(.verified, .off).contains("turn on ENABLE_CSMH_EXTENDED, restart"))
    for flags in [Self.extended, Self.switched] {
      for beyond in [true, false] {
        for fenced in [true, false] {
          #expect(!steps(.verified, flags, beyond: beyond, fenced: fenced).contains("turn on ENABLE"))
        }
      }
    }
  }

  @Test("the steps come in their order: the tail, the fence, the readers, the drain, the recheck")
  func order() {
    #expect(steps(.verified, Self.extended, beyond: true) == "the original table has 7 newer rows: csmh catch-up")
    #expect(steps(.verified, Self.extended).hasPrefix("csmh catch-up: it takes the fence"))
    #expect(steps(.verified, Self.extended, fenced: true).hasPrefix("csmh flags --set READ_ONLY_FROM_CSMHE=true"))
    #expect(steps(.verified, Self.switched, fenced: true).hasPrefix("csmh drain"))
    #expect(
      steps(.verified, Self.switched, beyond: true, fenced: true).contains("that readers do not see: csmh catch-up"))
    #expect(steps(.drained, Self.switched, fenced: true).hasPrefix("csmh recheck"))
    #expect(steps(.verified, Self.switched, fenced: true, problems: 1).hasPrefix("look at the problems"))
  }

  @Test("a way back that is under way goes before everything else; one that has ended, until the flag is on again")
  func wayBack() {
    func steps(_ stage: WayBack.Stage, _ flags: HistoryFlags?, problems: UInt64 = 0) -> String {
      var steps = NextSteps(phase: .drained)
      steps.flags = flags
      steps.wayBack = WayBack(stage: stage, at: "2026-01-01 10:00:00", problemRanges: problems)
      return steps.sentences.joined(separator: "\n")
    }
    for flags in [Self.switched, nil] {
      #expect(steps(.begun, flags).hasPrefix("csmh return: the way back goes on"))
      #expect(steps(.begun, flags, problems: 1).contains("names the ranges with problems"))
      #expect(steps(.bulkIsBack, flags).hasPrefix("turn both flags off"))
    }
    #expect(steps(.bulkIsBack, nil).contains("then csmh return --writes-moved"))
    #expect(steps(.begun, .off).hasPrefix("csmh return: it takes the fence on the extended table"))
    #expect(steps(.ended, .off).hasPrefix("leave the extended table as it is"))
    #expect(steps(.ended, Self.switched).hasPrefix("csmh recheck"), "it has come forth again")
  }
}
