import Foundation
import StudentModuleHistory
import TestSupport
import Testing

/// Where Django writes history, and that `csmh serve` writes the same.
@Suite(.limitedConcurrency) struct DjangoWritingTests {
  private static let columns = "student_module_id, version, created, state, grade, max_grade"

  /// The rows of a student module in both tables, without their ids, the oldest first.
  private static func rows(
    _ site: DjangoSite, _ module: UInt64
  ) async throws -> (original: [[String?]], extended: [[String?]]) {
    let condition = "WHERE student_module_id = \(module) ORDER BY id"
    let database = site.installation
    return (
      try await database.originalRows("SELECT \(columns) FROM courseware_studentmodulehistory \(condition)"),
      try await database.extendedRows("SELECT \(columns) FROM \(TestInstallation.extendedTable) \(condition)")
    )
  }

  /// Saves what Django has saved once more, through csmh.
  private static func repeatSave(
    _ client: HTTPClient, _ saved: SiteProcess.Answer.Saved, state: String, grade: Double, type: String = "problem",
    request: String? = nil
  ) async throws -> Int {
    var body: [String: Any] = [
      "student_module_id": saved.module, "module_type": type, "modified": saved.modified, "state": state,
      "grade": grade,
    ]
    body["request_id"] = request
    let text = String(decoding: try JSONSerialization.data(withJSONObject: body), as: UTF8.self)
    return try await client.post("/v1/records", text).status
  }

  @Test(
    "a save lands where the flags say, and csmh serve writes the very same row; later saves of a request change it",
    arguments: DjangoRelease.all)
  func everyState(release: DjangoRelease) async throws {
    try await DjangoSite.with(release, .betweenMariaDBs) { site in
      try await site.makeOriginalTables()
      #expect(try await site.csmh("provision").status == 0)
      try await ServingProcess.with(["--lms-config", site.configuration, "--poll", "0.1"]) { serving in
        let client = HTTPClient(serving.url)
        for (extended, readsBoth) in [(false, true), (true, true), (true, false)] {
          try site.set(extendedEnabled: extended, readsBoth: readsBoth)
          // Without the application as long as the flag is off.
          try await site.with(isExtendedInstalled: extended) { process in
            try await wait("csmh serve follows the flags") {
              let flags = try await client.get("/v1/flags").json
              return flags["ENABLE_CSMH_EXTENDED"] as? Bool == extended
                && flags["READ_ONLY_FROM_CSMHE"] as? Bool == !readsBoth
            }
            let block = "block-\(extended)-\(readsBoth)"
            let state = "{\"answer\": \"12 → 🎓\"}"
            let saved = try await process.request(.save(block, state, grade: 0.1))[0]
            #expect(try await Self.repeatSave(client, saved, state: state, grade: 0.1) == 201)
            try await Self.expectPair(site, saved, extended, "a save")

            let twice = try await process.request(
              .save(block + "-2", "{}", grade: 0), .save(block + "-2", state, grade: 1))
            #expect(try await Self.repeatSave(client, twice[0], state: "{}", grade: 0, request: block) == 201)
            #expect(try await Self.repeatSave(client, twice[1], state: state, grade: 1, request: block) == 201)
            try await Self.expectPair(site, twice[1], extended, "two saves in one request")

            let video = try await process.request(.save(block + "-3", state, type: "video"))[0]
            #expect(try await Self.repeatSave(client, video, state: state, grade: 0, type: "video") == 200)
            let none = try await Self.rows(site, video.module)
            #expect(none.original.isEmpty && none.extended.isEmpty, "no history of a video")
          }
        }
      }
    }
  }

  /// One table has the row twice, from Django and from csmh, with nothing but the id to tell them apart; the other has none.
  private static func expectPair(
    _ site: DjangoSite, _ saved: SiteProcess.Answer.Saved, _ isExtended: Bool, _ what: Comment
  ) async throws {
    let rows = try await rows(site, saved.module)
    let (here, elsewhere) = isExtended ? (rows.extended, rows.original) : (rows.original, rows.extended)
    #expect(elsewhere.isEmpty, what)
    #expect(here.count == 2 && here.first == here.last, what)
    let created = String(saved.modified.dropLast()).replacing("T", with: " ")
    #expect(here.first?[1] == nil && here.first?[2] == created, "no version; the time of the student module's change")
  }

