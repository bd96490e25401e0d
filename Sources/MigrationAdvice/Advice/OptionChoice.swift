internal import HistoryStores
internal import MigrationBase
internal import MigrationProtocol
internal import StudentModuleHistory

/// Which option fits an installation, and why.
package struct OptionChoice: Sendable, Hashable, Encodable {
  package let option: MigrationOption

  /// Sentences with the numbers that decided.
  package let reasons: [String]

  /// Up to this many rows in SQLite files are a devstack: nobody runs a site with learners on them, and the two lookups of every
  /// read are cheap there.
  package static let devstackFileRows: UInt64 = 10_000_000

  /// Up to this many rows on a server are a devstack if hardly anybody writes: reading two tables for ever costs nothing there.
  package static let devstackServerRows: UInt64 = 50_000

  /// From this many rows a week on somebody uses the site.
  package static let devstackRowsPerWeek = 1_000.0

  /// For as long as this the small option's doubled histories and double lookups can be lived with: a quiet hour.
  package static let dualReadSeconds = 3_600.0

  /// The usual headroom of 10,000 ids must last for at least this long, which is what it takes to turn a flag on everywhere.
  package static let usualHeadroomSeconds = 3_600.0

  init(_ measurements: InstallationMeasurements, _ estimate: CopyEstimate) {
    let rows = measurements.siteRows
    let rowsPerWeek = (measurements.sustainedRate?.rowsPerSecond ?? 0) * 7 * 86_400
    let isFile = measurements.route == .betweenFiles
    if isFile, rows <= Self.devstackFileRows {
      self.init(
        .devstack,
        ["SQLite files of at most \(Format.count(Self.devstackFileRows)) rows: an installation for development"])
      return
    }
    if !isFile, rows <= Self.devstackServerRows, rowsPerWeek < Self.devstackRowsPerWeek {
      self.init(
        .devstack,
        [
          "at most \(Format.count(Self.devstackServerRows)) rows, and fewer than"
            + " \(Format.count(Int(Self.devstackRowsPerWeek))) new ones a week: reading both tables for ever costs nothing"
            + " that anybody would notice",
          "if learners use this site, take --option small: it brings all rows into one table",
        ])
      return
    }
    // Whatever was copied already: the option is a property of the site.
    let seconds = Double(rows) / estimate.rowsPerSecond.low + estimate.verifySeconds.high
    let headroomSeconds = measurements.sustainedRate.flatMap {
      $0.idsPerSecond > 0 ? Double(Provisioner.usualHeadroom) / $0.idsPerSecond : nil
    }
    let (took, limit) = (Format.roughTime(seconds), Format.roughTime(Self.dualReadSeconds))
    let usual = "the usual headroom of \(Format.count(Provisioner.usualHeadroom)) ids"
    var reasons: [String] = []
    if seconds > Self.dualReadSeconds {
      reasons.append(
        "copying and comparing all rows can take \(took): longer than the \(limit) for which learners' histories may show"
          + " copied rows twice, and every read may take two lookups")
    }
    if let headroomSeconds, headroomSeconds < Self.usualHeadroomSeconds {
      reasons.append(
        "at the present rate \(usual) lasts \(Format.roughTime(headroomSeconds)): less than it may take to turn a flag on"
          + " everywhere")
    }
    guard reasons.isEmpty else {
      self.init(.large, reasons)
      return
    }
    reasons = [
      "copying and comparing all rows takes at most \(took): for that long (the limit is \(limit)) histories may show copied"
        + " rows twice, and reads may take two lookups"
    ]
    if let headroomSeconds {
      reasons.append(
        "\(usual) lasts \(Format.roughTime(headroomSeconds)) at the present rate: enough to turn a flag on everywhere")
    }
    self.init(.small, reasons)
  }

  private init(_ option: MigrationOption, _ reasons: [String]) {
    self.option = option
    self.reasons = reasons
  }
}
