import Foundation
import HistoryConsole
import StudentModuleHistory
import TestSupport
import Testing

/// Clients that send slowly, or not at all, keep nobody else from being answered, and no connection for ever.
@Suite struct SlowClientTests {
  private static let post =
    "POST /v1/records HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n"

  private func port(_ served: ServedHistory) throws -> UInt16 {
    try #require(UInt16(served.url.split(separator: ":").last ?? ""))
  }

  @Test(
    "bodies that do not end take nobody's place, whatever token comes with them",
    arguments: [
      "", "Authorization: Bearer \(ServedHistory.readToken)\r\n",
      "Authorization: Bearer \(ServedHistory.writeToken)\r\n",
    ])
  func bodies(authorization: String) async throws {
    let tokens = try BearerTokens(read: ServedHistory.readToken, write: ServedHistory.writeToken)
    try await ServedHistory.with(tokens: tokens, configure: { $0.maximumConcurrentRequests = 2 }) { served in
      let port = try port(served)
      let slow = try (0..<50).map { _ in try RawRequest.open(Self.post + authorization + "\r\n{", port: port) }
      try await Task.sleep(for: .milliseconds(200))
      for _ in 0..<5 {
        let answer = try await HTTPClient(served.url).get(
          "/v1/flags", headers: ["Authorization": "Bearer \(ServedHistory.readToken)"])
        #expect(answer.status == 200, "\(answer.text)")
      }
      for descriptor in slow { RawRequest.close(descriptor) }
    }
  }

  @Test("a head that does not come in time ends the connection; so does a body that does not end")
  func deadlines() async throws {
    try await ServedHistory.with(configure: {
      $0.headTimeout = .milliseconds(300)
      $0.bodyTimeout = .milliseconds(300)
    }) { served in
      let port = try port(served)
      let start = ContinuousClock.now
      let heads = try ["", "GET /hea", "GET /health HTTP/1.1\r\nX: "].map { try RawRequest.open($0, port: port) }
      for head in heads { #expect(await RawRequest.read(head) == "") }
      #expect(ContinuousClock.now - start < .seconds(8))
      // Nothing more comes of the one, a byte now and then of the other.
      let silent = try RawRequest.open(Self.post + "\r\n{", port: port)
      let dribbling = try RawRequest.open(Self.post + "\r\n{", port: port)
      for _ in 0..<8 {
        try await Task.sleep(for: .milliseconds(100))
        RawRequest.add(" ", to: dribbling)
      }
      #expect(await RawRequest.read(dribbling).hasPrefix("HTTP/1.1 408"))
      #expect(await !RawRequest.read(silent).contains("201"))
      #expect(ContinuousClock.now - start < .seconds(12))
      #expect(try await served.client.get("/health").status == 200)
      #expect(!served.log.lines.contains { $0.hasPrefix("error") }, "\(served.log.lines)")
    }
  }

  @Test("more connections than the limit wait until others are closed, and are served then")
  func connections() async throws {
    try await ServedHistory.with(configure: {
      $0.maximumConnections = 3
      $0.headTimeout = .milliseconds(500)
    }) { served in
      let port = try port(served)
      let holders = try (0..<3).map { _ in try RawRequest.open("GET /", port: port) }
      try await Task.sleep(for: .milliseconds(100))
      let answer = try await RawRequest.send("GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", port: port)
      #expect(answer.hasPrefix("HTTP/1.1 200"))
      for holder in holders { RawRequest.close(holder) }
    }
  }

  @Test("bodies that are not whole have a limit of bytes together")
  func bytes() async throws {
    try await ServedHistory.with(configure: { $0.maximumPendingBodyBytes = 700 }) { served in
      let port = try port(served)
      let first = try RawRequest.open(Self.post + "\r\n" + String(repeating: " ", count: 600), port: port)
      try await Task.sleep(for: .milliseconds(100))
      let second = try RawRequest.open(Self.post + "\r\n" + String(repeating: " ", count: 600), port: port)
      #expect(await RawRequest.read(second).hasPrefix("HTTP/1.1 503"))
      RawRequest.close(first)
      try await Task.sleep(for: .milliseconds(100))
      let body = #"{"student_module_id": 1, "modified": "2026-01-01T00:00:00", "state": null}"#
      let head = "POST /v1/records HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"
      let third = try await RawRequest.send(head + "Content-Length: \(body.utf8.count)\r\n\r\n" + body, port: port)
      #expect(third.hasPrefix("HTTP/1.1 201"), "\(third)")
    }
  }
}
