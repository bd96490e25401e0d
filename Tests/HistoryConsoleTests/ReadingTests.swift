import Foundation
import HistoryConsole
import StudentModuleHistory
import TestSupport
import Testing

/// What the API tells of histories.
@Suite(.limitedConcurrency) struct ReadingTests {
  @Test("a history is told newest first, every record once, with its table, in pages through to the end")
  func pages() async throws {
    try await ServedHistory.with(startingID: 1_001) { served in
      let originals = (1...60).map { HistoryRecord.sample($0, module: 5) }
      try await served.installation.insert(originals, into: .original)
      try await served.installation.insert(
        Array(originals[20..<45]) + (1_001...1_010).map { .sample($0, module: 5) }, into: .extended)
      for limit in [1, 7, 70, 1_000] {
        var (ids, cursor): ([Int], String?) = ([], nil)
        repeat {
          let answer = try await served.client.get(
            "/v1/student-modules/5/history?limit=\(limit)\(cursor.map { "&cursor=\($0)" } ?? "")")
          #expect(answer.status == 200)
          ids += ServedHistory.ids(answer)
          cursor = answer.json["next_cursor"] as? String
        } while cursor != nil
        #expect(ids == Array((1_001...1_010).reversed()) + (1...60).reversed(), "pages of \(limit)")
      }
      let first = try #require(
        (try await served.client.get("/v1/student-modules/5/history?limit=1").json["entries"] as? [[String: Any]])?
          .first)
      #expect(first["table"] as? String == "extended")
      #expect(first["created"] as? String == "2015-10-16T13:10:10.001010Z")
      #expect(first["state"] as? String == "{\"attempts\": 1010}")
      #expect(first["grade"] as? Double == 2 && first["max_grade"] as? Double == 3)
    }
  }

  @Test("without a limit a page has 100 records")
  func usualPage() async throws {
    try await ServedHistory.with { served in
      try await served.installation.insert((1...150).map { .sample($0, module: 5) }, into: .original)
      #expect(ServedHistory.ids(try await served.client.get("/v1/student-modules/5/history")).count == 100)
    }
  }

  @Test("the histories of many student modules come in one order")
  func many() async throws {
    try await ServedHistory.with { served in
      try await served.installation.insert((1...9).map { .sample($0, module: $0 % 3 + 1) }, into: .original)
      let answer = try await served.client.get("/v1/history?student_module_id=1&student_module_id=3&limit=4")
      #expect(ServedHistory.ids(answer) == [9, 8, 6, 5])
      let cursor = try #require(answer.json["next_cursor"] as? String)
      let rest = try await served.client.get("/v1/history?student_module_id=1&student_module_id=3&cursor=\(cursor)")
      #expect(ServedHistory.ids(rest) == [3, 2])
      #expect(rest.json["next_cursor"] is NSNull)
    }
  }

  @Test("texts of every kind survive the way through JSON: quotes, control characters, all planes of Unicode")
  func texts() async throws {
    let states = [
      "{\"a\": \"\\\\ \\\" \"}", "\u{0}\u{1}\u{1F}\t\n\r\u{7F}", "é 漢 🎓 \u{2028}", "",
      String(repeating: "\"", count: 70_000),
    ]
    try await ServedHistory.with { served in
      try await served.installation.insert(
        states.enumerated().map { .sample(UInt64($0) + 1, module: 1, state: $1) }, into: .original)
      let answer = try await served.client.get("/v1/student-modules/1/history")
      let told = (answer.json["entries"] as? [[String: Any]] ?? []).reversed().map { $0["state"] as? String }
      // What SQLite itself cuts off at a NUL is cut off before JSON is written.
      let stored = try await served.routers.router.history(of: [1]).entries.reversed().map(\.record.state)
      #expect(told == stored)
      #expect(told.suffix(3) == states.suffix(3))
    }
  }

  @Test("a cursor of 20 digits is a place, also beyond 64 bits")
  func largeCursor() async throws {
    try await ServedHistory.with { served in
      try await served.installation.insert([.sample(1, module: 1)], into: .original)
      let answer = try await served.client.get("/v1/student-modules/1/history?cursor=e0-o99999999999999999999")
      #expect(ServedHistory.ids(answer) == [1])
    }
  }

  @Test("ids with different content in both tables are told, and logged once a page")
  func collisions() async throws {
    try await ServedHistory.with { served in
      try await served.installation.insert((1...5).map { .sample($0, module: 1) }, into: .original)
      try await served.installation.insert([.sample(3, module: 1, state: "native")], into: .extended)
      let answer = try await served.client.get("/v1/student-modules/1/history")
      #expect(answer.json["collisions"] as? [Int] == [3])
      #expect(ServedHistory.ids(answer).count == 6)
      #expect(
        served.log.lines.count { $0.hasPrefix("warning: both tables have different rows") && $0.contains(": 3.") } == 1)
      #expect(!served.log.lines.joined().contains("native"))
    }
  }

  @Test("the submission history is numbered from the oldest, with scores, and its states are JSON where they are JSON")
  func submissions() async throws {
    try await ServedHistory.with { served in
      try await served.installation.insert(
        [
          .sample(1, module: 1, state: "{\"attempts\": [1, 2.50]}"), .sample(2, module: 1, state: "{\"x\": NaN}"),
          .sample(3, module: 1, state: "\u{FEFF}{}"),
        ], into: .original)
      let answer = try await served.client.get("/v1/student-modules/1/submissions")
      let submissions = try #require(answer.json["submissions"] as? [[String: Any]])
      #expect(submissions.map { $0["number"] as? Int } == [3, 2, 1])
      #expect(submissions.map { $0["id"] as? Int } == [3, 2, 1])
      #expect(submissions.map { $0["score"] as? Double } == [0, 2, 1])
      #expect(submissions.allSatisfy { $0["max_score"] as? Double == 3 })
      #expect((submissions[2]["state"] as? [String: Any])?["attempts"] as? [Double] == [1, 2.5])
      #expect(submissions[1]["state"] as? String == "{\"x\": NaN}")
      // Foundation passes over a byte order mark, so the text is looked at.
      #expect(answer.text.utf8.contains("\"\u{FEFF}{}\"".utf8))
    }
  }

  @Test("a submission history that is too long is refused, not cut off")
  func longSubmissions() async throws {
    try await ServedHistory.with(configure: { $0.maximumSubmissionCount = 300 }) { served in
      try await served.installation.insert((1...301).map { .sample($0, module: 1) }, into: .original)
      try await served.installation.insert((1...300).map { .sample($0 + 400, module: 2) }, into: .original)
      let answer = try await served.client.get("/v1/student-modules/1/submissions")
      #expect(answer.status == 422)
      #expect(answer.detail == "the history has more than 300 records, which are told in pages only")
      #expect(try await served.client.get("/v1/student-modules/2/submissions").status == 200)
    }
  }

  @Test("a student module without records has an empty history")
  func empty() async throws {
    try await ServedHistory.with { served in
      let answer = try await served.client.get("/v1/student-modules/9223372036854775807/history")
      #expect(answer.text == "{\"entries\":[],\"next_cursor\":null,\"collisions\":[]}")
      #expect(answer.headers["content-type"] == "application/json")
      #expect(answer.headers["cache-control"] == "no-store")
      let submissions = try await served.client.get("/v1/student-modules/7/submissions")
      #expect(submissions.text == "{\"student_module_id\":7,\"submissions\":[],\"collisions\":[]}")
    }
  }

  @Test("health, readiness, flags and the description answer, and HEAD is GET without the body")
  func plain() async throws {
    try await ServedHistory.with(startingID: 99) { served in
      #expect(try await served.client.get("/health").text == "{\"status\":\"alive\"}")
      #expect(try await served.client.get("/ready").text == "{\"status\":\"ready\"}")
      let flags = try await served.client.get("/v1/flags").json
      #expect(flags["ENABLE_CSMH_EXTENDED"] as? Bool == true && flags["READ_ONLY_FROM_CSMHE"] as? Bool == false)
      #expect(flags["meaning"] as? String == "writes go to the extended table, reads take both tables")
      #expect(flags["starting_id"] as? Int == 99 && flags["upper_bound"] as? Int == 12)
      #expect(flags["phase"] as? String == "copied" && (flags["changes"] as? [Any])?.isEmpty == true)
      #expect(try await served.client.get("/openapi.json").json["openapi"] as? String == "3.1.0")
      let head = try await served.client.get("/health", method: "HEAD")
      #expect(head.status == 200 && head.text.isEmpty && head.headers["content-length"] == "18")
    }
  }

  @Test("another router takes effect with the next request")
  func replacedRouter() async throws {
    try await ServedHistory.with(.off) { served in
      try await served.installation.insert([.sample(1, module: 1)], into: .original)
      try await served.installation.insert([.sample(2, module: 1)], into: .extended)
      #expect(ServedHistory.ids(try await served.client.get("/v1/student-modules/1/history")) == [1])
      await served.routers.replace(with: try served.installation.router(true, false))
      #expect(ServedHistory.ids(try await served.client.get("/v1/student-modules/1/history")) == [2, 1])
      await served.routers.replace(with: try served.installation.router(true, true))
      #expect(ServedHistory.ids(try await served.client.get("/v1/student-modules/1/history")) == [2])
    }
  }
}
