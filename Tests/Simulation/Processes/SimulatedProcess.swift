package import StudentModuleHistory

/// A process of a simulation: one csmh, or one process of the LMS, with its machine's clock, its chance and its connections.
///
/// When it crashes, its task is cancelled, every verb and sleep of it fails at once and does nothing, and its servers roll back what
/// its connections had open when they find out.
package final class SimulatedProcess: @unchecked Sendable {
  package let name: String
  package let identity: ProcessIdentity

  /// Whether it has died.
  package private(set) var isCrashed = false

  /// Whether faults are drawn for it: connections that are lost, crashes. A server's death meets everybody.
  package let hasFaults: Bool

  /// The longest time that one of its statements has taken.
  package private(set) var longestStatement = Duration.zero

  /// Whether it works at the moment.
  private(set) var isRunning = false

  let world: SimulatedWorld

  /// By how much its machine's clock is ahead.
  private let clockOffset: Duration
  private var generator: SplitMix64
  private var connections: [ServerConnection] = []
  private var cancel: (() -> Void)?

  /// Until when it stands still.
  private var frozenUntil = Duration.zero

  /// Where it is to die, and how many times it still gets there until then.
  private var deaths: [String: Int] = [:]

  init(
    _ world: SimulatedWorld, name: String, host: String, pid: Int32, clockOffset: Duration, hasFaults: Bool
  ) {
    self.world = world
    self.name = name
    self.clockOffset = clockOffset
    self.hasFaults = hasFaults
    identity = ProcessIdentity(host: host, pid: pid) { [weak world] in world?.isRunning(host: host, pid: $0) ?? false }
    generator = SplitMix64(seed: world.seed, 0x960ce55, UInt64(pid))
  }

  /// What the process has of the world.
  package var environment: Environment {
    Environment(
      now: { SimulatedWorld.beginning + self.world.scheduler.now },
      microsecondsSince1970: {
        SimulatedWorld.firstMicrosecond + (self.world.scheduler.now + self.clockOffset).microseconds
      },
      sleep: { duration in
        guard !self.isCrashed else {
          await Task.yield()
          throw CancellationError()
        }
        try await self.world.scheduler.sleep(for: duration, who: self.name)
        await self.thaw()
        if self.isCrashed { throw CancellationError() }
      },
      random: { self.generator.next() }, identity: identity, reach: { self.reach($0) })
  }

  /// Runs the process.
  ///
  /// - Throws: ``ProcessCrash`` if it died; else what `body` throws.
  package func run<Value: Sendable>(
    _ body: @escaping @Sendable (Environment) async throws -> Value
  ) async throws -> Value {
    world.scheduler.assertOnLoop()
    guard !isCrashed else { throw ProcessCrash(process: name) }
    let environment = environment
    let task = Task(executorPreference: world.scheduler) { try await body(environment) }
    cancel = { task.cancel() }
    isRunning = true
    defer {
      isRunning = false
      cancel = nil
    }
    let result = await withTaskCancellationHandler {
      await task.result
    } onCancel: {
      task.cancel()
    }
    guard !isCrashed else { throw ProcessCrash(process: name) }
    return try result.get()
  }

  /// Kills the process as `kill -9` would.
  package func crash() {
    guard !isCrashed else { return }
    isCrashed = true
    isRunning = false
    world.trace(name, "process", "crashes")
    for connection in connections { connection.lose(within: world.dice.plan.longestLateRollback) }
    connections = []
    cancel?()
  }

  /// Lets it stand still for a while. What its servers do goes on.
  package func freeze(for duration: Duration) {
    world.trace(name, "process", "stands still for \(duration.secondsText) s")
    frozenUntil = max(frozenUntil, world.now + duration)
  }

  /// Waits until it goes on.
  func thaw() async {
    while frozenUntil > world.now, !isCrashed, !world.scheduler.isOver {
      await world.scheduler.pause(for: frozenUntil - world.now)
    }
  }

  /// Lets it die at a place.
  ///
  /// - Parameter count: how many times it gets there, the last one included.
  package func crash(at point: String, count: Int = 1) { deaths[point] = count }

  private func reach(_ point: String) {
    guard !isCrashed else { return }
    world.reached(point)
    if let left = deaths[point] {
      deaths[point] = left - 1
      if left == 1 {
        world.trace(name, "reaches \(point)", "dies there")
        crash()
        return
      }
    }
    guard hasFaults else { return }
    if world.dice.strikes(.freeze) { freeze(for: world.dice.delay(below: world.dice.plan.longestFreeze)) }
    guard world.dice.strikes(.crashAtPoint) else { return }
    world.trace(name, "reaches \(point)", "dies there")
    crash()
  }

  /// - Throws: `cancelled`, which nobody tries again.
  func refuseIfCrashed() async throws(HistoryStoreError) {
    await world.scheduler.yieldIfOver()
    guard isCrashed else { return }
    // Whoever tries it again all the same must not keep the thread.
    await Task.yield()
    throw HistoryStoreError(.cancelled, "the process \(name) has crashed")
  }

  /// A statement has ended after some time.
  func waited(_ duration: Duration) { longestStatement = max(longestStatement, duration) }

  /// A server ends one of its sessions that are silent in a transaction. Returns whether there was one.
  func endSilentSession(besides speaking: ServerConnection) -> Bool {
    let silent = connections.filter { $0 !== speaking && $0.transaction != nil && !$0.isSpeaking }
    guard !silent.isEmpty else { return false }
    let victim = silent[world.dice.below(silent.count)]
    world.trace(name, "\(victim.number) silent", "ended by \(victim.server.name)")
    victim.end()
    return true
  }

  func opened(_ connection: ServerConnection) { connections.append(connection) }

  /// Forgets what would keep the simulation in memory.
  func dismantle() {
    connections = []
    cancel = nil
  }

  func closed(_ connection: ServerConnection) { connections.removeAll { $0 === connection } }
}

/// A process has died.
package struct ProcessCrash: Error, Sendable, CustomStringConvertible {
  package let process: String

  package var description: String { "the process \(process) has crashed" }
}
