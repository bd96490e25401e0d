import Foundation
import Synchronization

/// Stands between csmh and a server, and loses the answer to one statement, with its connection, after the server has carried it out: as a
/// network does. Counts statements over all connections. Plain text only (`ssl-mode=disabled`).
///
/// It ends with ``stop()``.
package final class AnswerDroppingProxy: Sendable {
  private struct State {
    var statementCount = 0
    var dropped: String?
    var sockets: Set<Int32> = []
    var isStopped = false
  }

  /// Where it listens, on 127.0.0.1.
  package let port: Int

  private let target: Int
  private let number: Int?
  private let listener: Int32
  private let state = Mutex(State())

  /// - Parameters:
  ///   - target: the server's port.
  ///   - number: which statement's answer is lost, from 1 on; nil for none.
  package init(to target: Int, dropping number: Int?) throws {
    self.target = target
    self.number = number
    (listener, port) = try LoopbackSocket.listening()
    Thread.detachNewThread { self.accept() }
  }

  /// How many statements were sent.
  package var statementCount: Int { state.withLock { $0.statementCount } }

  /// The statement whose answer was lost; nil if there was none yet.
  package var dropped: String? { state.withLock { $0.dropped } }

  package func stop() {
    let sockets = state.withLock { state in
      state.isStopped = true
      return state.sockets
    }
    for socket in sockets.union([listener]) { shutdown(socket, Int32(SHUT_RDWR)) }
    close(listener)
  }

  private func accept() {
    while true {
      let client = Glibc.accept(listener, nil, nil)
      guard client >= 0 else { return }
      let (server, isConnected) = LoopbackSocket.connected(to: target, for: client)
      guard isConnected, state.withLock({ !$0.isStopped }) else {
        close(client)
        close(server)
        continue
      }
      state.withLock { $0.sockets.formUnion([client, server]) }
      let connection = Connection(client: client, server: server)
      Thread.detachNewThread { self.up(connection) }
      Thread.detachNewThread { self.down(connection) }
    }
  }

  private final class Connection: Sendable {
    let client: Int32
    let server: Int32
    let losesAnswer = Atomic<Bool>(false)
    let endCount = Atomic<Int>(0)

    init(client: Int32, server: Int32) {
      self.client = client
      self.server = server
    }
  }

  /// From csmh to the server: finds where statements begin.
  private func up(_ connection: Connection) {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    var pending: [UInt8] = []
    var toSkip = 0
    while true {
      let count = recv(connection.client, &buffer, buffer.count, 0)
      guard count > 0 else { break }
      pending += buffer[..<count]
      // https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_packets.html
      while !pending.isEmpty {
        if toSkip > 0 {
          let part = min(toSkip, pending.count)
          pending.removeFirst(part)
          toSkip -= part
          continue
        }
        guard pending.count >= 5 else { break }
        let length = Int(pending[0]) | Int(pending[1]) << 8 | Int(pending[2]) << 16
        let queryCommand: UInt8 = 3
        if pending[3] == 0, pending[4] == queryCommand {
          note(String(decoding: pending[5..<min(pending.count, length + 4)].prefix(300), as: UTF8.self), connection)
        }
        toSkip = length + 4
      }
      guard LoopbackSocket.send(buffer[..<count], to: connection.server) else { break }
    }
    end(connection)
  }

  private func note(_ statement: String, _ connection: Connection) {
    state.withLock { state in
      state.statementCount += 1
      guard state.statementCount == number else { return }
      state.dropped = statement
      connection.losesAnswer.store(true, ordering: .sequentiallyConsistent)
    }
  }

  /// From the server to csmh.
  private func down(_ connection: Connection) {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = recv(connection.server, &buffer, buffer.count, 0)
      // The answer is there: what the statement does is done.
      guard count > 0, !connection.losesAnswer.load(ordering: .sequentiallyConsistent) else { break }
      guard LoopbackSocket.send(buffer[..<count], to: connection.client) else { break }
    }
    end(connection)
  }

  private func end(_ connection: Connection) {
    for socket in [connection.client, connection.server] { shutdown(socket, Int32(SHUT_RDWR)) }
    // Both directions have ended.
    guard connection.endCount.add(1, ordering: .sequentiallyConsistent).newValue == 2 else { return }
    state.withLock { $0.sockets.subtract([connection.client, connection.server]) }
    close(connection.client)
    close(connection.server)
  }
}