  @Test(
    "with the application installed and the flag off Django writes both tables, and csmh check warns of it",
    arguments: DjangoRelease.versions)
  func bothTables(release: DjangoRelease) async throws {
    try await DjangoSite.with(release, .betweenMariaDBs) { site in
      try await site.makeOriginalTables()
      #expect(try await site.csmh("provision").status == 0)
      try await site.with(isExtendedInstalled: true) { process in
        let saved = try await process.request(.save("a", "{}", grade: 1))[0]
        let rows = try await Self.rows(site, saved.module)
        #expect(rows.original.count == 1 && rows.original == rows.extended)
        #expect(try await process.history([saved.module]).map(\.table) == ["original"])
      }
      let check = try await site.csmh("check", "--rule", "native-rows")
      #expect(check.output.contains("warn"), "\(check.output)")
      try await FollowedRemedies.follow(.leaveNativeRowsToFlags, in: check.output) { _ in
        let flags = try await site.csmh("flags")
        #expect(
          flags.status == 0 && flags.output.contains("writes and reads go to the original table"), "\(flags.output)")
        try await site.with(isExtendedInstalled: false) { process in
          let saved = try await process.request(.save("b", "{}", grade: 1))[0]
          let rows = try await Self.rows(site, saved.module)
          #expect(rows.original.count == 1 && rows.extended.isEmpty, "the application is removed")
        }
        try site.set(extendedEnabled: true)
        #expect(try await site.csmh("check", "--rule", "native-rows").output.contains("1 pass"), "the flag is on")
      }
    }
  }

  @Test(
    "a second save of a request or a task changes its record; a copy made in between is mended by catch-up",
    arguments: DjangoRelease.versions, ["/request", "/task"])
  func copyInBetween(release: DjangoRelease, path: String) async throws {
    try await DjangoSite.with(release, .betweenMariaDBs) { site in
      try await site.makeOriginalTables()
      #expect(try await site.csmh("provision").status == 0)
      let saved = try await site.with(isExtendedInstalled: false) { process in
        try await process.request(.save("a", "{\"n\": 0}"))
        try await process.begin(.save("b", "{\"n\": 1}"), .wait, .save("b", "{\"n\": 2}", grade: 1), path: path)
        // A request's first record is not committed yet, and copying has to wait for it; a task's is.
        let copy = try Command(
          try Command.csmh, ["copy", "--lms-config", site.configuration], environment: [:])
        if path == "/task" { #expect(await copy.wait().status == 0) } else { try await Task.sleep(for: .seconds(1)) }
        let saved = try await process.goOn()
        let result = await copy.wait()
        #expect(result.status == 0, "\(result.output)\(result.error)")
        return saved
      }
      #expect(try await Self.rows(site, saved[1].module).original.map { $0[3] } == ["{\"n\": 2}"])
      let before = try await Self.rows(site, saved[1].module).extended.map { $0[3] }
      if path == "/task" { #expect(before == ["{\"n\": 1}"]) }

      try site.set(extendedEnabled: true)
      let result = try await site.csmh("catch-up")
      #expect(result.status == 0, "\(result.output)\(result.error)")
      let rows = try await Self.rows(site, saved[1].module)
      #expect(rows.original == rows.extended && rows.original.count == 1)
      #expect(try await site.csmh("verify").status == 0)

      // The same with a native row: csmh has nothing to do with it.
      try await site.with(isExtendedInstalled: true) { process in
        try await process.begin(.save("b", "{\"n\": 3}"), .wait, .save("b", "{\"n\": 4}"), path: path)
        #expect(try await site.csmh("catch-up").status == 0)
        try await process.goOn()
        #expect(
          try await process.history([saved[1].module]).map(\.state) == ["{\"n\": 4}", "{\"n\": 2}", "{\"n\": 2}"])
        #expect(try await site.csmhHistory(saved[1].module).map(\.state) == ["{\"n\": 4}", "{\"n\": 2}"])
      }
    }
  }

  @Test(
    "above the id 2147483647 Django 5.2 cannot change the record of a request that saves twice; csmh serve can",
    arguments: DjangoRelease.versions)
  func largeIDs(release: DjangoRelease) async throws {
    try await DjangoSite.with(release, .betweenMariaDBs) { site in
      try await site.makeOriginalTables()
      #expect(try await site.csmh("provision", "--headroom", "3000000000").status == 0)
      try site.set(extendedEnabled: true)
      let saved = try await site.with(isExtendedInstalled: true) { process in
        let saved = try await process.request(.save("a", "{}"))[0]
        // Django takes the field for one of 32 bits: no id above them can be there, so there is nothing to update.
        let twice = try await process.answer([.save("a", "{\"n\": 1}"), .save("a", "{\"n\": 2}")], path: "/request")
        #expect(twice.status == (release.version == "4.2" ? 200 : 500))
        if twice.status == 500 { #expect(twice.body.error?.contains("1062") == true, "\(twice.body)") }
        #expect(try await process.history([saved.module]).allSatisfy { $0.id > 3_000_000_000 })
        return saved
      }
      let before = try await Self.rows(site, saved.module).extended.count
      try await ServingProcess.with(["--lms-config", site.configuration]) { serving in
        let client = HTTPClient(serving.url)
        for number in 1...2 {
          let state = "{\"n\": \(number)}"
          let status = try await Self.repeatSave(client, saved, state: state, grade: 0, request: "twice")
          #expect(status == 201)
        }
      }
      #expect(try await Self.rows(site, saved.module).extended.count == before + 1)
    }
  }
}

/// Waits until something is so, for half a minute.
func wait(_ what: String, until isSo: () async throws -> Bool) async throws {
  let end = ContinuousClock.now + .seconds(30)
  while ContinuousClock.now < end {
    if try await isSo() { return }
    try await Task.sleep(for: .milliseconds(50))
  }
  throw TestFailure("it took more than half a minute until \(what)")
}
