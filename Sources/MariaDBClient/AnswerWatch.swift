internal import CMariaDB
internal import Dispatch
internal import Synchronization

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// Watches the statements of a connection that wait for their answers: a network that swallows packets does not say so, and a statement
/// may take hours.
///
/// Where nothing has come for some seconds, a second connection asks the same server whether the session's statement still runs. If it
/// does, it is waited for, however long. If the server cannot be reached, or says more than once that the session is idle or gone, no
/// answer will come: the socket is shut down, and the statement fails as lost. Of another server's answer, behind a balancer, nothing
/// follows. What is left is the read timeout.
final class AnswerWatch: Sendable {
  /// For how long nothing has to come before it is asked for. Default: 5 seconds.
  static let patience = Duration.seconds(5)

  private struct State {
    var socket: Int32 = -1
    var mark: SessionMark?
    /// Since when a statement waits; nil where none does.
    var since: ContinuousClock.Instant?
    /// Tells statements apart.
    var number: UInt64 = 0
    var misses = 0
    var nextLook: ContinuousClock.Instant?
    var isLooking = false
    var loss: String?
  }

  private let configuration: ConnectionConfiguration
  private let state = Mutex(State())

  init(_ configuration: ConnectionConfiguration) {
    self.configuration = configuration.hasty
  }

  /// The connection stands.
  func connected(_ native: NativeConnection) {
    state.withLock { $0.socket = native.socket }
    AnswerWatchRound.shared.add(self)
  }

  func marked(_ mark: SessionMark?) { state.withLock { $0.mark = mark } }

  /// A statement is about to be sent.
  func begin() {
    let now = ContinuousClock.now
    state.withLock { state in
      state.since = now
      state.number &+= 1
      state.misses = 0
      state.nextLook = now + Self.patience
      state.loss = nil
    }
  }

  /// The statement has returned. Returns why its connection was given up, if it was.
  func end() -> String? {
    state.withLock { state in
      state.since = nil
      return state.loss
    }
  }

  /// Looks whether the answer may still come; called about once a second.
  fileprivate func look() {
    let now = ContinuousClock.now
    let looked = state.withLock { state -> (number: UInt64, mark: SessionMark?)? in
      guard let since = state.since, let nextLook = state.nextLook, now >= nextLook, !state.isLooking, state.loss == nil
      else { return nil }
      let told = csmh_quiet_milliseconds(state.socket)
      let quiet = told < 0 ? now - since : min(now - since, .milliseconds(told))
      guard quiet >= Self.patience else {
        // Bytes are on their way.
        (state.misses, state.nextLook) = (0, now + Self.patience - quiet)
        return nil
      }
      state.isLooking = true
      return (state.number, state.mark)
    }
    guard let looked else { return }
    DispatchQueue.global().async { [self] in
      let finding = Self.find(looked.mark, configuration)
      conclude(finding, looked.number)
    }
  }

  private enum Finding {
    case runs
    /// It cannot be told.
    case unknown
    case miss(String, limit: Int)
  }

  private static func find(_ mark: SessionMark?, _ configuration: ConnectionConfiguration) -> Finding {
    do throws(MariaDBError) {
      let second = try NativeConnection.connect(configuration)
      guard let mark else { return .unknown }
      return switch try second.sighting(of: mark) {
      case .running: .runs
      case .elsewhere: .unknown
      // The answer may just be on its way, or the statement may not have come through yet.
      case .idle: .miss("the server does not run the statement", limit: 3)
      case .gone: .miss("the server does not have the session any more", limit: 2)
      }
    } catch {
      return error.closesConnection ? .miss("the server cannot be reached", limit: 2) : .unknown
    }
  }

  private func conclude(_ finding: Finding, _ number: UInt64) {
    let now = ContinuousClock.now
    state.withLock { state in
      state.isLooking = false
      guard let since = state.since, state.number == number else { return }
      switch finding {
      case .runs: (state.misses, state.nextLook) = (0, now + Self.patience)
      case .unknown: state.nextLook = now + Self.patience * 2
      case .miss(let reason, let limit):
        state.misses += 1
        state.nextLook = now + .seconds(2)
        guard state.misses >= limit else { return }
        state.loss = "no answer for \((now - since).components.seconds) s, and \(reason)"
        // Wakes the thread that waits. The socket is still the connection's: it is closed by that thread alone, after ``end()``.
        _ = shutdown(state.socket, Int32(SHUT_RDWR))
      }
    }
  }
}

/// The one clock of all watches: a timer that runs as long as a connection does.
private final class AnswerWatchRound: Sendable {
  static let shared = AnswerWatchRound()

  private struct Entry {
    weak var watch: AnswerWatch?
  }

  private struct State {
    var entries: [Entry] = []
    var isRunning = false
  }

  private let state = Mutex(State())
  private let queue = DispatchQueue(label: "csmh answers")

  func add(_ watch: AnswerWatch) {
    let starts = state.withLock { state in
      state.entries.append(Entry(watch: watch))
      defer { state.isRunning = true }
      return !state.isRunning
    }
    if starts { tick() }
  }

  private func tick() {
    queue.asyncAfter(deadline: .now() + .seconds(1)) { [self] in
      let watches = state.withLock { state in
        state.entries.removeAll { $0.watch == nil }
        state.isRunning = !state.entries.isEmpty
        return state.entries.compactMap(\.watch)
      }
      for watch in watches { watch.look() }
      if !watches.isEmpty { tick() }
    }
  }
}
