/// What a server, or the file system of a file, tells of itself: the disk and the log that a copy fills.
package struct StoreSurroundings: Sendable, Hashable, Encodable {
  /// The server or library with its version: `MariaDB 10.11.6`.
  package let server: String

  /// Where the data lies, on the server's machine.
  package let dataDirectory: String?

  /// How many bytes the file system with ``dataDirectory`` has left, or nil if the server does not tell.
  package let freeBytes: UInt64?

  /// Whether the server writes a binary log.
  package let hasBinaryLog: Bool

  package init(server: String, dataDirectory: String?, freeBytes: UInt64?, hasBinaryLog: Bool) {
    self.server = server
    self.dataDirectory = dataDirectory
    self.freeBytes = freeBytes
    self.hasBinaryLog = hasBinaryLog
  }
}
