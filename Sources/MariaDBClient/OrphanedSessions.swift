internal import Synchronization

/// Sessions of this process whose connections were lost: their servers may not know it yet, and keep their locks. The next connection to
/// the same server ends them, and no other: each is known by its ``SessionMark``.
final class OrphanedSessions: Sendable {
  static let shared = OrphanedSessions()

  /// Where and as whom.
  private struct Place: Hashable {
    let endpoint: ConnectionConfiguration.Endpoint
    let user: String?

    init(_ configuration: ConnectionConfiguration) {
      (endpoint, user) = (configuration.endpoint, configuration.user)
    }
  }

  /// The most that are remembered for a place: what is lost all the time is in the hands of the server's own limits.
  private static let limit = 64

  private let orphans = Mutex<[Place: [SessionMark]]>([:])

  /// A connection was lost.
  func add(_ mark: SessionMark, _ configuration: ConnectionConfiguration) {
    // What cannot be proven is not killed.
    guard mark.lock != nil else { return }
    orphans.withLock { orphans in
      let marks = orphans[Place(configuration), default: []] + [mark]
      orphans[Place(configuration)] = marks.suffix(Self.limit)
    }
  }

  /// Ends those that a new connection finds on its server. What fails is left to the server's limits.
  func end(over native: NativeConnection, _ configuration: ConnectionConfiguration) throws(MariaDBError) {
    let marks = orphans.withLock { $0.removeValue(forKey: Place(configuration)) } ?? []
    for mark in marks where native.proven(mark) != nil {
      do throws(MariaDBError) {
        try native.send(StatementText("KILL \(mark.connectionID)"))
      } catch {
        // It ended in between, or may not be killed by this account.
        guard !error.closesConnection else { throw error }
      }
    }
  }
}
