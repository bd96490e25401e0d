import Foundation
import HistoryConsole
import StudentModuleHistory
import Synchronization
import TestSupport
import Testing

/// What the API does not take, and what it says then.
@Suite(.limitedConcurrency) struct RefusalTests {
  @Test("a malformed path or query is a problem that says what is expected and quotes nothing")
  func malformedQueries() async throws {
    let cases: [(String, String)] = [
      ("/v1/student-modules/secret/history", "the id of a student module is a number from 1 to 9223372036854775807"),
      ("/v1/student-modules/0/history", "the id of a student module"),
      ("/v1/student-modules/-1/history", "the id of a student module"),
      ("/v1/student-modules/1e3/submissions", "the id of a student module"),
      ("/v1/student-modules/9223372036854775808/history", "the id of a student module"),
      ("/v1/student-modules/%31/history", "the id of a student module"),
      ("/v1/student-modules/1.5/history", "the id of a student module"),
      ("/v1/student-modules/1./history", "the id of a student module"),
      ("/v1/student-modules/1/history?limit=0", "limit is a number from 1 to 1000"),
      ("/v1/student-modules/1/history?limit=1001", "limit is"),
      ("/v1/student-modules/1/history?limit=", "limit is"),
      ("/v1/student-modules/1/history?limit=99999999999999999999", "limit is"),
      ("/v1/student-modules/1/history?limit=5&limit=5", "limit is given more than once"),
      ("/v1/student-modules/1/history?cursor=secret", "cursor is the next_cursor"),
      ("/v1/student-modules/1/history?cursor=e-o123456789012345678901", "cursor is the next_cursor"),
      ("/v1/student-modules/1/history?secret=1", "the query parameters here are limit, cursor"),
      ("/v1/student-modules/1/history?%FF=1", "the query is not percent-encoded UTF-8"),
      ("/v1/student-modules/1/history?&", "the query parameters here are"),
      ("/v1/student-modules/1/submissions?limit=1", "this path takes no query parameters"),
      ("/v1/history", "student_module_id is given from 1 to 200 times"),
      ("/v1/history?student_module_id=1,2", "the id of a student module"),
      ("/v1/history?" + (1...201).map { "student_module_id=\($0)" }.joined(separator: "&"), "from 1 to 200 times"),
      ("/health?secret", "this path takes no query parameters"),
    ]
    try await ServedHistory.with { served in
      for (path, detail) in cases {
        let answer = try await served.client.get(path)
        #expect(answer.status == 400, "\(path)")
        #expect(answer.detail?.contains(detail) == true, "\(path): \(answer.text)")
        #expect(!answer.text.contains("secret"))
        #expect(answer.json["status"] as? Int == 400 && answer.json["title"] as? String == "Bad Request")
      }
    }
  }

