import Foundation
import HistoryStores
import StudentModuleHistory
import TestSupport
import Testing

@testable import MigrationBase
@testable import MigrationJournal
@testable import MigrationProtocol
@testable import MigrationReport

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// The values behind a report's plots: axes, buckets, pauses.
@Suite struct ReportPlotTests {
  @Test(
    "an axis ends at or above the largest value, with few ticks at round numbers and units that can be read",
    arguments: [
      (0.0, ["0", "0.5", "1"]), (7, ["0", "2", "4", "6", "8"]), (83_000, ["0", "50k", "100k"]),
      (83_123_456, ["0", "50M", "100M"]), (0.04, ["0", "0.01", "0.02", "0.03", "0.04"]),
      (1_200_000, ["0", "0.5M", "1M", "1.5M"]),
    ] as [(Double, [String])])
  func counts(largest: Double, labels: [String]) {
    let axis = PlotAxis(.count, largest: largest, tickCount: 4, isRoundedUp: true)
    #expect(axis.upper >= largest)
    #expect(axis.ticks.map { axis.label($0) } == labels)
  }

  @Test(
    "an axis of time ends with the time, and has the unit that suits",
    arguments: [
      (0.31, 4, ["0", "0.1 s", "0.2 s", "0.3 s"]), (47, 5, ["0", "10 s", "20 s", "30 s", "40 s"]),
      (95, 4, ["0", "30 s", "60 s", "90 s"]), (600, 4, ["0", "5 min", "10 min"]),
      (5_400, 4, ["0", "30 min", "60 min", "90 min"]),
      (9_000, 5, ["0", "0:30 h", "1:00 h", "1:30 h", "2:00 h", "2:30 h"]),
      (200_000, 5, ["0", "12 h", "24 h", "36 h", "48 h"]), (950_000, 5, ["0", "5 d", "10 d"]),
    ] as [(Double, Int, [String])])
  func times(largest: Double, tickCount: Int, labels: [String]) {
    let axis = PlotAxis(.seconds, largest: largest, tickCount: tickCount, isRoundedUp: false)
    #expect(axis.upper == largest)
    #expect(axis.ticks.map { axis.label($0) } == labels)
  }

  @Test("a range counts in every bucket by the time that it took there, and no row is lost")
  func buckets() {
    var buckets = RateBuckets(seconds: 10, count: 10)
    buckets.add(from: 1.5, to: 3.5, rows: 400, seconds: 2)
    buckets.add(from: 3, to: 3, rows: 7, seconds: 0)
    buckets.add(from: 9, to: 12, rows: 50, seconds: 3)
    #expect(buckets.buckets.map(\.rows) == [0, 100, 200, 107, 0, 0, 0, 0, 0, 50])
    #expect(buckets.cumulativeRows.last == 457)
    #expect(buckets.buckets[3].rangeCount == 2 && buckets.buckets[3].meanSeconds == 1)
    #expect(buckets.buckets[3].longestSeconds == 2)
    #expect(buckets.buckets[0].meanSeconds == nil)
  }

  @Test("buckets of no time at all, and of a very long one, hold everything")
  func extremeBuckets() {
    for seconds in [0.0, 1e9] {
      var buckets = RateBuckets(seconds: seconds)
      buckets.add(from: -5, to: 0, rows: 3, seconds: 5)
      buckets.add(from: 0, to: seconds, rows: 1_000, seconds: seconds)
      #expect(abs((buckets.cumulativeRows.last ?? 0) - 1_003) < 1e-6)
      #expect(buckets.rowsPerSecond.allSatisfy { $0.isFinite })
    }
  }

  @Test("intervals merge whatever their order, up to the tolerance; what is left between them are the pauses")
  func busy() {
    let intervals: [ClosedRange<Double>] = [0...10, 15...20, 100...110, 111...130, 300...301, 5...16]
    for order in [intervals, intervals.reversed(), intervals.shuffled()] {
      var busy = BusyTime(tolerance: 60)
      for interval in order { busy.add(interval) }
      #expect(busy.intervals == [0...20, 100...130, 300...301])
      #expect(busy.pauses == [20...100, 130...300])
      #expect(busy.total == 51)
      #expect([-5, 10, 50, 115, 1_000].map { busy.elapsed(at: $0) } == [0, 10, 20, 35, 51])
    }
  }

  @Test("with more pauses than are kept, the shortest are forgotten")
  func bounded() {
    var busy = BusyTime(tolerance: 1, limit: 3)
    for start in [0.0, 10, 30, 35, 100, 200] { busy.add(start...start + 1) }
    #expect(busy.intervals == [0...36, 100...101, 200...201])
  }

  // MARK: Runs and pauses

  private func event(_ second: Double, _ kind: String, _ detail: String) -> JournalEvent {
    JournalEvent(happenedAt: JournalTime.text(second), kind: kind, detail: detail)
  }

