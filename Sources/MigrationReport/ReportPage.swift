internal import MigrationBase
internal import MigrationJournal
internal import MigrationProtocol

/// The report as one self-contained page: no script, nothing fetched from elsewhere. It is XML as well as HTML.
struct ReportPage {
  let report: MigrationReport

  /// The page's text.
  var text: String {
    var parts = [
      """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8"/>
      <meta name="viewport" content="width=device-width, initial-scale=1"/>
      <meta name="color-scheme" content="light dark"/>
      <title>Migration of the student module history</title>
      <style>
      \(Self.style)
      </style>
      </head>
      <body>
      <header>
      <h1>Migration of the student module history</h1>
      <p class="sub">\(Markup.escaped(subtitle))</p>
      \(verdict)
      </header>
      <main>
      """
    ]
    parts += [cards, section("Proofs", rows(proofRows)), section("What", rows(whatRows)), plots, pauses, repairs]
    if !report.problems.isEmpty { parts.append(section("Problems", rows(problemRows))) }
    parts += [
      runs, section("Manifest", manifest), section("Last events", events(report.events.reversed())),
      section(
        "Next steps", "<ul>\(report.nextSteps.map { "<li>\(Markup.escaped($0))</li>" }.joined())</ul>"),
      "</main>\n</body>\n</html>",
    ]
    return parts.filter { !$0.isEmpty }.joined(separator: "\n") + "\n"
  }

  private var subtitle: String {
    "Migration \(report.identity), provisioned \(Self.time(report.provisionedAt)) UTC, csmh \(report.csmhVersion)"
  }

  private var verdict: String {
    report.isVerified
      ? "<p class=\"verdict good\">Verified: every copied row was compared on both sides.</p>"
      : "<p class=\"verdict bad\">Not verified. Phase: \(Markup.escaped(report.phase)).</p>"
  }

  // MARK: How many

  private var cards: String {
    let copied = report.copied
    var cards = [
      ("rows copied", Format.count(copied.rows), Format.bytes(Double(copied.bytes))),
      ("rows a second", copied.rowsPerSecond.map { Format.count(Int($0)) } ?? "-", rateNote),
      ("ranges", Format.count(copied.ranges), "\(Format.count(report.verifiedRanges)) verified"),
      (
        "native rows", report.nativeRows.map { Format.count($0) } ?? "-",
        "from the id \(Format.count(report.startingID)) on"
      ),
    ]
    if let drained = report.drained {
      cards.append(("rows drained", Format.count(drained.rows), Self.percent(drained.share)))
    }
    return "<div class=\"cards\">"
      + cards.map {
        "<div class=\"card\"><b>\(Markup.escaped($0.1))</b><span>\(Markup.escaped($0.0))</span>"
          + "<small>\(Markup.escaped($0.2))</small></div>"
      }.joined() + "</div>"
  }

  /// Over which time.
  private var rateNote: String { report.copied.timeSentence(pauses: report.pauses ?? []) ?? "the time is not known" }

  private static func percent(_ share: Double) -> String {
    let tenths = Int((share * 1_000).rounded())
    return "\(tenths / 10).\(tenths % 10) % of the copied ones"
  }

  // MARK: What and when

  private var whatRows: [(String, String)] {
    var rows: [(String, String)] = []
    for (label, table) in [("Original", report.original), ("Extended", report.extended)] {
      guard let table else {
        rows.append((label, "gone: the table or its server does not answer"))
        continue
      }
      let ids = table.smallestID.map { "ids \(Format.count($0)) to \(Format.count(table.largestID ?? $0))" } ?? "empty"
      rows.append(
        (
          label,
          "\(table.name) at \(table.location)\(table.server.map { " (\($0))" } ?? ""): \(table.generation), \(ids)"
        ))
    }
    let copied = report.copied
    if let route = report.route { rows.append(("Route", route)) }
    rows += [
      ("Bound", report.upperBound.map { "the original id \(Format.count($0))" } ?? "none yet"),
      (
        "Copied",
        "\(Format.count(copied.attempts)) attempts at \(Format.count(copied.ranges)) ranges; \(Format.count(copied.adoptedRows))"
          + " rows stood there already and were adopted"
      ),
      ("First and last", "\(Self.time(copied.firstAt)) to \(Self.time(copied.lastAt)) UTC"),
    ]
    if let beyond = report.originalRowsBeyond {
      rows.append(("Above the bound", "\(Format.count(beyond)) original rows"))
    }
    rows.append(("Next native id", Format.count(report.nextNativeID)))
    return rows
  }

  private var problemRows: [(String, String)] {
    report.problems.map { ("ids \($0.lowerID) to \($0.upperID), \($0.state)", $0.reason) }
  }

  // MARK: The proofs

