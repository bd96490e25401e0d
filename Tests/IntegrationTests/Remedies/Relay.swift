import Foundation
import TestSupport

/// Lets a server on this machine believe that its clients come from another host, 127.0.0.2.
struct Relay: Sendable {
  let port: UInt16
  private let command: Command
  private let file: URL

  private static let program = """
    import socket, sys, threading
    server = socket.create_server(("127.0.0.1", 0))
    with open(sys.argv[2] + ".new", "w") as file: file.write(str(server.getsockname()[1]))
    __import__("os").rename(sys.argv[2] + ".new", sys.argv[2])
    def pump(one, other):
        try:
            while data := one.recv(65536): other.sendall(data)
        except OSError: pass
        for end in (one, other):
            try: end.shutdown(socket.SHUT_RDWR)
            except OSError: pass
    while True:
        one, _ = server.accept()
        other = socket.create_connection(("127.0.0.1", int(sys.argv[1])), source_address=("127.0.0.2", 0))
        for ends in ((one, other), (other, one)):
            threading.Thread(target=pump, args=ends, daemon=True).start()
    """

  /// Starts one in front of a server.
  static func start(_ server: TestServer) async throws -> Relay {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("csmh-relay-\(UUID().uuidString)")
    let command = try Command(
      "/usr/bin/env", ["python3", "-c", program, "\(server.port)", file.path], environment: [:])
    while command.isRunning {
      if let text = try? String(contentsOf: file, encoding: .utf8), let port = UInt16(text) {
        return Relay(port: port, command: command, file: file)
      }
      try await Task.sleep(for: .milliseconds(20))
    }
    throw TestFailure("the relay did not start: \(await command.wait().error)")
  }

  /// Connects, and breaks off before it has logged in.
  func breakOff() async throws {
    let result = try await Command.run(
      "/usr/bin/env",
      [
        "python3", "-c",
        "import socket, sys; c = socket.create_connection(('127.0.0.1', int(sys.argv[1]))); c.recv(9); c.close()",
        "\(port)",
      ], environment: [:])
    guard result.status == 0 else { throw TestFailure(result.error) }
  }

  func stop() async {
    // A test run may have its children ignore more polite signals.
    command.send(SIGKILL)
    _ = await command.wait()
    try? FileManager.default.removeItem(at: file)
  }
}
