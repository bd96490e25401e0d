import Foundation

/// What the proxies have in common: sockets on 127.0.0.1.
enum LoopbackSocket {
  /// Listens on a free port.
  static func listening() throws -> (socket: Int32, port: Int) {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = address(0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        bind(listener, pointer, length) | listen(listener, 64) | getsockname(listener, pointer, &length)
      }
    }
    guard status == 0 else { throw TestFailure("no port for a proxy: \(errno)") }
    return (listener, Int(UInt16(bigEndian: address.sin_port)))
  }

  /// Connects to a port, for a client that has come; neither of the two sockets waits for more bytes before it sends.
  ///
  /// - Returns: the socket, and whether it is connected.
  static func connected(to port: Int, for client: Int32) -> (socket: Int32, isConnected: Bool) {
    let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = address(port)
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    var one: Int32 = 1
    for socket in [client, server] {
      setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    }
    return (server, status == 0)
  }

  /// Sends all of some bytes. Returns false if the other end is gone.
  static func send(_ bytes: ArraySlice<UInt8>, to socket: Int32) -> Bool {
    var rest = bytes
    while !rest.isEmpty {
      let sent = rest.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      guard sent > 0 else { return false }
      rest = rest.dropFirst(sent)
    }
    return true
  }

  private static func address(_ port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return address
  }
}
