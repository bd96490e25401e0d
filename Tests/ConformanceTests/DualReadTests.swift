import HistoryStores
import TestSupport
import Testing

@testable import StudentModuleHistory

/// Reading both tables where part of the original one was copied: what Open edX shows twice is shown once.
@Suite(.limitedConcurrency) struct DualReadTests {
  /// Every page of a history, each of `limit` records.
  private static func pages(
    _ router: HistoryRouter, _ modules: [UInt64], limit: Int
  ) async throws -> (entries: [HistoryEntry], collisions: [UInt64]) {
    var (entries, collisions): ([HistoryEntry], [UInt64]) = ([], [])
    var place: HistoryCursor? = .start
    while let cursor = place {
      // As a client would hand it back.
      let page = try await router.history(of: modules, from: try #require(HistoryCursor("\(cursor)")), limit: limit)
      #expect(page.entries.count <= limit)
      entries += page.entries
      collisions += page.collisions
      place = page.next
    }
    return (entries, collisions)
  }

  @Test(
    "a copied record that still stands in both tables is read once, on pages of any size, with a starting id and without",
    arguments: RoutedInstallation.Kind.available)
  func copies(kind: RoutedInstallation.Kind) async throws {
    try await RoutedInstallation.with(kind) { installation in
      let originals = (1...60).map { HistoryRecord.sample($0, module: $0 % 3 + 1) }
      let natives = (1_001...1_010).map { HistoryRecord.sample($0, module: $0 % 3 + 1) }
      try await installation.insert(originals, into: .original)
      // Copied: an interval in the middle.
      try await installation.insert(Array(originals[20..<45]) + natives, into: .extended)
      for startingID in [nil, 1_001] as [UInt64?] {
        let router = try installation.router(true, false, startingID: startingID)
        for modules in [[1, 2, 3], [2]] as [[UInt64]] {
          let expected = (natives.reversed() + originals.reversed()).filter { modules.contains($0.studentModuleID) }
          for limit in [1, 2, 7, 20, 100] {
            let read = try await Self.pages(router, modules, limit: limit)
            #expect(read.entries.map(\.record) == expected, "pages of \(limit), starting id \(startingID ?? 0)")
            #expect(read.collisions.isEmpty)
          }
        }
      }
    }
  }

  @Test(
    "where originals were drained, copies keep their place among the originals that are left",
    arguments: RoutedInstallation.Kind.available)
  func drained(kind: RoutedInstallation.Kind) async throws {
    try await RoutedInstallation.with(kind) { installation in
      let originals = (1...20).map { HistoryRecord.sample($0, module: 1) }
      try await installation.insert(Array(originals[10...]), into: .original)
      try await installation.insert(originals + [.sample(100, module: 1)], into: .extended)
      let router = try installation.router(true, false, startingID: 100)
      for limit in [1, 3, 50] {
        let read = try await Self.pages(router, [1], limit: limit)
        #expect(read.entries.map(\.record.id) == [100] + (1...20).reversed())
      }
    }
  }

  @Test(
    "the same id with different content: both are read, and the collision is reported, on whatever page",
    arguments: RoutedInstallation.Kind.available)
  func collisions(kind: RoutedInstallation.Kind) async throws {
    try await RoutedInstallation.with(kind) { installation in
      let originals = (1...30).map { HistoryRecord.sample($0, module: 1) }
      try await installation.insert(originals, into: .original)
      try await installation.insert(
        [.sample(3, module: 1, state: "native"), originals[9], .sample(500, module: 1)], into: .extended)
      for (startingID, order) in [
        (nil, [500, 3] + (1...30).reversed()), (500, [500] + (3...30).reversed() + [3, 2, 1]),
      ] as [(UInt64?, [UInt64])] {
        let router = try installation.router(true, false, startingID: startingID)
        for limit in [1, 4, 100] {
          let read = try await Self.pages(router, [1], limit: limit)
          #expect(read.entries.map(\.record.id) == order, "pages of \(limit)")
          #expect(read.collisions == [3])
          #expect(read.entries.count { $0.record.state == "native" } == 1)
        }
      }
    }
  }

  @Test(
    "flags that change between two pages neither repeat nor lose a record that stood there before",
    arguments: RoutedInstallation.Kind.available)
  func flagsBetweenPages(kind: RoutedInstallation.Kind) async throws {
    try await RoutedInstallation.with(kind) { installation in
      let originals = (1...30).map { HistoryRecord.sample($0, module: 1) }
      try await installation.insert(originals, into: .original)
      try await installation.insert(originals + [.sample(100, module: 1)], into: .extended)
      let flags = [(false, false), (true, false), (true, true)]
      for startingID in [nil, 100] as [UInt64?] {
        for (before, after) in [(0, 1), (0, 2), (1, 2), (2, 1), (1, 0)] {
          let first = try installation.router(flags[before].0, flags[before].1, startingID: startingID)
          let second = try installation.router(flags[after].0, flags[after].1, startingID: startingID)
          let page = try await first.history(of: [1], limit: 10)
          var ids = page.entries.map(\.record.id)
          var place = page.next
          while let cursor = place {
            let next = try await second.history(of: [1], from: cursor, limit: 7)
            ids += next.entries.map(\.record.id)
            place = next.next
          }
          #expect(Set(ids).count == ids.count, "\(before) to \(after): \(ids)")
          #expect(Set(ids).isSuperset(of: 1...30), "\(before) to \(after): \(ids)")
        }
      }
    }
  }

  @Test("one database that cannot be read is an error that says which, not a shorter history")
  func unreadable() async throws {
    try await RoutedInstallation.with(.sqlite) { installation in
      try await installation.insert([.sample(1, module: 1)], into: .original)
      try await installation.extended.withSession(isRepeatable: false) { session in
        _ = try await session.execute("ALTER TABLE \(session.tableSQL) RENAME TO elsewhere")
      }
      let router = try installation.router(true, false)
      let error = await #expect(throws: HistoryStoreError.self) { try await router.history(of: [1]) }
      #expect(error?.side == .extended)
    }
  }

  @Test(
    "copies are known again whatever is in their states, and a record that differs in anything is shown beside its twin",
    arguments: RoutedInstallation.Kind.available)
  func outlines(kind: RoutedInstallation.Kind) async throws {
    try await RoutedInstallation.with(kind) { installation in
      var originals: [HistoryRecord] = []
      for (index, state) in [nil, "", "{}", "später 🎓 \u{0301}", "123", String(repeating: "ж", count: 70_000)]
        .enumerated()
      {
        var record = HistoryRecord.sample(UInt64(index + 1), module: 1)
        record.state = state
        record.grade = index == 2 ? nil : 0.1
        originals.append(record)
      }
      try await installation.insert(originals, into: .original)
      var copies = originals
      let router = try installation.router(true, false, startingID: 100)
      try await installation.insert(copies, into: .extended)
      let equal = try await router.history(of: [1])
      #expect(equal.entries.map(\.record) == originals.reversed() && equal.collisions.isEmpty)

      try await router.delete(for: [1])
      try await installation.insert(originals, into: .original)
      copies[0].state = ""
      copies[1].state = nil
      copies[2].grade = 0
      copies[3].created = HistoryRecord.sample(50, module: 1).created
      copies[4].state = "12"
      copies[5].maxGrade = nil
      try await installation.insert(copies, into: .extended)
      let different = try await router.history(of: [1])
      #expect(different.collisions == [6, 5, 4, 3, 2, 1])
      #expect(different.entries.map(\.record) == zip(copies, originals).reversed().flatMap { [$0, $1] })
    }
  }

  @Test(
    "copies that the journal proves are known by their ids: each record is read once, whatever was drained, on pages of any size",
    arguments: RoutedInstallation.Kind.available)
  func proven(kind: RoutedInstallation.Kind) async throws {
    try await RoutedInstallation.with(kind) { installation in
      let originals = (1...600).map { HistoryRecord.sample($0, module: $0 % 2 + 1) }
      let natives = (1_001...1_150).map { HistoryRecord.sample($0, module: $0 % 2 + 1) }
      let isDrained = { (id: UInt64) in id < 40 || (200..<260).contains(id) || id == 599 }
      try await installation.insert(originals.filter { !isDrained($0.id) }, into: .original)
      try await installation.insert(originals + natives, into: .extended)
      for provenBelow in [0, 1, 150, 450, 601] as [UInt64] {
        let router = try installation.router(true, false, startingID: 1_001, provenBelow: provenBelow)
        for modules in [[1, 2], [2]] as [[UInt64]] {
          let expected = (natives.reversed() + originals.reversed()).filter { modules.contains($0.studentModuleID) }
          for limit in [90, 101, 250, 1_000] {
            let read = try await Self.pages(router, modules, limit: limit)
            #expect(read.entries.map(\.record) == expected, "proven below \(provenBelow), pages of \(limit)")
            #expect(read.collisions.isEmpty)
          }
        }
      }
    }
  }

  @Test(
    "a copy that was changed is shown beside its original on a page of the usual size, and wherever the journal proves nothing",
    arguments: RoutedInstallation.Kind.available)
  func provenAndChanged(kind: RoutedInstallation.Kind) async throws {
    try await RoutedInstallation.with(kind) { installation in
      let originals = (1...500).map { HistoryRecord.sample($0, module: 1) }
      try await installation.insert(originals, into: .original)
      func collisions(changing changed: [UInt64], provenBelow: UInt64, limit: Int) async throws -> [UInt64] {
        var copies = originals
        for id in changed { copies[Int(id) - 1].state = "changed" }
        try await installation.extended.withSession(isRepeatable: false) { [copies] session in
          try await session.execute("DELETE FROM \(session.tableSQL)")
          try await session.insert(copies)
        }
        let router = try installation.router(true, false, startingID: 501, provenBelow: provenBelow)
        let read = try await Self.pages(router, [1], limit: limit)
        // Whatever else is shown, every original is, once.
        #expect(read.entries.filter { $0.record.state != "changed" }.map(\.record) == originals.reversed())
        #expect(read.entries.count == originals.count + read.collisions.count)
        return read.collisions
      }
      #expect(try await collisions(changing: [300, 30], provenBelow: 501, limit: 100) == [300, 30])
      #expect(try await collisions(changing: [300, 30], provenBelow: 501, limit: 1_000) == [], "by their ids alone")
      #expect(try await collisions(changing: [300, 30], provenBelow: 100, limit: 1_000) == [300, 30])
      // Exactly from the bound on.
      #expect(try await collisions(changing: [30], provenBelow: 30, limit: 1_000) == [30])
      #expect(try await collisions(changing: [30], provenBelow: 31, limit: 1_000) == [])
      #expect(try await collisions(changing: [500], provenBelow: 500, limit: 1_000) == [500])
      #expect(try await collisions(changing: [300, 30], provenBelow: 0, limit: 1_000) == [300, 30])
      // Where one is found, the rest of the page is compared too.
      #expect(try await collisions(changing: [450, 300, 30], provenBelow: 400, limit: 1_000) == [450, 300, 30])
    }
  }

  @Test(
    "what happens to rows between the ids of a history and its rows neither hides a record nor ends a page too early")
  func meddling() async throws {
    try await RoutedInstallation.with(.sqlite) { installation in
      let (copies, natives) = ((1...500).map { UInt64($0) }.filter { $0 != 401 }, (1_001...1_010).map { UInt64($0) })
      try await installation.insert((copies + natives).map { .sample($0, module: 1) }, into: .extended)
      let session = try await installation.pair.extended.openSession()
      func outlines(_ limit: Int, after sql: [String]) async throws -> (ids: [UInt64], isAtEnd: Bool) {
        let meddled = MeddlingSession(session, afterIDs: { for sql in sql { try await session.execute(sql) } })
        try await session.begin()
        let (rows, isAtEnd) = try await meddled.outlines(
          of: [1], below: nil, limit: limit, outlinedBelow: 1_001, provenBelow: 401)
        await session.rollback()
        return (rows.map(\.id), isAtEnd)
      }
      let all = Array((copies + natives).reversed())
      let untouched = try await outlines(1_001, after: [])
      #expect(untouched.ids == all && untouched.isAtEnd)
      // As csmh offset --rekey does, and its --undo: the lowest row above the bound is one that had a high id.
      let rekeyed = try await outlines(
        1_001,
        after: [
          "UPDATE \(session.tableSQL) SET id = 1450 WHERE id = 450",
          "UPDATE \(session.tableSQL) SET id = 450 WHERE id = 1001",
          "UPDATE \(session.tableSQL) SET id = 401 WHERE id = 1002",
        ])
      let moved = Set(all).subtracting([1_001, 1_002]).union([1_450, 401])
      #expect(rekeyed.ids == moved.sorted(by: >) && rekeyed.isAtEnd)
      // Fewer rows than were asked for, but the ids said that there are more.
      let deleted = try await outlines(200, after: ["DELETE FROM \(session.tableSQL) WHERE id > 450"])
      #expect(deleted.ids == (310...450).reversed().filter { $0 != 401 } && !deleted.isAtEnd)
      // More than were asked for: what is proven comes on the next page.
      let written = try await outlines(
        120,
        after: [
          "INSERT INTO \(session.tableSQL) (\(HistoryRecord.columnsSQL)) SELECT id + 10000, student_module_id, version, created, state,"
            + " grade, max_grade FROM \(session.tableSQL) WHERE id BETWEEN 1 AND 50"
        ])
      #expect(written.ids.count == 120 && written.ids.last == 441 && !written.isAtEnd)
      await session.close()
    }
  }

  @Test("a history is streamed a page at a time and complete", arguments: RoutedInstallation.Kind.available)
  func stream(kind: RoutedInstallation.Kind) async throws {
    try await RoutedInstallation.with(kind) { installation in
      try await installation.insert((1...500).map { .sample($0, module: 1) }, into: .original)
      try await installation.insert((400...900).map { .sample($0, module: 1) }, into: .extended)
      let router = try installation.router(true, false, startingID: 501)
      var ids: [UInt64] = []
      for try await entry in router.stream(of: [1], pageSize: 64) { ids.append(entry.record.id) }
      #expect(ids == (1...900).reversed())
    }
  }

  @Test("what a router does not take is refused")
  func refusals() async throws {
    try await RoutedInstallation.with(.sqlite) { installation in
      let router = try installation.router(true, false)
      await #expect(throws: HistoryRouterError.pageSizeOutOfRange(0)) { try await router.history(of: [1], limit: 0) }
      await #expect(throws: HistoryRouterError.pageSizeOutOfRange(1_001)) {
        try await router.history(of: [1], limit: 1_001)
      }
      await #expect(throws: HistoryRouterError.tooManyStudentModules(201)) {
        try await router.history(of: Array(1...201))
      }
      #expect(try await router.history(of: []).entries.isEmpty)
      for text in ["", "e1", "e1-o", "e-o-", "x1-o1", "e+1-o1", "o1-e1"] {
        #expect((HistoryCursor(text) == nil) == (text != "e1-o"), "\(text)")
      }
    }
  }
}
