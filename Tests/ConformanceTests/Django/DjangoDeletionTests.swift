import TestSupport
import Testing

/// What a deletion of a student module by Django leaves, and by csmh.
@Suite(.limitedConcurrency) struct DjangoDeletionTests {
  private static func counts(_ site: DjangoSite, _ module: UInt64) async throws -> [String?] {
    let condition = "WHERE student_module_id = \(module)"
    let database = site.installation
    return try await database.originalRows("SELECT COUNT(*) FROM courseware_studentmodulehistory \(condition)")[0]
      + database.extendedRows("SELECT COUNT(*) FROM \(TestInstallation.extendedTable) \(condition)")[0]
  }

  @Test(
    "with the application both sides go, by Django and by csmh serve; without it copies stay until catch-up removes them",
    arguments: DjangoRelease.versions)
  func bothSides(release: DjangoRelease) async throws {
    try await DjangoSite.with(release, .betweenMariaDBs) { site in
      try await site.makeOriginalTables()
      let blocks = ["early", "without", "with", "served", "stays"]
      let modules = try await site.with(isExtendedInstalled: false) { process in
        var modules: [String: UInt64] = [:]
        for number in 0..<3 {
          for block in blocks {
            modules[block] = try await process.request(.save(block, "{\"n\": \(number)}"))[0].module
          }
        }
        try await process.request(.delete("early"))
        #expect(try await site.csmh("migrate").status == 0)
        for block in blocks.dropFirst() { #expect(try await Self.counts(site, modules[block]!) == ["3", "3"]) }
        #expect(try await Self.counts(site, modules["early"]!) == ["0", "0"], "deleted before it was copied")
        try await process.request(.delete("without"))
        #expect(
          try await Self.counts(site, modules["without"]!) == ["0", "3"], "no application, nothing removes copies")
        return modules
      }
      let verify = try await site.csmh("verify")
      #expect(verify.status == 1 && verify.output.contains("stranger"), "\(verify.output)")

      try site.set(extendedEnabled: true)
      try await site.with(isExtendedInstalled: true) { process in
        for block in ["with", "served", "stays"] { try await process.request(.save(block, "{\"n\": \"native\"}")) }
        #expect(try await Self.counts(site, modules["with"]!) == ["3", "4"])
        try await process.request(.delete("with"))
        #expect(try await Self.counts(site, modules["with"]!) == ["0", "0"])
        let answer = try await ServingProcess.with(["--lms-config", site.configuration]) { serving in
          try await HTTPClient(serving.url).delete("/v1/student-modules/\(modules["served"]!)/history")
        }
        #expect(answer.status == 200)
        #expect(try await Self.counts(site, modules["served"]!) == ["0", "0"])
      }
      let catchUp = try await site.csmh("catch-up", "--remove-deleted")
      #expect(catchUp.status == 0, "\(catchUp.output)\(catchUp.error)")
      for block in blocks.dropLast() {
        #expect(try await Self.counts(site, modules[block]!) == ["0", "0"], "\(block)")
      }
      #expect(try await Self.counts(site, modules["stays"]!) == ["3", "4"])
      #expect(try await site.csmh("verify").status == 0)

      // Nothing but copies is left of what is drained; a deletion takes them.
      try site.set(extendedEnabled: true, readsBoth: false)
      #expect(try await site.csmh("drain", "--yes").status == 0)
      #expect(try await Self.counts(site, modules["stays"]!) == ["0", "4"])
      try await site.with(isExtendedInstalled: true) { _ = try await $0.request(.delete("stays")) }
      #expect(try await Self.counts(site, modules["stays"]!) == ["0", "0"])
    }
  }
}
