package import StudentModuleHistory

/// A process that copies, as the journal names it: host, process and a random word.
///
/// A holder is alive while its connection holds a lock of its name on the target's server, or, where nothing tells that, while its
/// process runs.
/// This only decides how soon a dead process's ranges are taken over; that a range is never copied twice is guarded by the lease's
/// token in the very transaction that would do it.
package struct LeaseHolder: Sendable, Hashable, CustomStringConvertible {
  /// `host:pid:word`
  package let description: String

  private let identity: ProcessIdentity

  package init(_ environment: Environment) {
    identity = environment.identity
    description = "\(identity.host):\(identity.pid):\(environment.word().prefix(8))"
  }

  private static func lockName(of holder: String) -> String {
    // Servers allow 64 characters: https://dev.mysql.com/doc/refman/8.4/en/locking-functions.html
    "csmh:" + holder.suffix(50)
  }

  /// Lets others see that this holder lives, as long as the session's connection does.
  package func announce(_ session: any HistorySession) async throws {
    _ = try await session.hold(Self.lockName(of: description), wait: 0)
  }

  /// Whether another holder lives, as far as can be told; in doubt it does, and its lease runs out.
  func isAlive(_ holder: String, _ session: any HistorySession) async throws -> Bool {
    if let isHeld = try await session.isHeld(Self.lockName(of: holder)) { return isHeld }
    let parts = holder.split(separator: ":")
    guard parts.count == 3, let pid = Int32(parts[1]), parts[0] == identity.host else { return true }
    return identity.isRunning(pid)
  }
}
