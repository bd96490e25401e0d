internal import Foundation
internal import Synchronization

/// Places at which a test can let the process die as `kill -9` would: named in the environment variable `CSMH_CRASH_AT`, as
/// `before-commit`, or `before-commit:7` for the seventh time that the place is reached. Without the variable nothing happens.
final class CrashPoints: Sendable {
  static let process = CrashPoints(ProcessInfo.processInfo.environment["CSMH_CRASH_AT"])

  private let wanted: (point: String, count: Int)?
  private let reached = Atomic<Int>(0)

  init(_ text: String?) {
    let parts = text?.split(separator: ":") ?? []
    wanted = parts.first.map { (String($0), parts.count > 1 ? Int(parts[1]) ?? 1 : 1) }
  }

  func reach(_ point: String) {
    guard let wanted, wanted.point == point else { return }
    if reached.wrappingAdd(1, ordering: .relaxed).newValue == wanted.count { kill(getpid(), SIGKILL) }
  }
}
