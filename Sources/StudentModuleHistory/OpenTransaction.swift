/// A transaction that is open on a server.
package struct OpenTransaction: Sendable, Hashable, CustomStringConvertible {
  package let connectionID: UInt64
  package let user: String
  package let host: String

  /// For how many seconds it has been open.
  package let seconds: UInt64

  package init(connectionID: UInt64, user: String, host: String, seconds: UInt64) {
    self.connectionID = connectionID
    self.user = user
    self.host = host
    self.seconds = seconds
  }

  package var description: String { "connection \(connectionID) of \(user) from \(host), open for \(seconds) s" }
}
