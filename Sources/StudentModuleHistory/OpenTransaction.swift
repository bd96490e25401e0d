/// A transaction that is open on a server.
public struct OpenTransaction: Sendable, Hashable, CustomStringConvertible {
  public let connectionID: UInt64
  public let user: String
  public let host: String

  /// For how many seconds it has been open.
  public let seconds: UInt64

  public init(connectionID: UInt64, user: String, host: String, seconds: UInt64) {
    self.connectionID = connectionID
    self.user = user
    self.host = host
    self.seconds = seconds
  }

  public var description: String { "connection \(connectionID) of \(user) from \(host), open for \(seconds) s" }
}
