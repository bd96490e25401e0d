import Foundation
import HistoryConsole
import StudentModuleHistory
import TestSupport
import Testing

/// What the API writes and removes.
@Suite(.limitedConcurrency) struct WritingTests {
  private static func body(_ members: String = "", module: UInt64 = 1) -> String {
    "{\"student_module_id\": \(module), \"modified\": \"2015-10-16T12:53:20.000001Z\", \"state\": \"{}\"\(members)}"
  }

  @Test("a saved state becomes a record of the table that the flags name", arguments: [false, true])
  func save(isExtended: Bool) async throws {
    let flags = HistoryFlags(extendedEnabled: isExtended, readOnlyFromExtended: false)
    try await ServedHistory.with(flags) { served in
      let answer = try await served.client.post(
        "/v1/records",
        """
        {"student_module_id": 7, "module_type": "problem", "modified": "2016-02-29T23:59:59", "state": "é \\"1\\"", \
        "grade": 0.1, "max_grade": 3}
        """)
      #expect(answer.status == 201)
      #expect(answer.json["recorded"] as? Bool == true)
      let record = try #require(answer.json["record"] as? [String: Any])
      #expect(record["table"] as? String == (isExtended ? "extended" : "original"))
      #expect(record["created"] as? String == "2016-02-29T23:59:59.000000Z")
      let page = try await served.routers.router.history(of: [7])
      let stored = try #require(page.entries.first?.record)
      #expect(page.entries.count == 1 && Int(stored.id) == record["id"] as? Int)
      #expect(stored.state == "é \"1\"" && stored.grade == 0.1 && stored.maxGrade == 3)
      #expect(page.entries.first?.table == (isExtended ? .extended : .original))
    }
  }

  @Test("a state may be null, and grades may be null or absent")
  func nulls() async throws {
    try await ServedHistory.with { served in
      let answer = try await served.client.post(
        "/v1/records",
        "{\"student_module_id\": 1, \"modified\": \"2015-10-16T12:53:20Z\", \"state\": null, \"grade\": null}")
      #expect(answer.status == 201)
      let record = try #require(try await served.routers.router.history(of: [1]).entries.first?.record)
      #expect(record.state == nil && record.grade == nil && record.maxGrade == nil)
    }
  }

  @Test("the history of other blocks than problems is not kept, and the answer says so")
  func otherBlocks() async throws {
    try await ServedHistory.with { served in
      let answer = try await served.client.post("/v1/records", Self.body(", \"module_type\": \"video\""))
      #expect(answer.status == 200)
      #expect(answer.text == "{\"recorded\":false,\"record\":null}")
      #expect(try await served.routers.router.history(of: [1]).entries.isEmpty)
    }
  }

  @Test("saves with the same request_id update one record of each student module; others make records of their own")
  func requests() async throws {
    try await ServedHistory.with { served in
      var ids: [Int?] = []
      for (module, request) in [(1, "r.1"), (1, "r.1"), (2, "r.1"), (1, "r_2"), (1, "r.1")] as [(UInt64, String)] {
        let answer = try await served.client.post(
          "/v1/records", Self.body(", \"request_id\": \"\(request)\", \"grade\": \(ids.count)", module: module))
        #expect(answer.status == 201)
        ids.append((answer.json["record"] as? [String: Any])?["id"] as? Int)
      }
      #expect(ids == [1, 1, 2, 3, 1])
      let records = try await served.routers.router.history(of: [1, 2]).entries.map(\.record)
      #expect(records.map(\.id) == [3, 2, 1])
      #expect(records.last?.grade == 4)
    }
  }

  @Test("saves of one request that arrive at the same time still make one record")
  func simultaneousSaves() async throws {
    try await ServedHistory.with { served in
      try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<20 {
          group.addTask {
            try await served.client.post("/v1/records", Self.body(", \"request_id\": \"same\"")).status
          }
        }
        for try await status in group { #expect(status == 201) }
      }
      #expect(try await served.routers.router.history(of: [1]).entries.count == 1)
    }
  }

  @Test("a deletion removes the records of both tables, counts them, and can be repeated")
  func deletion() async throws {
    try await ServedHistory.with { served in
      try await served.installation.insert((1...4).map { .sample($0, module: $0 % 2) }, into: .original)
      try await served.installation.insert((1...6).map { .sample($0, module: $0 % 2) }, into: .extended)
      let path = "/v1/student-modules/1/history"
      #expect(
        try await served.client.delete(path).text
          == "{\"student_module_id\":1,\"deleted\":{\"original\":2,\"extended\":3}}")
      #expect(ServedHistory.ids(try await served.client.get(path)).isEmpty)
      let again = try await served.client.delete(path)
      #expect(again.status == 200)
      #expect(again.text == "{\"student_module_id\":1,\"deleted\":{\"original\":0,\"extended\":0}}")
    }
  }
}
