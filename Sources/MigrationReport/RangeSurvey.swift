internal import MigrationJournal
internal import StudentModuleHistory

/// What a look at every range of the journal gives, a page at a time: the digest of all rows, the manifest's hash, and how the copy
/// went. The memory that it takes does not grow with the number of ranges.
struct RangeSurvey {
  /// The digests of the copied ranges, combined.
  private(set) var digest = RangeDigest.empty
  private(set) var manifest = ManifestHash()

  /// When ranges were copied.
  private(set) var busy: BusyTime

  /// How the copy went, over the time of copying: pauses are cut out.
  private(set) var buckets: RateBuckets?

  private static let columns = ManifestHash.columns + [.state, .copyMilliseconds]

  /// Reads the journal.
  ///
  /// - Parameters:
  ///   - runs: the runs that copied.
  ///   - isComplete: whether the buckets are wanted, which takes a second look.
  init(_ journal: Journal, _ session: any HistorySession, runs: [CopyRun], isComplete: Bool) async throws {
    busy = BusyTime(tolerance: CopyPause.shortestSeconds, breaks: CopyRun.breaks(between: runs))
    try await journal.scanRanges(Self.columns, session) { row in
      manifest.add(row.prefix(ManifestHash.columns.count))
      guard let range = CopiedRange(row) else { return }
      digest.add(range.digest)
      if let time = range.time { busy.add(time) }
    }
    guard isComplete, !busy.intervals.isEmpty else { return }
    // Another process may copy between the two looks: what ends later counts into the last bucket.
    let working = busy
    var buckets = RateBuckets(seconds: working.total)
    try await journal.scanRanges(Self.columns, session) { row in
      guard let range = CopiedRange(row), let time = range.time else { return }
      buckets.add(
        from: working.elapsed(at: time.lowerBound), to: working.elapsed(at: time.upperBound),
        rows: Double(range.digest.rowCount), seconds: time.length)
    }
    self.buckets = buckets
  }

  /// A range that is copied, of the survey's columns.
  private struct CopiedRange {
    let digest: RangeDigest

    /// When it was being copied.
    let time: ClosedRange<Double>?

    init?(_ row: [SQLValue]) {
      guard let state = row[9].textValue.flatMap({ JournalRange.State(rawValue: $0) }),
        JournalRange.State.copiedStates.contains(state), let count = row[2].unsignedValue,
        let hash = row[3].textValue.flatMap({ RowHash(hexadecimal: $0) })
      else { return nil }
      digest = RangeDigest(rowCount: count, hash: hash)
      time = row[6].textValue.flatMap { JournalTime.seconds($0) }.map { end in
        (end - (row[10].realValue ?? 0) / 1_000)...end
      }
    }
  }
}
