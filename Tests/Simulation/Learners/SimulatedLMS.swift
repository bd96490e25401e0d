internal import StudentModuleHistory

/// The LMS of a simulated installation: processes that write and delete history while learners work, as Open edX does.
///
/// A process follows the flag that it was started with. When the flag is turned, processes restart one after the other: in between some
/// write to the one table and some to the other.
package final class SimulatedLMS: @unchecked Sendable {
  package let ledger: Ledger
  let world: SimulatedWorld
  let original: SimulatedDatabase
  let extended: SimulatedDatabase
  let options: LearnerOptions

  /// Whether ENABLE_CSMH_EXTENDED is on in the configuration: what starts now follows it.
  package private(set) var isExtendedEnabled: Bool

  /// Whether requests are no longer made.
  package private(set) var isStopped = false

  private(set) var modules: [UInt64]
  private var restarts: [Duration?]
  private var extendedEnabledOf: [Bool]
  private var processes: [SimulatedProcess] = []
  private var generator: SplitMix64

  package init(
    _ world: SimulatedWorld, original: SimulatedDatabase, extended: SimulatedDatabase,
    options: LearnerOptions = LearnerOptions(), isExtendedEnabled: Bool = false
  ) {
    self.world = world
    self.original = original
    self.extended = extended
    self.options = options
    self.isExtendedEnabled = isExtendedEnabled
    let ledger = Ledger(world)
    self.ledger = ledger
    generator = SplitMix64(seed: world.seed, 0x1ea27e5)
    modules = (1...UInt64(max(1, options.moduleCount))).map { $0 }
    restarts = Array(repeating: nil, count: options.processCount)
    extendedEnabledOf = Array(repeating: isExtendedEnabled, count: options.processCount)
    original.fill(studentModuleIDs: modules)
    for database in [original, extended] {
      database.server.onForgetting { ledger.forgot(database.side, since: $0) }
    }
  }

  /// Puts rows into the original table that learners wrote before the simulation began.
  ///
  /// - Parameter gap: how many ids are left out between two rows at most.
  package func fill(rowCount: Int, gap: Int = 2) {
    var id: UInt64 = 0
    var records: [HistoryRecord] = []
    for index in 0..<rowCount {
      id += 1 + UInt64(gap > 0 && generator.oneIn(4) ? generator.below(gap + 1) : 0)
      let age = Int64(rowCount - index) * 60_000_000 + 86_400_000_000
      var record = ledger.draft(
        .original, module: modules[generator.below(modules.count)],
        created: HistoryTimestamp(microsecondsSince1970: SimulatedWorld.firstMicrosecond - age),
        grade: Double(generator.below(100)), filler: generator.below(40))
      record.id = id
      ledger.wrote(record, id: id, .surely)
      records.append(record)
    }
    original.fill(records)
  }

  /// Lets learners work until ``stop()``; returns when the last request has ended.
  package func run() async throws {
    await withTaskGroup(of: Void.self) { group in
      for index in 0..<options.processCount { group.addTask { await self.runProcesses(index) } }
    }
    try Task.checkCancellation()
  }

  /// Lets the requests under way be the last ones.
  package func stop() { isStopped = true }

  /// Whether learners are away, as at night.
  private(set) var isResting = false

  /// Lets learners be away, or come back.
  package func rests(_ isResting: Bool) { self.isResting = isResting }

  /// Changes the flag in the configuration. Processes restart with it within some time, each at a moment of its own.
  package func turn(extendedEnabled: Bool, within duration: Duration) {
    isExtendedEnabled = extendedEnabled
    world.trace("lms", "ENABLE_CSMH_EXTENDED", "\(extendedEnabled)")
    for index in restarts.indices {
      restarts[index] = world.now + .microseconds(generator.below(max(1, Int(duration.microseconds))))
    }
  }

  /// Serves some requests, three at a time, by a process that nobody restarted when the flag was turned: it does not know of the extended table.
  package func straggle(requestCount: Int) async {
    let process = world.process("lms-old.\(processes.count)", host: "lms", hasFaults: false)
    processes.append(process)
    world.trace(process.name, "works", "without the extended table")
    try? await process.run { environment in
      await withTaskGroup(of: Void.self) { group in
        for number in 0..<3 {
          group.addTask {
            var requests = LearnerRequests(self, process, environment, isExtendedEnabled: false, number: 90 + number)
            await requests.serve(count: (requestCount + number) / 3)
          }
        }
      }
    }
  }

  /// Whether all processes follow the flag as it is in the configuration.
  package var followsFlag: Bool { extendedEnabledOf.allSatisfy { $0 == isExtendedEnabled } }

  /// The longest time that a learner has waited for one statement; what a fault lets stall counts too.
  package var longestStatement: Duration { processes.map(\.longestStatement).max() ?? .zero }

  // MARK: Processes

  private func runProcesses(_ index: Int) async {
    var generation = 0
    while !isStopped, !Task.isCancelled {
      generation += 1
      let process = world.process("lms-\(index).\(generation)", host: "lms", hasFaults: options.haveFaults)
      processes.append(process)
      let isExtendedEnabled = isExtendedEnabled
      extendedEnabledOf[index] = isExtendedEnabled
      restarts[index] = nil
      world.trace(process.name, "starts", "ENABLE_CSMH_EXTENDED \(isExtendedEnabled)")
      // A process that crashed is started again after a moment, with the configuration as it is then.
      try? await process.run { environment in
        await withTaskGroup(of: Void.self) { group in
          for number in 0..<self.options.requestCount {
            group.addTask {
              var requests = LearnerRequests(
                self, process, environment, isExtendedEnabled: isExtendedEnabled, number: number)
              await requests.serve { self.isStopped || self.restarts[index].map { $0 <= self.world.now } ?? false }
            }
          }
        }
      }
      guard !isStopped else { return }
      try? await world.scheduler.sleep(for: .milliseconds(100 + generator.below(2_000)), who: "lms-\(index)")
    }
  }

  // MARK: Student modules

  func began(_ module: UInt64) { modules.append(module) }

  func ended(_ module: UInt64) { modules.removeAll { $0 == module } }
}