  @Test("runs are put together from their beginning and end; one without an end was killed")
  func runs() {
    let runs = CopyRun.runs(of: [
      event(0, "copy-started", "holder db1:10:aa, 4 workers, oldest-first, between two servers"),
      event(5, "copy-started", "holder db2:11:bb, 2 workers, oldest-first, between two servers"),
      event(50, "copy-finished", "holder db1:10:aa: interrupted, 700 rows in 3 ranges, 0 retries"),
    ])
    #expect(runs.map(\.holder) == ["db1:10:aa", "db2:11:bb"])
    #expect(runs.map(\.end) == ["interrupted", nil])
    #expect(runs[0].detail == "interrupted, 700 rows in 3 ranges, 0 retries")
    #expect(runs[1].detail == "2 workers, oldest-first, between two servers")
  }

  @Test(
    "a pause lies between runs, or inside of one that finished nothing for more than a minute; none while another run goes on: with the time of copying they fill the whole time"
  )
  func pauses() {
    func run(_ start: Double, _ end: Double?, _ word: String?) -> CopyRun {
      CopyRun(
        holder: "h", startedAt: JournalTime.text(start), endedAt: end.map { JournalTime.text($0) }, end: word,
        detail: "")
    }
    let runs = [
      run(0, 100, "interrupted"), run(50, 90, "finished"),
      // Stalls from 290 to 800.
      run(110, 900, "finished"),
      // A pass that found nothing, and one that was killed.
      run(930, 950, "finished"), run(999, nil, nil), run(5_000, 5_001, "finished"),
    ]
    let intervals: [ClosedRange<Double>] = [
      0...100, 110...150, 190...290, 800...900, 1_000...1_010, 5_000...5_001,
    ]
    for order in [intervals, intervals.reversed(), intervals.shuffled()] {
      var busy = BusyTime(tolerance: 60, breaks: CopyRun.breaks(between: runs))
      for interval in order { busy.add(interval) }
      let pauses = CopyPause.pauses(of: runs, busy: busy)
      #expect(pauses.map(\.time) == [100...110, 290...800, 900...1_000, 1_010...5_000])
      #expect(
        pauses.map { String($0.reason.prefix(20)) } == [
          "the run was interrup", "a copy was running, ", "everything was copie", "the run ended withou",
        ])
      #expect(busy.total + pauses.reduce(0) { $0 + $1.time.length } == 5_001)
    }
  }

  @Test("a migration and passes a while later: speed, pauses, and the first and last time are of the same time")
  func agreement() async throws {
    try await EmbeddedPair.with(rows: EmbeddedPair.records(200)) { pair in
      _ = try await Provisioner(lanes: pair).run()
      for pass in 0..<3 {
        if pass > 0 {
          try await Task.sleep(for: .milliseconds(1_200))
          if pass == 1 {
            let session = try await pair.original.openSession()
            try await session.insert(EmbeddedPair.records(3, from: 201))
            await session.close()
          }
        }
        // The last pass finds nothing.
        _ = try await CatchUp(lanes: pair, stop: StopSignal()).run { _, _, _ in }
      }
      for isComplete in [false, true] {
        let report = try await MigrationReport(pair: pair, isComplete: isComplete)
        let copied = report.copied
        let first = try #require(copied.firstAt.flatMap { JournalTime.seconds($0) })
        let last = try #require(copied.lastAt.flatMap { JournalTime.seconds($0) })
        let seconds = try #require(copied.seconds)
        #expect(seconds < 1 && last - first > 1.1, "waiting is no copying: \(seconds)")
        #expect(copied.rowsPerSecond == 203 / seconds)
        guard isComplete else { continue }
        let pauses = try #require(report.pauses)
        #expect(pauses.count == 1 && pauses[0].reason.hasPrefix("everything was copied"))
        #expect(abs(pauses.reduce(seconds) { $0 + $1.seconds } - (last - first)) < 0.001)
        #expect(abs((report.speed?.totalSeconds ?? 0) - max(seconds, 0.001)) < 1e-6)
        #expect(report.speed?.cutsAt.count == 1)
        #expect(report.repairs?.isEmpty == true, "a pass that mended nothing is no repair")
        #expect(report.html.contains("of copying, without 1 pause"))
      }
    }
  }

  // MARK: Markup

  @Test("a plot is well-formed, has a title and a description, and stays inside its frame")
  func svg() throws {
    let plot = Plot(
      title: "Rows & <ranges>", summary: "\"most\" \u{1}",
      x: PlotAxis(.seconds, largest: 100, tickCount: 8, isRoundedUp: false),
      y: PlotAxis(.count, largest: 3, tickCount: 4, isRoundedUp: true),
      layers: [
        .area([1, nil, 3, 99], style: "area"), .steps([nil, 1, nil], style: "line"), .line([0, 1, 3], style: "line"),
      ], marks: [50])
    let text = plot.svg(id: "p")
    let parser = XMLParser(data: Data(text.utf8))
    #expect(parser.parse(), "\(String(describing: parser.parserError)): \(text)")
    #expect(text.contains("<title id=\"p-title\">Rows &amp; &lt;ranges&gt;</title>") && text.contains("<desc"))
    let numbers = try text.matches(of: Regex("[ML]([0-9.-]+) ([0-9.-]+)")).map {
      (Double($0.output[1].substring ?? "") ?? .nan, Double($0.output[2].substring ?? "") ?? .nan)
    }
    #expect(!numbers.isEmpty)
    for (x, y) in numbers { #expect((0...720).contains(x) && (0...220).contains(y)) }
  }
}
