import MigrationBase
import MigrationJournal
import MigrationProtocol
import Simulation
import StudentModuleHistory
import Testing

/// A source that ends its locks before the target has committed.
@Suite struct ConfirmationTests {
  /// Copies a bench's ten rows, and has the source's session ended at one of the moments at which it could be.
  private func copied(_ number: Int) async throws -> (states: [String], differs: Bool, moments: Int) {
    var plan = FaultPlan()
    plan.single = FaultPlan.Single(.silence, number)
    let bench = Bench(faults: plan)
    bench.extended.setCounter(to: 10_000)
    bench.extended.fill(
      .migration,
      [
        .id: .unsigned(1), .identity: .text("simulated"), .journalVersion: .unsigned(UInt64(Journal.version)),
        .csmhVersion: .text(csmhVersion), .createdAt: .text("2026-01-01 00:00:00.000000"),
        .phase: .text(Phase.provisioned.rawValue), .startingID: .unsigned(10_000),
        .originalTable: .text("edxapp"), .extendedTable: .text("edxapp_csmh"),
      ])
    try await bench.run {
      _ = try await bench.process.run { environment in
        try await Copier(
          lanes: SimulatedLanes(.there, original: bench.original, extended: bench.extended, for: bench.process),
          options: CopyOptions(workerCount: 1, sizer: RangeSizer(maximumRowCount: 5)), stop: StopSignal(environment),
          meter: ProgressMeter(phase: "copy")
        ).run().rowCount
      }
    }
    return (
      bench.extended.rows(of: .range).compactMap { $0[.state]?.textValue },
      bench.extended.records != bench.original.records, bench.world.momentCounts[.silence] ?? 0
    )
  }

  @Test("whenever the source's session ends, every range is copied and compared in the end")
  func everyMoment() async throws {
    let moments = try await copied(0).moments
    #expect(moments > 20)
    for number in 1...moments {
      let (states, differs, _) = try await copied(number)
      #expect(!states.isEmpty && states.allSatisfy { $0 == "copied" }, "moment \(number): \(states)")
      #expect(!differs, "moment \(number)")
    }
  }
}
