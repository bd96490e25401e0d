import Foundation
import Synchronization

/// Stands between csmh and a server, and swallows everything from one statement on, as a network does that goes black: no answer comes, and
/// no connection ends. Who vanishes behind it has vanished without a word to the server. Plain text only (`ssl-mode=disabled`).
///
/// It ends with ``stop()``.
package final class BlackHoleProxy: Sendable {
  private struct State {
    var target: Int
    var trigger: (statements: [String], isDelivered: Bool)?
    var isBlack = false
    var blackSince: ContinuousClock.Instant?
    var sockets: [Int32] = []
  }

  /// One connection through the proxy.
  private final class Passage: Sendable {
    let client: Int32
    let server: Int32
    let isSwallowed = Atomic<Bool>(false)

    init(client: Int32, server: Int32) {
      self.client = client
      self.server = server
    }
  }

  /// Where it listens, on 127.0.0.1.
  package let port: Int

  private let listener: Int32
  private let state: Mutex<State>

  package init(to target: Int) throws {
    state = Mutex(State(target: target))
    (listener, port) = try LoopbackSocket.listening()
    Thread.detachNewThread { self.accept() }
  }

  /// Lets the network go black when some texts have come in statements, one after the other, with the last of them.
  ///
  /// - Parameter isDelivered: whether the server still gets the last statement; its answer is swallowed.
  package func goBlack(at statements: [String], isDelivered: Bool) {
    state.withLock { $0.trigger = (statements, isDelivered) }
  }

  /// Since when it is, or was, black.
  package var blackSince: ContinuousClock.Instant? { state.withLock { $0.blackSince } }

  /// New connections get through again; those that were swallowed never end.
  package func heal() { state.withLock { $0.isBlack = false } }

  /// New connections come out at another server, as behind a balancer.
  package func turn(to target: Int) { state.withLock { $0.target = target } }

  package func stop() {
    let sockets = state.withLock { $0.sockets }
    for socket in sockets + [listener] { shutdown(socket, Int32(SHUT_RDWR)) }
    close(listener)
  }

  private func accept() {
    while true {
      let client = Glibc.accept(listener, nil, nil)
      guard client >= 0 else { return }
      let (target, isBlack) = state.withLock { state in
        state.sockets.append(client)
        return (state.target, state.isBlack)
      }
      // Nobody hears that it asks.
      if isBlack { continue }
      let (server, isConnected) = LoopbackSocket.connected(to: target, for: client)
      state.withLock { $0.sockets.append(server) }
      guard isConnected else {
        shutdown(client, Int32(SHUT_RDWR))
        continue
      }
      let passage = Passage(client: client, server: server)
      Thread.detachNewThread { self.pass(from: client, to: server, passage, isUp: true) }
      Thread.detachNewThread { self.pass(from: server, to: client, passage, isUp: false) }
    }
  }

  private func pass(from: Int32, to: Int32, _ passage: Passage, isUp: Bool) {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = recv(from, &buffer, buffer.count, 0)
      if isSwallowed(passage) {
        // Not even the end of a connection arrives.
        guard count > 0 else { return }
        continue
      }
      guard count > 0 else { break }
      if isUp, let isDelivered = triggers(buffer[..<count]) {
        passage.isSwallowed.store(true, ordering: .sequentiallyConsistent)
        if !isDelivered { continue }
      }
      guard LoopbackSocket.send(buffer[..<count], to: to) else { break }
    }
    for socket in [from, to] { shutdown(socket, Int32(SHUT_RDWR)) }
  }

  private func isSwallowed(_ passage: Passage) -> Bool {
    if state.withLock({ $0.isBlack }) { passage.isSwallowed.store(true, ordering: .sequentiallyConsistent) }
    return passage.isSwallowed.load(ordering: .sequentiallyConsistent)
  }

  /// Whether bytes hold the statement with which the network goes black; and whether they still arrive.
  private func triggers(_ bytes: ArraySlice<UInt8>) -> Bool? {
    state.withLock { state in
      guard let trigger = state.trigger, let next = trigger.statements.first,
        Data(bytes).range(of: Data(next.utf8)) != nil
      else { return nil }
      guard trigger.statements.count == 1 else {
        state.trigger = (Array(trigger.statements.dropFirst()), trigger.isDelivered)
        return nil
      }
      (state.trigger, state.isBlack, state.blackSince) = (nil, true, .now)
      return trigger.isDelivered
    }
  }
}
