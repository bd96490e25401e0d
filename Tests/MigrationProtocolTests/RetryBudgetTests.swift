import HistoryStores
import MigrationBase
import MigrationProtocol
import StudentModuleHistory
import TestSupport
import Testing

/// One place decides for how long a server that went away is waited for: the stop signal of the command.
@Suite struct RetryBudgetTests {
  /// Lanes between servers of which the connections are always lost.
  private struct LostLanes: LaneProvider {
    let pair: StorePair

    var source: any HistoryStore { pair.source }

    var target: any HistoryStore { pair.target }

    func openLane() async throws -> Lane { throw HistoryStoreError(.connectionLost, side: .extended, "went away") }

    func isTargetThere() async throws -> Bool { true }

    func lanes(_ direction: Direction) -> any LaneProvider { self }

    func schema(_ side: HistorySide) -> any SchemaChanges { pair.schema(side) }

    func refuseSameDatabase() async throws {}

    func requirePrivileges(for steps: [PrivilegedStep]) async throws {}
  }

  enum Step: String, CaseIterable {
    case copy, verify, fence, catchUp, repair, drain, rekey

    func run(_ lanes: any LaneProvider, _ stop: StopSignal) async throws {
      let meter = ProgressMeter(phase: rawValue)
      switch self {
      case .copy: _ = try await Copier(lanes: lanes, options: CopyOptions(), stop: stop, meter: meter).run()
      case .verify: _ = try await Verifier(lanes: lanes, stop: stop, meter: meter).run()
      case .fence: _ = try await Fence(lanes: lanes, stop: stop).take()
      case .catchUp: _ = try await CatchUp(lanes: lanes, stop: stop).run { _, _, _ in }
      case .repair: _ = try await Repair(lanes: lanes, stop: stop).run { _, _ in }
      case .drain:
        let flags = HistoryFlags(extendedEnabled: true, readOnlyFromExtended: true)
        _ = try await Drain(lanes: lanes, stop: stop, meter: meter).run(flags: flags)
      case .rekey: _ = try await Rekeyer(lanes: lanes, stop: stop, meter: meter).run { _ in }
      }
    }
  }

  @Test("every step gives up when the budget of its stop signal is used up", arguments: Step.allCases)
  func budget(step: Step) async throws {
    try await EmbeddedPair.with(rows: []) { pair in
      let stop = StopSignal(retryBudget: .milliseconds(200))
      let start = ContinuousClock.now
      do {
        try await step.run(LostLanes(pair: pair), stop)
        Issue.record("it cannot have come to an end")
      } catch MigrationError.retriesExhausted(_, let budget) {
        #expect(budget == .milliseconds(200))
      }
      #expect(ContinuousClock.now - start < .seconds(20))
    }
  }
}
