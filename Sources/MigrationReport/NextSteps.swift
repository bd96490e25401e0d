package import MigrationJournal
package import MigrationProtocol
package import StudentModuleHistory

/// What an operator does next, worked out of what is known. No I/O.
package struct NextSteps: Sendable, Hashable {
  package var phase: Phase

  /// Ranges that are stopped or differ.
  package var problemRangeCount: UInt64 = 0

  /// Whether the original table has rows above the bound, and how many, if they were counted.
  package var hasRowsBeyond = false
  package var rowsBeyond: UInt64?

  /// Whether a fence was taken, and nobody has written to the original table since.
  package var isFenced = false

  /// The flags of the LMS configuration, where they are known.
  package var flags: HistoryFlags?

  /// The way back, if one was begun.
  package var wayBack: WayBack?

  package init(phase: Phase) {
    self.phase = phase
  }

  /// The steps as sentences.
  package var sentences: [String] {
    if let wayBack, wayBack.isUnderWay || flags?.extendedEnabled != true { return back(wayBack) }
    if problemRangeCount > 0 {
      return ["look at the problems above, mend them, then run csmh copy again, and csmh verify"]
    }
    switch phase {
    case .provisioned: return ["csmh copy (or csmh migrate, which also verifies)"]
    case .copying: return ["csmh copy: it goes on where it stopped"]
    case .copied: return ["csmh verify"]
    case .verified: return [verified]
    case .drained:
      let recheck = "csmh recheck: it compares the extended table with the manifest"
      return hasRowsBeyond ? ["\(newerRows): csmh catch-up", recheck] : [recheck]
    }
  }

  /// What is left of a way back. Once it has ended, and the LMS writes to the extended table again, it is the past.
  private func back(_ wayBack: WayBack) -> [String] {
    guard wayBack.isUnderWay else {
      return [
        "leave the extended table as it is, or keep a dump of it, until you need it no more; to come forth again: csmh migrate"
      ]
    }
    let last = "csmh return\(flags == nil ? " --writes-moved" : "")"
    let fences = "it takes the fence on the extended table, brings back what came since, and compares everything"
    if let flags, !flags.extendedEnabled { return ["\(last): \(fences)"] }
    switch wayBack.stage {
    case .begun where wayBack.problemRanges > 0:
      return ["csmh return: it names the ranges with problems, and takes them up again"]
    case .begun: return ["csmh return: the way back goes on where it stopped"]
    default:
      let turnOff =
        flags == nil
        ? "turn both flags off" : "turn both flags off (csmh flags --set, ENABLE_CSMH_EXTENDED=false with --force)"
      return ["\(turnOff), restart every LMS and worker process, then \(last): \(fences)"]
    }
  }

  private var newerRows: String {
    "the original table has \(rowsBeyond.map { "\($0) " } ?? "")newer rows"
  }

  private var verified: String {
    guard let flags else {
      let turnOn = "turn on ENABLE_CSMH_EXTENDED if it is off, then run csmh migrate again"
      return hasRowsBeyond ? "\(newerRows): \(turnOn)" : "\(turnOn) for what was written meanwhile"
    }
    guard flags.extendedEnabled else {
      let turnOn = "turn on ENABLE_CSMH_EXTENDED, restart every LMS process, then run csmh migrate again"
      return hasRowsBeyond ? "\(newerRows): \(turnOn)" : "\(turnOn) for what was written meanwhile"
    }
    if hasRowsBeyond {
      return newerRows + (flags.readOnlyFromExtended ? " that readers do not see: " : ": ") + "csmh catch-up"
    }
    guard isFenced else {
      return "csmh catch-up: it takes the fence, which proves that nobody writes to the original table any more"
    }
    guard flags.readOnlyFromExtended else {
      return "csmh flags --set READ_ONLY_FROM_CSMHE=true: readers then take the extended table alone; or leave both"
        + " tables as they are (docs/options/after-keep-both.md)"
    }
    return "csmh drain empties the original table (docs/options/after-read-only-and-empty.md); or leave both tables as"
      + " they are (docs/options/after-keep-both.md)"
  }
}
