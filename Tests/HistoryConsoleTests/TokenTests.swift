import HistoryConsole
import StudentModuleHistory
import TestSupport
import Testing

/// Who may read and who may write.
@Suite(.limitedConcurrency) struct TokenTests {
  private static let body = "{\"student_module_id\": 1, \"modified\": \"2015-10-16T12:53:20Z\", \"state\": null}"

  /// The statuses of a read, a write and a deletion.
  private static func statuses(_ served: ServedHistory, _ token: String?) async throws -> [Int] {
    let client = HTTPClient(served.url, token: token)
    return [
      try await client.get("/v1/student-modules/1/history").status, try await client.post("/v1/records", body).status,
      try await client.delete("/v1/student-modules/2/history").status,
    ]
  }

  @Test("the read token reads, the write token reads and writes, and nothing else is let in")
  func both() async throws {
    let tokens = try BearerTokens(read: ServedHistory.readToken, write: ServedHistory.writeToken)
    try await ServedHistory.with(tokens: tokens) { served in
      #expect(try await Self.statuses(served, ServedHistory.readToken) == [200, 403, 403])
      #expect(try await Self.statuses(served, ServedHistory.writeToken) == [200, 201, 200])
      for wrong in [nil, "", "a", ServedHistory.readToken + "x", String(ServedHistory.writeToken.dropLast()), "é"] {
        #expect(try await Self.statuses(served, wrong) == [401, 401, 401], "\(wrong ?? "none")")
      }
      let refused = try await served.client.get("/v1/flags")
      #expect(refused.headers["www-authenticate"] == "Bearer realm=\"csmh\"")
      #expect(refused.detail == "a bearer token is needed, and none that is known was sent")
      for scheme in ["Basic", "bearerx", ""] {
        let answer = try await served.client.get(
          "/v1/flags", headers: ["Authorization": "\(scheme) \(ServedHistory.writeToken)"])
        #expect(answer.status == 401, "\(scheme)")
      }
      #expect(
        try await served.client.get("/v1/flags", headers: ["Authorization": "bearer  \(ServedHistory.readToken)"])
          .status
          == 200)
      for open in ["/health", "/ready", "/openapi.json"] {
        #expect(try await served.client.get(open).status == 200, "\(open)")
      }
      #expect(!served.log.lines.joined().contains("a-token"))
    }
  }

  @Test("with a read token alone nobody writes; with a write token alone everybody reads")
  func single() async throws {
    try await ServedHistory.with(tokens: try BearerTokens(read: ServedHistory.readToken, write: nil)) {
      served async throws in
      #expect(try await Self.statuses(served, nil) == [401, 401, 401])
      #expect(try await Self.statuses(served, ServedHistory.readToken) == [200, 403, 403])
    }
    try await ServedHistory.with(tokens: try BearerTokens(read: nil, write: ServedHistory.writeToken)) {
      served async throws in
      #expect(try await Self.statuses(served, nil) == [200, 401, 401])
      #expect(try await Self.statuses(served, ServedHistory.writeToken) == [200, 201, 200])
    }
  }

  @Test("a token that is short, has odd characters or is the other one is refused, and tokens do not show themselves")
  func unfit() throws {
    #expect(throws: HistoryServerError.unfitToken("read")) { try BearerTokens(read: "short", write: nil) }
    #expect(throws: HistoryServerError.unfitToken("write")) {
      try BearerTokens(read: nil, write: "sixteen letters and spaces")
    }
    #expect(throws: HistoryServerError.sameTokens) {
      try BearerTokens(read: ServedHistory.readToken, write: ServedHistory.readToken)
    }
    let tokens = try BearerTokens(read: ServedHistory.readToken, write: ServedHistory.writeToken)
    var dumped = ""
    dump(HistoryServerConfiguration(tokens: tokens), to: &dumped)
    #expect(!"\(tokens) \(String(reflecting: tokens)) \(dumped)".contains("a-token"))
  }

  @Test(
    "an address that others can reach needs both tokens",
    arguments: [
      ("127.0.0.1", true), ("127.200.0.9", true), ("::1", true), ("localhost", true), ("0.0.0.0", false), ("::", false),
      ("10.0.0.1", false), ("127.0.0.1.example.org", false), ("::ffff:10.0.0.1", false),
      ("localhost.example.org", false),
    ])
  func loopback(host: String, isLoopback: Bool) throws {
    var configuration = HistoryServerConfiguration(host: host)
    #expect(configuration.isLoopback == isLoopback)
    if isLoopback {
      try configuration.validate()
    } else {
      #expect(throws: HistoryServerError.tokensNeeded(host: host)) { try configuration.validate() }
      configuration.tokens = try BearerTokens(read: ServedHistory.readToken, write: nil)
      #expect(throws: HistoryServerError.tokensNeeded(host: host)) { try configuration.validate() }
    }
    configuration.tokens = try BearerTokens(read: ServedHistory.readToken, write: ServedHistory.writeToken)
    try configuration.validate()
  }
}
