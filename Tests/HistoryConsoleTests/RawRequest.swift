import Foundation
import TestSupport

/// Bytes to a server as they are, for what no HTTP client would send.
enum RawRequest {
  /// Sends bytes and leaves the connection open.
  static func open(_ text: String, port: UInt16) throws -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let connected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard connected == 0 else { throw TestFailure("no connection") }
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      // A server that has seen enough closes.
      guard count > 0 else { break }
      bytes = bytes.dropFirst(count)
    }
    return descriptor
  }

  static func close(_ descriptor: Int32) {
    Foundation.close(descriptor)
  }

  /// Sends more bytes; a server that has closed does not get them.
  static func add(_ text: String, to descriptor: Int32) {
    let bytes = Array(text.utf8)
    _ = bytes.withUnsafeBytes { Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
  }

  /// Sends bytes and reads what comes until the server closes.
  static func send(_ text: String, port: UInt16) async throws -> String {
    await read(try open(text, port: port), isAllSent: true)
  }

  /// Reads what comes until the server closes.
  static func read(_ descriptor: Int32, isAllSent: Bool = false) async -> String {
    await withCheckedContinuation { continuation in
      DispatchQueue(label: "raw").async {
        if isAllSent { shutdown(descriptor, Int32(SHUT_WR)) }
        var collected: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while true {
          let count = recv(descriptor, &buffer, buffer.count, 0)
          guard count > 0 else { break }
          collected += buffer[..<count]
        }
        Foundation.close(descriptor)
        continuation.resume(returning: String(decoding: collected, as: UTF8.self))
      }
    }
  }
}
