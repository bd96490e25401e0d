/// The two secrets that clients show (RFC 6750): one to read, and one to write, which reads as well.
///
/// Without a token nothing is asked of clients, which is for loopback only.
package struct BearerTokens: Sendable {
  /// What a client may do.
  enum Access: Int, Sendable, Comparable {
    case read
    case write

    static func < (left: Access, right: Access) -> Bool { left.rawValue < right.rawValue }
  }

  /// The shortest token, in characters.
  package static let minimumLength = 16

  private let read: [UInt8]?
  private let write: [UInt8]?

  /// No tokens.
  package static let none = BearerTokens(readBytes: nil, writeBytes: nil)

  private init(readBytes: [UInt8]?, writeBytes: [UInt8]?) {
    read = readBytes
    write = writeBytes
  }

  /// - Throws: ``HistoryServerError`` for a token that is too short, has other than visible ASCII characters, or is the other one.
  package init(read: String?, write: String?) throws(HistoryServerError) {
    for (name, token) in [("read", read), ("write", write)] {
      guard let token else { continue }
      guard token.utf8.count >= Self.minimumLength, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
        throw .unfitToken(name)
      }
    }
    if let read, read == write { throw .sameTokens }
    self.init(readBytes: read.map { Array($0.utf8) }, writeBytes: write.map { Array($0.utf8) })
  }

  /// Whether both are set, as it must be where others than this machine can connect.
  package var areComplete: Bool { read != nil && write != nil }

  /// Whether none is set.
  package var areAbsent: Bool { read == nil && write == nil }

  /// Whether clients need a token for something that takes `access`.
  ///
  /// With a read token alone nobody can write; with a write token alone everybody can read.
  func protects(_ access: Access) -> Bool {
    switch access {
    case .read: read != nil
    case .write: !areAbsent
    }
  }

  /// What the value of an `Authorization` field allows, or nil if it shows no token that is known.
  func access(authorization: String?) -> Access? {
    guard let authorization, let space = authorization.utf8.firstIndex(of: UInt8(ascii: " ")),
      authorization[..<space].lowercased() == "bearer"
    else { return nil }
    let shown = Array(authorization[space...].utf8.drop { $0 == UInt8(ascii: " ") })
    // Both are compared in any case, so that the time tells neither which one it is nor how much of it is right.
    let writes = Self.isEqual(shown, write)
    let reads = Self.isEqual(shown, read)
    return writes ? .write : reads ? .read : nil
  }

  /// Takes a time that depends on the length of what was shown alone.
  private static func isEqual(_ shown: [UInt8], _ token: [UInt8]?) -> Bool {
    guard let token else { return false }
    var difference = shown.count ^ token.count
    for index in shown.indices { difference |= Int(shown[index] ^ token[index % token.count]) }
    return difference == 0
  }
}

extension BearerTokens: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String { "(hidden)" }
  package var debugDescription: String { "(hidden)" }
  package var customMirror: Mirror { Mirror(self, children: [:]) }
}
