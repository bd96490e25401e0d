internal import Foundation

/// Who a process is, as the journal and the names of locks tell it to other processes.
package struct ProcessIdentity: Sendable, Hashable {
  /// The machine's name, without colons, of at most 80 characters.
  package let host: String

  /// The process's number on that machine.
  package let pid: Int32

  /// Whether a process of this machine runs, by its number.
  package let isRunning: @Sendable (_ pid: Int32) -> Bool

  package init(host: String, pid: Int32, isRunning: @escaping @Sendable (Int32) -> Bool) {
    self.host = String(host.prefix(80).filter { $0 != ":" })
    self.pid = pid
    self.isRunning = isRunning
  }

  package static func == (left: ProcessIdentity, right: ProcessIdentity) -> Bool {
    left.host == right.host && left.pid == right.pid
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(host)
    hasher.combine(pid)
  }

  /// This process.
  package static let process = ProcessIdentity(
    host: ProcessInfo.processInfo.hostName, pid: ProcessInfo.processInfo.processIdentifier,
    isRunning: { kill($0, 0) == 0 || errno == EPERM })
}
