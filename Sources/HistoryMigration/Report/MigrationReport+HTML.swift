extension MigrationReport {
  /// The report as one self-contained page: no script, nothing fetched from elsewhere.
  public var html: String {
    let verdict =
      isVerified
      ? "<p class=\"good\">Verified: every copied row was compared on both sides.</p>"
      : "<p class=\"bad\">Not verified. Phase: \(Self.escaped(phase)).</p>"
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>Migration of the student module history</title>
      <style>
      body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #1b1b1b; }
      h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
      table { border-collapse: collapse; width: 100%; } td, th { text-align: left; vertical-align: top;
        padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #ddd; } th { font-weight: 600; white-space: nowrap; }
      td { overflow-wrap: anywhere; } .good { color: #11632b; font-weight: 600; } .bad { color: #a3180f; font-weight: 600; }
      code { font-size: .95em; }
      </style>
      </head>
      <body>
      <h1>Migration of the student module history</h1>
      \(verdict)
      \(Self.table(summaryRows))
      <h2>Tables</h2>
      \(Self.table(tableRows))
      \(problems.isEmpty ? "" : "<h2>Problems</h2>\n" + Self.table(problemRows))
      <h2>Events</h2>
      \(Self.table(events.reversed().map { ($0.at + " " + $0.kind, $0.detail) }))
      <h2>Next steps</h2>
      <ul>\(nextSteps.map { "<li>\(Self.escaped($0))</li>" }.joined())</ul>
      </body>
      </html>
      """
  }

  private var summaryRows: [(String, String)] {
    [
      ("Migration", "\(identity), provisioned \(provisionedAt) UTC, csmh \(csmhVersion)"),
      ("Route", route),
      (
        "Copied",
        "\(copied.rows) rows, \(copied.bytes) bytes, \(copied.ranges) ranges, \(copied.attempts) attempts, \(copied.adoptedRows) adopted"
      ),
      (
        "Speed",
        copied.seconds.map { "\(Int($0.rounded())) s, \(Int(copied.rowsPerSecond ?? 0)) rows a second" } ?? "not known"
      ),
      ("Digest", copied.digest),
      ("Verified ranges", "\(verifiedRanges) of \(copied.ranges)"),
      ("Bound", upperBound.map { "\($0)" } ?? "none"),
      ("Original rows beyond the bound", originalRowsBeyond.map { "\($0)" } ?? "not counted"),
      ("Starting id", "\(startingID); the next native row gets \(nextNativeID)"),
      ("Native rows", nativeRows.map { "\($0)" } ?? "not counted"),
    ]
  }

  private var tableRows: [(String, String)] {
    [("Original", original), ("Extended", extended)].map { label, table in
      let ids = table.smallestID.map { "ids \($0) to \(table.largestID ?? $0)" } ?? "empty"
      return (label, "\(table.name) at \(table.location): \(table.generation), \(ids)")
    }
  }

  private var problemRows: [(String, String)] {
    problems.map { ("ids \($0.lowerID) to \($0.upperID), \($0.state)", $0.reason) }
  }

  private static func table(_ rows: [(String, String)]) -> String {
    "<table>\n"
      + rows.map { "<tr><th scope=\"row\">\(escaped($0.0))</th><td>\(escaped($0.1))</td></tr>" }.joined(separator: "\n")
      + "\n</table>"
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;")
  }
}
