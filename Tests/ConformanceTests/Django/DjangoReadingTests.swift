import TestSupport
import Testing

/// What Django's `get_history` shows its readers, and what csmh shows of the same tables.
@Suite(.limitedConcurrency) struct DjangoReadingTests {
  /// Both tell the same records of a student module, in the same order; a copied one is told twice by Django while it reads both
  /// tables, and once by csmh, where the original stands.
  private static func expectSame(
    _ site: DjangoSite, _ process: SiteProcess, _ modules: [UInt64], twice: Set<UInt64> = [], _ state: Comment
  ) async throws {
    for module in modules {
      let django = try await process.history([module])
      let originals = Set(django.filter { $0.table == "original" }.map(\.id))
      let copies = django.filter { $0.table == "extended" && originals.contains($0.id) }
      #expect(Set(copies.map(\.id)) == twice.intersection(originals), state)
      let csmh = try await site.csmhHistory(module)
      #expect(csmh.map(\.anywhere) == django.filter { !copies.contains($0) }.map(\.anywhere), state)
      #expect(Set(csmh).count == csmh.count, state)
      for copy in copies { #expect(django.filter { $0.anywhere == copy.anywhere }.count == 2, state) }
    }
  }

  @Test(
    "get_history and csmh history tell the same in the same order in every state of the flags; a copied record twice and once",
    arguments: DjangoRelease.all)
  func everyState(release: DjangoRelease) async throws {
    try await DjangoSite.with(release, .betweenMariaDBs) { site in
      try await site.makeOriginalTables()
      func save(_ process: SiteProcess, _ words: String...) async throws -> [UInt64] {
        var modules: [UInt64] = []
        for (number, word) in words.enumerated() {
          for block in ["a", "b"] {
            modules += try await process.request(
              .save(block, "{\"\(word)\": \"\(number) 🎓 'é\\\\\"}", grade: Double(number) / 3)
            ).map(\.module)
          }
        }
        return Array(Set(modules)).sorted()
      }
      // Without the application, as flag off and application together would write both tables.
      let modules = try await site.with(isExtendedInstalled: false) { process in
        let modules = try await save(process, "old", "older", "oldest")
        try await process.request(.save("a", nil))
        try await process.request(.save("b", "{}"))
        try await Self.expectSame(site, process, modules, "both flags off")
        return modules
      }
      #expect(modules.count == 2)
      #expect(try await site.csmh("migrate").status == 0)
      let copied = Set(
        try await site.installation.originalRows("SELECT id FROM courseware_studentmodulehistory").map {
          UInt64($0[0]!)!
        })
      #expect(copied.count == 8)
      try await site.with(isExtendedInstalled: false) { process in
        _ = try await save(process, "late")
        try await Self.expectSame(site, process, modules, "both flags off, copied, and saved again")
      }
      // Neither table is read: Django shows nothing, csmh takes it for the mistake that it is.
      try site.set(extendedEnabled: false, readsBoth: false)
      let neither = try await site.with(isExtendedInstalled: false) { try await $0.history(modules) }
      #expect(neither.isEmpty)
      #expect(try await site.csmh("history", String(modules[0])).status == 78)

      try site.set(extendedEnabled: true)
      try await site.with(isExtendedInstalled: true) { process in
        _ = try await save(process, "native", "newest")
        let all = try await process.history(modules)
        #expect(all.map(\.table) == Array(repeating: "extended", count: 12) + Array(repeating: "original", count: 10))
        try await Self.expectSame(site, process, modules, twice: copied, "both tables")
      }
      try site.set(extendedEnabled: true, readsBoth: false)
      try await site.with(isExtendedInstalled: true) { process in
        #expect(try await process.history(modules).count == 12, "the late records are not shown: it is too early")
        try await Self.expectSame(site, process, modules, "the extended table alone, too early")
        #expect(try await site.csmh("catch-up").status == 0)
        #expect(try await process.history(modules).count == 14)
        try await Self.expectSame(site, process, modules, "the extended table alone")
      }
      let drained = try await site.csmh("drain", "--yes")
      #expect(drained.status == 0, "\(drained.output)\(drained.error)")
      try site.set(extendedEnabled: true)
      try await site.with(isExtendedInstalled: true) { process in
        #expect(try await process.history(modules).allSatisfy { $0.table == "extended" })
        try await Self.expectSame(site, process, modules, "both tables, the original one drained")
      }
    }
  }
}