  @Test("a malformed body is a problem that names the member")
  func malformedBodies() async throws {
    let sound = [
      "student_module_id": "1", "modified": "\"2015-10-16T12:53:20Z\"", "state": "\"secret\"", "grade": "1",
      "max_grade": "3",
    ]
    var bodies: [(String, String)] = [
      ("", "the body is not a JSON object"), ("[]", "the body is not a JSON object"),
      ("{", "the body is not a JSON object"),
      ("{}", "student_module_id is"), ("\u{FEFF}secret", "the body is not a JSON object"),
    ]
    for (member, value) in [
      ("student_module_id", "0"), ("student_module_id", "9223372036854775808"), ("student_module_id", "1.5"),
      ("student_module_id", "\"1\""), ("student_module_id", "null"), ("module_type", "\"\""), ("module_type", "null"),
      ("module_type", "\"\(String(repeating: "x", count: 33))\""), ("modified", "\"2015-02-29T00:00:00\""),
      ("modified", "\"2015-10-16 12:53:20\""), ("modified", "\"2015-10-16T24:00:00\""),
      ("modified", "\"2015-10-16T12:53:20.\""), ("modified", "\"2015-10-16T12:53:20.1234567\""),
      ("modified", "\"0999-10-16T12:53:20\""), ("modified", "\"2015-10-16T12:53:20+00:00\""), ("modified", "1"),
      ("state", "{}"), ("state", "1"), ("grade", "\"1\""), ("grade", "1e301"), ("max_grade", "1e999"),
      ("grade", "true"),
      ("request_id", "\"\""), ("request_id", "\"a b\""), ("request_id", "\"\(String(repeating: "x", count: 65))\""),
    ] {
      var members = sound
      members[member] = value
      bodies.append(("{\(members.map { "\"\($0)\": \($1)" }.joined(separator: ", "))}", "\(member) is"))
    }
    var unknown = sound
    unknown["statement"] = "1"
    bodies.append(("{\(unknown.map { "\"\($0)\": \($1)" }.joined(separator: ", "))}", "the members here are"))
    try await ServedHistory.with { [bodies] served in
      for (body, detail) in bodies {
        let answer = try await served.client.post("/v1/records", body)
        #expect(answer.status == 400, "\(body)")
        #expect(answer.detail?.contains(detail) == true, "\(body): \(answer.text)")
        #expect(!answer.text.contains("secret"))
      }
      #expect(try await served.routers.router.history(of: [1]).entries.isEmpty)
    }
  }

  @Test("a body is taken as JSON in UTF-8 only")
  func mediaTypes() async throws {
    try await ServedHistory.with { served async throws in
      let body = "{\"student_module_id\": 1, \"modified\": \"2015-10-16T12:53:20Z\", \"state\": null}"
      for (type, status) in [
        ("application/json", 201), ("Application/JSON; charset=UTF-8", 201), ("text/plain", 415),
        ("application/json; charset=latin1", 415), ("application/jsonx", 415), ("", 415),
      ] {
        #expect(try await served.client.post("/v1/records", body, type: type).status == status, "\(type)")
      }
    }
  }

  @Test("a body that is too large is refused, whether its size is announced or not", arguments: [false, true])
  func largeBodies(isChunked: Bool) async throws {
    try await ServedHistory.with(configure: { $0.maximumBodyBytes = 1_000 }) { served in
      let body =
        "{\"student_module_id\": 1, \"modified\": \"2015-10-16T12:53:20Z\", \"state\": \"\(String(repeating: "x", count: 1_000))\"}"
      let port = try #require(UInt16(served.url.split(separator: ":").last ?? ""))
      let framing =
        isChunked
        ? "Transfer-Encoding: chunked\r\n\r\n\(String(body.utf8.count, radix: 16))\r\n\(body)\r\n0\r\n\r\n"
        : "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
      let answer = try await RawRequest.send(
        "POST /v1/records HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n" + framing,
        port: port)
      #expect(answer.hasPrefix("HTTP/1.1 413"), "\(answer)")
      #expect(answer.contains("the body has more than 1000 bytes"))
      #expect(try await served.routers.router.history(of: [1]).entries.isEmpty)
    }
  }

  @Test("an unknown path is not found, and a known path names its methods when it is asked with another")
  func pathsAndMethods() async throws {
    try await ServedHistory.with { served in
      for path in [
        "/", "/v1", "/v1/", "/health/", "/v1/student-modules/1", "/v1/student-modules/1/history/", "/v2/flags",
      ] {
        #expect(try await served.client.get(path).status == 404, "\(path)")
      }
      for (method, path, allowed) in [
        ("POST", "/health", "GET, HEAD"), ("DELETE", "/v1/flags", "GET, HEAD"), ("GET", "/v1/records", "POST"),
        ("PUT", "/v1/student-modules/1/history", "GET, HEAD, DELETE"), ("OPTIONS", "/v1/history", "GET, HEAD"),
        ("PATCH", "/v1/student-modules/1/submissions", "GET, HEAD"),
      ] {
        let answer = try await served.client.get(path, method: method)
        #expect(answer.status == 405 && answer.headers["allow"] == allowed, "\(method) \(path)")
        #expect(answer.detail == "this path takes \(allowed)")
      }
    }
  }

  @Test("what is not HTTP ends the connection, and the server lives on")
  func garbage() async throws {
    try await ServedHistory.with { served in
      let port = try #require(UInt16(served.url.split(separator: ":").last ?? ""))
      for text in [
        "garbage\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
        "GET / HTTP/1.1\r\nX: \(String(repeating: "y", count: 200_000))\r\n\r\n", "\u{0}\u{0}\r\n\r\n",
      ] {
        _ = try await RawRequest.send(text, port: port)
        #expect(try await served.client.get("/health").status == 200)
      }
    }
  }

  @Test("more requests than the limit are told to come back later, and health answers all the same")
  func concurrency() async throws {
    let isOpen = Atomic<Bool>(false)
    let holderCount = Atomic<Int>(0)
    try await ServedHistory.with(
      configure: { $0.maximumConcurrentRequests = 2 },
      beforeFlags: {
        holderCount.add(1, ordering: .relaxed)
        while !isOpen.load(ordering: .relaxed) { try? await Task.sleep(for: .milliseconds(10)) }
      }
    ) { served in
      // Both places are held by requests whose answers take long.
      let holders = (0..<2).map { _ in Task { try await HTTPClient(served.url).get("/v1/flags").status } }
      let ready = "/v1/student-modules/1/history"
      for _ in 0..<1_000 where holderCount.load(ordering: .relaxed) < 2 { try await Task.sleep(for: .milliseconds(20)) }
      let answer = try await served.client.get(ready)
      #expect(answer.status == 503 && answer.headers["retry-after"] == "1")
      #expect(answer.detail == "2 requests are being answered already")
      #expect(try await served.client.get("/health").status == 200)
      isOpen.store(true, ordering: .relaxed)
      for holder in holders { #expect(try await holder.value == 200) }
      #expect(try await served.client.get(ready).status == 200)
    }
  }
}
