package import MigrationBase
internal import MigrationJournal
package import StudentModuleHistory

/// Compares ranges that were copied, both sides read from the databases: count and digest, and on a difference the rows.
package struct Verifier: Sendable {
  /// What is compared.
  package enum Scope: Sendable, Hashable {
    /// Every range that is copied.
    case all
    /// Every range that is copied. It begins with what an interrupted comparison of this kind has left, where
    /// ``VerificationBeginning`` allows it and it is not asked to begin anew.
    case resumable(anew: Bool)
    /// Only ranges that were not compared since they were copied.
    case neverCompared
    /// Only ranges that were not compared since a time of the extended database.
    case notComparedSince(String)
    /// A random sample of so many percent of the ranges, at least one: above 0, at most 100. The same seed draws the same ranges, as
    /// long as the journal has the same ones. Nothing is written down as compared.
    case sample(percent: Double, seed: UInt64)

    /// Whether every range that is copied counts as compared at the end, and not only a part.
    var isOfEverything: Bool {
      switch self {
      case .all, .resumable: true
      case .neverCompared, .notComparedSince, .sample: false
      }
    }
  }

  let lanes: any LaneProvider
  let scope: Scope
  let workerCount: Int
  let stop: StopSignal
  let meter: ProgressMeter
  let journal: Journal

  /// How many ranges with differences are listed before verification ends.
  package static let listedRangeCount = 100

  /// After how many ranges, or after how long, a worker writes down that they are equal: what an interruption loses at most.
  private static let markedRangeCount = 20
  private static let markInterval = Duration.seconds(5)

  /// - Parameters:
  ///   - scope: what is compared. Default: everything.
  ///   - workerCount: how many ranges are compared at the same time. Default: 2.
  package init(
    lanes: any LaneProvider, scope: Scope = .all, workerCount: Int = 2, stop: StopSignal, meter: ProgressMeter
  ) {
    self.lanes = lanes
    self.scope = scope
    self.workerCount = max(1, workerCount)
    self.stop = stop
    self.meter = meter
    journal = Journal()
  }

  /// Compares.
  ///
  /// - Parameter didBegin: with ``Scope/resumable(anew:)`` called once, with where it begins.
  /// - Throws: ``HistoryStoreError``; ``MigrationError``, among them `originalEmptied`: an original table that was emptied or made anew
  ///   is no measure of the copies, and nothing is compared or written down.
  package func run(didBegin: (VerificationBeginning) -> Void = { _ in }) async throws -> VerificationOutcome {
    let keeper = ReconnectingLane(lanes: lanes, meter: meter, stop: stop)
    do {
      let outcome = try await run(keeper, didBegin)
      await keeper.close()
      return outcome
    } catch {
      await keeper.close()
      throw error
    }
  }

  /// What holds for a whole comparison.
  private struct Plan: Sendable {
    /// Ranges that were compared since then count as compared; nil where each one is looked at, whatever was done.
    var began: String?
    var beginning: VerificationBeginning?
    var resumption: VerificationOutcome.Resumption?
    var comparison: RangeComparison
    var sample: (rangeCount: Int, sampleCount: Int, seed: UInt64)?
    var expectedRowCount: UInt64
  }

  private func run(
    _ keeper: ReconnectingLane, _ didBegin: (VerificationBeginning) -> Void
  ) async throws -> VerificationOutcome {
    let start = stop.environment.now()
    let plan = try await keeper.read { try await makePlan($0) }
    if let beginning = plan.beginning { didBegin(beginning) }
    meter.set(
      rowsElsewhere: plan.resumption?.digest.rowCount ?? 0, rowsLeft: plan.expectedRowCount,
      isEstimate: plan.sample != nil)
    let tally = VerificationTally()
    // Another process may copy behind the back of the first pass: what it leaves is compared in further ones.
    var states: [JournalRange.State] = [.copied, .differs]
    for _ in 0..<(plan.sample == nil ? 5 : 1) {
      let before = tally.counts.rangeCount
      let draw = plan.sample.map { SampleDraw(of: $0.rangeCount, sampleCount: $0.sampleCount, seed: $0.seed) }
      let (journal, wanted) = (journal, states)
      let queue = RangeQueue(draw: draw) { lower, limit in
        try await keeper.read {
          try await journal.ranges(from: lower, limit: limit, states: wanted, notVerifiedSince: plan.began, $0.target)
        }
      }
      try await pass(queue, tally, plan)
      if stop.isRequested || tally.counts.rangeCount == before { break }
      states = [.copied]
    }
    let result = tally.counts
    return try await keeper.read { try await verdict(result, $0, plan, start: start) }
  }

  private func makePlan(_ lane: Lane) async throws -> Plan {
    let migration = try await journal.migration(lane.target)
    let totals = try await journal.totals(lane.target)
    let original = try await lane.source.summary()
    let rangeCount = (totals.rangeCount[.copied] ?? 0) + (totals.rangeCount[.differs] ?? 0)
    // Where all is drained the original table may well hand out its ids anew.
    if rangeCount > 0 { try migration.refuseEmptied(original, lane.source.side) }
    // Rows of a table that is empty up to the bound do not come back between two looks.
    let isEmpty = original.ids.map { $0.lower > migration.upperBound ?? 0 } ?? true
    let comparison = RangeComparison(startingID: migration.startingID, looks: isEmpty ? 1 : 5, stop: stop)
    var plan = Plan(comparison: comparison, expectedRowCount: totals.rowCount)
    switch scope {
    case .all: plan.began = try await lane.target.now()
    // Nothing was compared before this time.
    case .neverCompared: plan.began = "1000-01-01 00:00:00"
    case .notComparedSince(let time): plan.began = time
    case .resumable(let anew):
      let beginning = VerificationBeginning(
        try await journal.unfinishedVerification(lane.target).map { .init(beganAt: $0.beganAt, seconds: $0.seconds) },
        fencedAt: migration.fence?.takenAt, isAskedAnew: anew)
      plan.beginning = beginning
      switch beginning {
      case .anew: plan.began = try await journal.beginVerification(lane.target)
      case .goingOn(let since):
        let compared = try await journal.compared(since: since, lane.target)
        plan.began = since
        plan.resumption = VerificationOutcome.Resumption(
          since: since, rangeCount: compared.rangeCount, digest: compared.digest)
        plan.expectedRowCount -= min(plan.expectedRowCount, compared.digest.rowCount)
      }
    case .sample(let percent, let seed):
      let count = Int(rangeCount)
      let sampleCount = SampleDraw.size(percent: percent, of: count)
      plan.sample = (count, sampleCount, seed)
      plan.expectedRowCount = UInt64(Double(totals.rowCount) * Double(sampleCount) / Double(max(1, count)))
    }
    return plan
  }

  private func pass(_ queue: RangeQueue, _ tally: VerificationTally, _ plan: Plan) async throws {
    try await withThrowingTaskGroup(of: HistoryStoreError?.self) { group in
      for _ in 0..<workerCount {
        group.addTask { try await self.work(queue, tally, plan) }
      }
      var refusals: [HistoryStoreError] = []
      for try await refusal in group { if let refusal { refusals.append(refusal) } }
      // An account that may have fewer connections than there are workers has fewer workers, but at least one.
      if refusals.count == workerCount, let refusal = refusals.first { throw refusal }
    }
  }

  private func verdict(
    _ result: VerificationTally.Counts, _ lane: Lane, _ plan: Plan, start: ContinuousClock.Instant
  ) async throws -> VerificationOutcome {
    // Read again: comparing has changed what is open, and so may have other processes.
    let migration = try await journal.migration(lane.target)
    let totals = try await journal.totals(lane.target)
    var hasUncomparedRanges = false
    if let began = plan.began {
      let left = try await journal.ranges(from: 0, limit: 1, states: [.copied], notVerifiedSince: began, lane.target)
      hasUncomparedRanges = !left.isEmpty
    }
    let outcome = VerificationOutcome(
      scope: scope, beganAt: plan.began ?? "", resumption: plan.resumption,
      sample: plan.sample.map {
        VerificationOutcome.Sample(rangeCount: UInt64($0.rangeCount), seed: $0.seed)
      },
      isInterrupted: stop.isRequested, rangeCount: result.rangeCount, rowCount: result.digest.rowCount,
      digest: result.digest, differences: result.differences.sorted { $0.range < $1.range },
      differingRangeCount: result.differingRangeCount, differingRowCount: result.differingRowCount,
      openRangeCount: totals.openRangeCount, drainedRangeCount: totals.drainedRangeCount,
      leftRangeCount: totals.leftRangeCount,
      hasUncomparedRanges: hasUncomparedRanges, isFrontierEmpty: migration.isFrontierEmpty,
      upperBound: migration.upperBound, target: lane.target.side,
      rowsBeyond: try await lane.source.rowCount(RowSelection(from: migration.upperBound.map { $0 + 1 })),
      duration: stop.environment.now() - start)
    try await journal.record(kind(of: outcome), detail: outcome.sentence, lane.target)
    if outcome.isEqual {
      try await journal.setVerified(lane.target)
    } else if !outcome.isInterrupted, outcome.sample == nil {
      try await journal.move(from: [.verified], to: .copied, lane.target)
    }
    return outcome
  }

  private func kind(of outcome: VerificationOutcome) -> String {
    if outcome.sample != nil { return "sampled" }
    return outcome.isInterrupted ? Journal.verificationInterruptedKind : Journal.verifiedKind
  }

  /// Returns why it has no connection, if an account's limit is the reason; it has compared nothing then.
  private func work(
    _ queue: RangeQueue, _ tally: VerificationTally, _ plan: Plan
  ) async throws -> HistoryStoreError? {
    let lane = ReconnectingLane(lanes: lanes, meter: meter, stop: stop)
    do {
      do {
        try await lane.read { _ in }
      } catch let error as HistoryStoreError where error.kind == .limited {
        return error
      }
      var equal: [JournalRange] = []
      var time = ""
      var since = stop.environment.now()
      while !stop.isRequested, let entry = try await queue.next() {
        try Task.checkCancellation()
        meter.worker(isActive: true)
        defer { meter.worker(isActive: false) }
        // A change after this time must not look compared.
        if equal.isEmpty {
          time = try await lane.read { try await $0.target.now() }
          since = stop.environment.now()
        }
        let compared: (source: RangeDigest, difference: RangeDifference?)
        do {
          compared = try await lane.read { try await plan.comparison.compare(entry, $0) }
        } catch is StoppedError {
          break
        }
        stop.environment.reach(.inVerify)
        if let difference = compared.difference {
          tally.add(difference)
          let token = stop.environment.word()
          try await lane.read {
            try await journal.markDiffering(entry, error: difference.sentence, token: token, $0.target)
          }
        } else if plan.sample == nil {
          // Rows that were deleted from both tables since: the manifest is to say what was proven.
          if compared.source != entry.digest {
            try await lane.read { try await journal.setManifest(entry, compared.source, $0.target) }
          }
          equal.append(entry)
          if equal.count >= Self.markedRangeCount || stop.environment.now() - since > Self.markInterval {
            try await mark(equal, at: time, lane)
            equal.removeAll()
          }
        }
        tally.add(compared.source)
        meter.finished(rows: compared.source.rowCount, bytes: entry.byteCount ?? 0)
      }
      try await mark(equal, at: time, lane)
      await lane.close()
      return nil
    } catch {
      await lane.close()
      throw error
    }
  }

  private func mark(_ equal: [JournalRange], at time: String, _ lane: ReconnectingLane) async throws {
    guard !equal.isEmpty else { return }
    try await lane.read { try await journal.markVerified(equal, at: time, $0.target) }
  }
}
