internal import StudentModuleHistory
internal import Synchronization

/// Which record a request has made for a student module, for clients that save more than once in a request of their own.
///
/// Bounded in number and time: an entry that is gone means one record more in the history, never a wrong one.
final class RecentRequests: Sendable {
  /// A request of a client, and one of the student modules that it saves.
  struct Key: Hashable {
    let requestID: String
    let studentModuleID: UInt64
  }

  /// The saves of one key take turns, so that the second one finds the first one's record.
  final class Entry: Sendable {
    let request = SavingRequest()
    fileprivate let began: ContinuousClock.Instant
    private let turns = Mutex<(isTaken: Bool, waiting: [CheckedContinuation<Void, Never>])>((false, []))

    fileprivate init(began: ContinuousClock.Instant) {
      self.began = began
    }

    func inTurn<Value: Sendable>(_ body: (SavingRequest) async throws -> Value) async throws -> Value {
      await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
        let isFree = turns.withLock { turns in
          defer { turns.isTaken = true }
          if turns.isTaken { turns.waiting.append(continuation) }
          return !turns.isTaken
        }
        if isFree { continuation.resume() }
      }
      defer {
        let next = turns.withLock { turns in
          turns.isTaken = !turns.waiting.isEmpty
          return turns.waiting.isEmpty ? nil : turns.waiting.removeFirst()
        }
        next?.resume()
      }
      return try await body(request)
    }
  }

  private struct State {
    var entries: [Key: Entry] = [:]
    /// The keys by age, the oldest first, from `oldest` on.
    var order: [Key] = []
    var oldest = 0
  }

  private let state = Mutex(State())
  private let limit: Int
  private let lifetime: Duration

  /// - Parameters:
  ///   - limit: the most entries; the oldest make room. Default: 10,000.
  ///   - lifetime: for how long after the first save a later one finds its record. Default: 10 minutes.
  init(limit: Int = 10_000, lifetime: Duration = .seconds(600)) {
    self.limit = limit
    self.lifetime = lifetime
  }

  /// The entry of a key, a new one if there is none that is young enough.
  func entry(_ key: Key, now: ContinuousClock.Instant) -> Entry {
    state.withLock { state in
      while state.oldest < state.order.count, let eldest = state.entries[state.order[state.oldest]],
        now - eldest.began >= lifetime || (state.entries.count >= limit && state.entries[key] == nil)
      {
        state.entries[state.order[state.oldest]] = nil
        state.oldest += 1
      }
      // What was passed over is given back now and then, not at every call.
      if state.oldest > limit {
        state.order.removeFirst(state.oldest)
        state.oldest = 0
      }
      if let entry = state.entries[key] { return entry }
      let entry = Entry(began: now)
      state.entries[key] = entry
      state.order.append(key)
      return entry
    }
  }

  /// How many entries there are.
  var count: Int { state.withLock { $0.entries.count } }
}