  private var proofRows: [(String, String)] {
    var rows: [(String, String)] = []
    if let fence = report.fence {
      let state =
        fence.holds.map { $0 ? "it holds" : "it does not hold: ids were handed out since" } ?? "the table is gone"
      rows.append(
        (
          "Fence",
          "taken \(Self.time(fence.takenAt)) UTC at the id \(Format.count(fence.id)), the next id"
            + " \(Format.count(fence.nextID)); \(state)"
        ))
    } else {
      rows.append(("Fence", "none was taken"))
    }
    for event in report.proofs?.verifications ?? [] { rows.append(("Verification", Self.line(event))) }
    rows.append(("Digest", report.copied.digest))
    for event in report.proofs?.milestones ?? [] where event.kind != "fence" {
      rows.append((event.kind.prefix(1).uppercased() + event.kind.dropFirst(), Self.line(event)))
    }
    if let drained = report.drained {
      rows.append(
        (
          "Drained",
          "\(Format.count(drained.rows)) rows of \(Format.count(drained.ranges)) ranges"
            + (drained.lastAt.map { ", the last \(Self.time($0)) UTC" } ?? "")
        ))
    }
    if let wayBack = report.wayBack { rows.append(("Way back", wayBack.sentence)) }
    for event in report.proofs?.rechecks ?? [] { rows.append(("Recheck", Self.line(event))) }
    return rows
  }

  private var manifest: String {
    guard let manifest = report.manifest else { return "" }
    return rows([("SHA-256", manifest.sha256), ("Ranges", Format.count(manifest.ranges))])
      + "\n<p>This prints the same hash, with the database's own client alone. Add what your client needs for the password.</p>"
      + "\n<pre>\(Markup.escaped(manifest.command))</pre>"
  }

  // MARK: How fast

  private var plots: String {
    guard let speed = report.speed else { return "" }
    let plots = ReportPlots(speed: speed)
    let cuts = speed.cutsAt.isEmpty ? "" : " Pauses are cut out; a dashed line marks each."
    let figures = [
      (plots.rate, "rate", ""), (plots.cumulative, "all", ""),
      (
        plots.durations, "durations",
        "<span class=\"key strong-key\"></span> on the average <span class=\"key soft-key\"></span> the longest"
      ),
    ].map { plot, id, key in
      "<figure>\n<figcaption><b>\(Markup.escaped(plot.title))</b> \(Markup.escaped(plot.summary)) \(key)</figcaption>\n"
        + plot.svg(id: id) + "\n</figure>"
    }
    return section(
      "How fast", "<p>Over the time of copying.\(cuts)</p>\n" + figures.joined(separator: "\n"))
  }

  // MARK: What happened

  private var pauses: String {
    guard let pauses = report.pauses else { return "" }
    let total = pauses.reduce(0) { $0 + $1.seconds }
    return section(
      "Pauses",
      pauses.isEmpty
        ? "<p>None.</p>"
        : "<p>\(pauses.count), \(Format.duration(.seconds(total))) in all.</p>\n"
          + table(
            ["from (UTC)", "to", "length", "reason"],
            pauses.map { [$0.from, $0.to, Format.duration(.seconds($0.seconds)), $0.reason] }))
  }

  private var repairs: String {
    guard let repairs = report.repairs else { return "" }
    let rest = (report.repairCount ?? 0).subtractingDownToZero(UInt64(repairs.count))
    let note =
      rest > 0 ? "<p>The newest \(repairs.count); \(Format.count(rest)) older ones are in the journal.</p>\n" : ""
    return section("Repairs", repairs.isEmpty ? "<p>None.</p>" : note + events(repairs))
  }

  private var runs: String {
    guard let runs = report.runs, !runs.isEmpty else { return "" }
    return section(
      "Copy runs",
      table(
        ["from (UTC)", "to", "process", "what"],
        runs.map {
          [Self.time($0.startedAt), $0.endedAt.map { Self.time($0) } ?? "no end known", $0.holder, $0.detail]
        }))
  }

  private func events(_ events: [MigrationReport.Event]) -> String {
    table(["when (UTC)", "what", ""], events.map { [Self.time($0.at), $0.kind, $0.detail] })
  }

  private static func line(_ event: MigrationReport.Event) -> String { "\(time(event.at)) UTC: \(event.detail)" }

  /// A time of the journal in whole seconds.
  private static func time(_ text: String?) -> String { text.map { String($0.prefix(19)) } ?? "?" }

  // MARK: Markup

  private func section(_ title: String, _ content: String) -> String {
    content.isEmpty ? "" : "<section>\n<h2>\(Markup.escaped(title))</h2>\n\(content)\n</section>"
  }

  private func rows(_ rows: [(String, String)]) -> String {
    "<table>\n"
      + rows.map {
        "<tr><th scope=\"row\">\(Markup.escaped($0.0))</th><td>\(Markup.escaped($0.1))</td></tr>"
      }.joined(separator: "\n") + "\n</table>"
  }

  private func table(_ headings: [String], _ rows: [[String]]) -> String {
    "<table class=\"list\">\n<thead><tr>"
      + headings.map { "<th scope=\"col\">\(Markup.escaped($0))</th>" }.joined() + "</tr></thead>\n<tbody>\n"
      + rows.map { row in "<tr>" + row.map { "<td>\(Markup.escaped($0))</td>" }.joined() + "</tr>" }
      .joined(separator: "\n") + "\n</tbody>\n</table>"
  }
}

extension MigrationReport {
  /// The report as one self-contained page of HTML: no script, nothing fetched from elsewhere.
  package var html: String { ReportPage(report: self).text }
}
