import Foundation
import HistoryStores
import MigrationBase
import MigrationJournal
import MigrationProtocol
import MigrationReport
import StudentModuleHistory
import TestSupport
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// The manifest, the recheck and the report of two SQLite files.
@Suite struct EmbeddedRecheckTests {
  func withPair(rows: [HistoryRecord], _ body: (StorePair) async throws -> Void) async throws {
    try await EmbeddedPair.with(rows: rows, body)
  }

  func records(_ count: Int, from first: Int = 1) -> [HistoryRecord] {
    EmbeddedPair.records(count, from: first)
  }

  func migrate(_ pair: StorePair, _ options: CopyOptions = CopyOptions()) async throws -> Migration.Outcome {
    try await Migration(lanes: pair, headroom: 10_000, options: options, stop: StopSignal()).run { _, _ in }
  }

  private func recheck(
    _ pair: StorePair, withOriginal: Bool = false, acceptsDeleted: Bool = false, stop: StopSignal = StopSignal()
  ) async throws -> RecheckOutcome {
    try await Rechecker(
      pair: pair, withOriginal: withOriginal, acceptsDeleted: acceptsDeleted, stop: stop,
      meter: ProgressMeter(phase: "recheck")
    ).run()
  }

  private func change(_ store: any HistoryStore, _ sql: (any HistorySession) -> String) async throws {
    let session = try await store.openSession()
    try await session.execute(sql(session))
    await session.close()
  }

  @Test("a recheck needs no original file, names what it can, and lets deletions pass only when told to")
  func recheckAlone() async throws {
    try await withPair(rows: records(3_000)) { pair in
      #expect(try await migrate(pair).isComplete)
      guard case .sqlite(let original, let extended) = pair else { return }
      try FileManager.default.removeItem(atPath: original.path)
      let equal = try await recheck(pair)
      #expect(equal.isGood && equal.counts.presentRows == 3_000 && equal.findings.isEmpty, "\(equal.sentence)")
      try await change(extended) { "DELETE FROM \($0.tableSQL) WHERE id IN (5, 7)" }
      let short = try await recheck(pair)
      #expect(!short.isGood && short.findings.map(\.verdict.missingIDs) == [[5, 7]])
      #expect(try await recheck(pair, acceptsDeleted: true).isGood)
      try await change(extended) { "UPDATE \($0.tableSQL) SET state = NULL WHERE id = 2999" }
      let changed = try await recheck(pair, acceptsDeleted: true)
      #expect(!changed.isGood && changed.counts.changed == 1 && changed.counts.short == 1)
      let session = try await extended.openSession()
      let events = try await Journal().events(session, limit: 4)
      await session.close()
      #expect(events.map(\.kind) == Array(repeating: "rechecked", count: 4))
      #expect(events.first?.detail == changed.sentence)
    }
  }

  @Test("ranges that are not copied are not covered; a stop is no verdict")
  func notCovered() async throws {
    try await withPair(rows: records(3_000)) { pair in
      _ = try await Provisioner(lanes: pair).run()
      #expect(try await !recheck(pair).isGood, "nothing was copied")
      #expect(try await migrate(pair).isComplete)
      try await change(pair.extended) { _ in "UPDATE csmh_range SET state = 'stopped' WHERE lower_id = 0" }
      let outcome = try await recheck(pair)
      #expect(!outcome.isGood && outcome.uncoveredRangeCount == 1 && outcome.sentence.contains("not covered"))
      let stop = StopSignal()
      stop.request()
      let stopped = try await recheck(pair, stop: stop)
      #expect(stopped.isInterrupted && !stopped.isGood)
    }
  }

  @Test(
    "the manifest's hash is what the database's own client gives, before and after a range changes",
    .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/sqlite3")))
  func manifestHash() async throws {
    try await withPair(rows: records(3_000)) { pair in
      #expect(try await migrate(pair).isComplete)
      var hashes: [String] = []
      for time in ["NULL", "'2026-11-22 18:40:52.113000'"] {
        try await change(pair.extended) { _ in "UPDATE csmh_range SET drained_at = \(time) WHERE lower_id = 0" }
        let manifest = try #require(try await MigrationReport(pair: pair, isComplete: true).manifest)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", manifest.command]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let answer = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(answer.split(separator: " ").first.map { String($0) } == manifest.sha256)
        hashes.append(manifest.sha256)
      }
      #expect(Set(hashes).count == 2)
    }
  }

  @Test("the page is well-formed, escapes what servers and journals hold, and refers to nothing outside")
  func page() async throws {
    try await withPair(rows: records(3_000)) { pair in
      #expect(try await migrate(pair).isComplete)
      let hostile = "<script src=\"http://x/\">&amp; ]]> \u{1}\u{7F} 'é'</script>"
      let session = try await pair.extended.openSession()
      for kind in ["mended", "verified", "drained", "flags"] {
        try await Journal().record(kind, detail: hostile, session)
      }
      await session.close()
      let report = try await MigrationReport(pair: pair, isComplete: true)
      #expect(report.repairs?.map(\.kind) == ["mended"])
      #expect(report.runs?.map(\.end) == ["finished"])
      #expect(report.pauses?.isEmpty == true)
      #expect(report.speed?.points.reduce(0) { $0 + $1.rows }.rounded() == 3_000)
      let html = report.html
      let parser = XMLParser(data: Data(html.utf8))
      #expect(parser.parse(), "\(String(describing: parser.parserError)) at \(parser.lineNumber)")
      for reference in ["<script", "src=\"", "href", "url(", "@import", "<link", "<iframe", "<img", "http-equiv"] {
        #expect(!html.contains(reference), "\(reference)")
      }
      #expect(html.contains("&lt;script src=&quot;") && html.components(separatedBy: "<svg").count == 4)
    }
  }
}
