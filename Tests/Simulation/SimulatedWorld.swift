package import StudentModuleHistory

/// Servers, processes, chance and time of one simulation. Everything in it follows from the seed and the plan.
///
/// Make servers and processes before or while it runs; touch them only inside of ``run(_:)``, or after it has ended.
///
///     let world = SimulatedWorld(seed: seed, faults: .everything(budget: 40))
///     let original = world.server("first").database("edxapp", .original)
///     let extended = world.server("second").database("edxapp_csmh", .extended, hasJournal: true)
///     let lms = SimulatedLMS(world, original: original, extended: extended)
///     lms.fill(rowCount: 200)
///     try await world.run {
///       try await withThrowingTaskGroup(of: Void.self) { group in
///         group.addTask { try await lms.run() }
///         try await world.persist("csmh") { process, environment in
///           let lanes = SimulatedLanes(.there, original: original, extended: extended, for: process)
///           // What is attacked goes here, with the lanes and the environment.
///         }
///         lms.stop()
///         try await group.waitForAll()
///       }
///     }
///     #expect(lms.ledger.contradictions(original: original.records, extended: extended.records) == [])
package final class SimulatedWorld: @unchecked Sendable {
  package let seed: UInt64
  package let scheduler: Scheduler

  /// What happened.
  package let trace: Trace

  /// How often each verb was called.
  package private(set) var verbCounts: [String: Int] = [:]

  /// How often processes got to each place at which they may die.
  package private(set) var pointCounts: [String: Int] = [:]

  let dice: FaultDice
  private var servers: [SimulatedServer] = []
  private var processes: [SimulatedProcess] = []

  /// The instant at which every simulation begins. Only differences count.
  static let beginning = ContinuousClock.now

  /// The time of the day at which every simulation begins: 2026-01-01 00:00:00 UTC.
  static let firstMicrosecond: Int64 = 1_767_225_600_000_000

  /// - Parameters:
  ///   - order: in which order jobs run that are ready at the same time.
  ///   - stepLimit: how many jobs may run before the simulation is said not to end.
  ///   - timeLimit: how much virtual time may pass before that is said.
  package init(
    seed: UInt64, faults: FaultPlan = .none, order: JobOrder = .drawn, stepLimit: Int = 5_000_000,
    timeLimit: Duration = .seconds(86_400), keptLineCount: Int = 20_000
  ) {
    self.seed = seed
    scheduler = Scheduler(seed: seed, order: order, stepLimit: stepLimit, timeLimit: timeLimit)
    trace = Trace(keptLineCount: keptLineCount)
    dice = FaultDice(seed: seed, plan: faults, scheduler: scheduler)
    scheduler.unfinished = { [unowned self] in
      processes.filter(\.isRunning).map { "\($0.name) has not ended" }
    }
  }

  /// Runs `body` inside of the simulation, until it has ended. A world can do that once.
  ///
  /// - Throws: ``SimulationFailure``; what `body` throws.
  package func run(_ body: @escaping @Sendable () async throws -> Void) async throws {
    defer { dismantle() }
    try await scheduler.run(body)
  }

  /// Servers, processes and their tasks know the world and each other: without an end they would stay in memory.
  private func dismantle() {
    scheduler.dismantle()
    for server in servers { server.dismantle() }
    for process in processes { process.dismantle() }
    servers = []
    processes = []
  }

  /// The virtual time since the simulation began.
  package var now: Duration { scheduler.now }

  /// How often what went wrong.
  package var faultCounts: [FaultKind: Int] { dice.counts }

  /// How often what could have gone wrong, where the plan has a single fault.
  package var momentCounts: [FaultKind: Int] { dice.momentCounts }

  /// When something went wrong last; the beginning where nothing did.
  package var lastFault: Duration { dice.lastFault }

  /// Keeps all faults for later, or lets them come.
  package func holdFaults(_ isHeld: Bool) { dice.isHeld = isHeld }

  /// Ends all faults; every command has to come to its end from now on.
  package func ceaseFaults() { dice.cease() }

  /// - Parameter clockOffset: by how much its clock is ahead.
  package func server(
    _ name: String, clockOffset: Duration = .zero, keepsCounters: Bool = true
  ) -> SimulatedServer {
    let server = SimulatedServer(self, name: name, clockOffset: clockOffset, keepsCounters: keepsCounters)
    servers.append(server)
    return server
  }

  /// - Parameters:
  ///   - clockOffset: by how much its machine's clock is ahead.
  ///   - hasFaults: whether faults are drawn for it.
  package func process(
    _ name: String, host: String = "host", clockOffset: Duration = .zero, hasFaults: Bool = true
  ) -> SimulatedProcess {
    let process = SimulatedProcess(
      self, name: name, host: host, pid: Int32(processes.count + 101), clockOffset: clockOffset, hasFaults: hasFaults)
    processes.append(process)
    return process
  }

  /// Runs a command in a process of its own. One that dies is started again after a moment, as another process.
  ///
  /// - Throws: what `body` throws in a process that did not die.
  package func persist<Value: Sendable>(
    _ name: String, host: String = "host", clockOffset: Duration = .zero, after pause: Duration = .seconds(2),
    _ body: @escaping @Sendable (SimulatedProcess, Environment) async throws -> Value
  ) async throws -> Value {
    var generation = 1
    while true {
      let process = process("\(name).\(generation)", host: host, clockOffset: clockOffset)
      do {
        return try await process.run { try await body(process, $0) }
      } catch is ProcessCrash {
        generation += 1
        try await scheduler.sleep(for: pause, who: name)
      }
    }
  }

  func isRunning(host: String, pid: Int32) -> Bool {
    processes.contains { $0.identity.host == host && $0.identity.pid == pid && $0.isRunning }
  }

  /// Writes down a step.
  func trace(_ who: String, _ what: String, _ outcome: String) { trace.add(scheduler.now, who, what, outcome) }

  func called(_ verb: String) { verbCounts[verb, default: 0] += 1 }

  func reached(_ point: String) { pointCounts[point, default: 0] += 1 }
}
