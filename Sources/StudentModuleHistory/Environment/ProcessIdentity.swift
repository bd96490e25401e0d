internal import Foundation

/// Who a process is, as the journal and the names of locks tell it to other processes.
public struct ProcessIdentity: Sendable, Hashable {
  /// The machine's name, without colons, of at most 80 characters.
  public let host: String

  /// The process's number on that machine.
  public let pid: Int32

  /// Whether a process of this machine runs, by its number.
  public let isRunning: @Sendable (_ pid: Int32) -> Bool

  public init(host: String, pid: Int32, isRunning: @escaping @Sendable (Int32) -> Bool) {
    self.host = String(host.prefix(80).filter { $0 != ":" })
    self.pid = pid
    self.isRunning = isRunning
  }

  public static func == (left: ProcessIdentity, right: ProcessIdentity) -> Bool {
    left.host == right.host && left.pid == right.pid
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(host)
    hasher.combine(pid)
  }

  /// This process.
  public static let process = ProcessIdentity(
    host: ProcessInfo.processInfo.hostName, pid: ProcessInfo.processInfo.processIdentifier,
    isRunning: { kill($0, 0) == 0 || errno == EPERM })
}
