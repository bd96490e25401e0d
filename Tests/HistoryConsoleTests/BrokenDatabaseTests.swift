import HistoryConsole
import HistoryStores
import StudentModuleHistory
import TestSupport
import Testing

/// Databases that cannot be used: the side is named, and nothing else is told.
@Suite(.limitedConcurrency) struct BrokenDatabaseTests {
  private static let body =
    "{\"student_module_id\": 1, \"modified\": \"2015-10-16T12:53:20Z\", \"state\": \"a state of a learner\"}"

  @Test(
    "a table that is gone is told as a database that cannot be read, without SQL, paths or values",
    arguments: HistorySide.allCases)
  func noTable(side: HistorySide) async throws {
    try await ServedHistory.with { served in
      try await served.breakTable(side)
      for path in [
        "/v1/student-modules/1/history", "/v1/history?student_module_id=1", "/v1/student-modules/1/submissions",
      ] {
        let answer = try await served.client.get(path)
        #expect(answer.status == 502)
        #expect(answer.detail == "the \(side) database cannot be read; csmh's log tells why")
        #expect(answer.json["database"] as? String == "\(side)")
      }
      if side == .extended {
        let answer = try await served.client.post("/v1/records", Self.body)
        #expect(answer.status == 502)
        #expect(answer.detail == "the extended database cannot be written; csmh's log tells why")
      }
      let deletion = try await served.client.delete("/v1/student-modules/1/history")
      #expect(deletion.status == 502 && deletion.json["database"] as? String == "\(side)")
      let ready = try await served.client.get("/ready")
      #expect(ready.status == 503 && ready.detail == "the \(side) database cannot be read now")
      #expect(ready.headers["retry-after"] == "2")
      #expect(try await served.client.get("/health").status == 200)
      for word in ["SELECT", "INSERT", "courseware", "sqlite", "/tmp", "learner"] {
        #expect(!ready.text.contains(word) && !deletion.text.contains(word))
        #expect(!served.log.lines.contains { $0.contains("learner") })
      }
    }
  }

  @Test("readiness asks for the databases that the flags need, and no others")
  func readiness() async throws {
    try await ServedHistory.with(.off, hasExtendedTable: false) { served in
      #expect(try await served.client.get("/ready").status == 200)
      await served.routers.replace(with: try served.installation.router(true, false))
      #expect(try await served.client.get("/ready").detail == "the extended database cannot be read now")
      try await served.breakTable(.original)
      #expect(
        try await served.client.get("/ready").detail
          == "the original database and the extended database cannot be read now")
      await served.routers.replace(with: try served.installation.router(true, true))
      #expect(try await served.client.get("/ready").detail == "the extended database cannot be read now")
    }
  }

  @Test("the log tells once that a database fails, and once that it answers again")
  func log() async throws {
    try await ServedHistory.with(hasExtendedTable: false) { served in
      for _ in 0..<3 { #expect(try await served.client.get("/v1/student-modules/1/history").status == 503) }
      #expect(served.log.lines.count { $0.hasPrefix("error: ") } == 1, "\(served.log.lines)")
      let store = served.installation.pair.extended
      try await store.apply(.createTable, lockWait: 2)
      for _ in 0..<3 { #expect(try await served.client.get("/v1/student-modules/1/history").status == 200) }
      #expect(served.log.lines.count == 2)
      #expect(served.log.lines.last == "notice: the extended database answers again")
    }
  }
}
