internal import StudentModuleHistory

/// A connection as both its ends see it.
final class ServerConnection: @unchecked Sendable, CustomStringConvertible {
  let number: UInt64
  let server: SimulatedServer
  let process: SimulatedProcess

  /// Whether the server still has it.
  private(set) var isOpen = true

  /// Whether the client can use it.
  private(set) var isLost = false

  /// What was begun and has not ended.
  var transaction: Transaction?

  /// A statement that is its own transaction.
  var statement: Transaction?

  /// False while it locks a table: what it does then is committed when the lock ends.
  var commitsEachStatement = true

  /// The table that it has locked, and what holds the lock.
  var lockedTable: (table: any AnyTable, mode: LockMode, owner: Transaction)?

  /// For how long it waits for the row locks of others.
  var lockWait = usualLockWait

  static let usualLockWait = Duration.seconds(50)

  /// For how long a change of a table waits for whoever uses it.
  let definitionWait = Duration.seconds(2)

  /// What it waits for on the server.
  private var wait: Wait?

  private var isBusy = false

  /// Whether a statement of it is on its way or runs.
  var isSpeaking: Bool { isBusy }

  private var turns: [Wait] = []

  init(number: UInt64, server: SimulatedServer, process: SimulatedProcess) {
    self.number = number
    self.server = server
    self.process = process
  }

  var description: String { "connection \(number) of \(process.name) to \(server.name)" }

  var lost: HistoryStoreError { HistoryStoreError(.connectionLost, "the \(self) was lost") }

  func waits(_ wait: Wait?) { self.wait = wait }

  /// The client cannot use it any more. The server finds out within some time, and holds its locks until then.
  func lose(within limit: Duration) {
    guard !isLost else { return }
    isLost = true
    process.closed(self)
    wait?.end(.failed(lost))
    for turn in turns { turn.end(.failed(lost)) }
    let delay = server.world.dice.delay(below: limit)
    if delay == .zero {
      end()
    } else {
      server.world.scheduler.at(server.world.now + delay) { self.end() }
    }
  }

  /// The server ends it: what is open is rolled back, what is held is freed.
  func end() {
    guard isOpen else { return }
    isOpen = false
    if !isLost {
      isLost = true
      process.closed(self)
    }
    wait?.end(.failed(lost))
    for turn in turns { turn.end(.failed(lost)) }
    server.ended(self)
  }

  // MARK: One statement at a time

  func takeTurn() async throws {
    guard isBusy else {
      isBusy = true
      return
    }
    let turn = Wait(server.world.scheduler, "its turn on the \(self)", who: process.name)
    turns.append(turn)
    let outcome = await turn.value()
    turns.removeAll { $0 === turn }
    switch outcome {
    case .granted: return
    case .failed(let error): throw error
    default: throw HistoryStoreError(.cancelled, "cancelled")
    }
  }

  func passTurn() {
    isBusy = false
    guard !turns.isEmpty else { return }
    isBusy = true
    turns.removeFirst().end(.granted)
  }
}

extension ServerConnection {
  var cancelled: HistoryStoreError { HistoryStoreError(.cancelled, "cancelled on the \(self)") }
}
