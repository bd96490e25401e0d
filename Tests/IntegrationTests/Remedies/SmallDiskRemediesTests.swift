import Foundation
import HistoryStores
import MigrationAdvice
import StudentModuleHistory
import TestSupport
import Testing

/// What csmh check tells of a disk without room is followed to the letter, on a small file system of the test's own.
@Suite("Remedies of a full disk", .limitedConcurrency) struct SmallDiskRemediesTests {
  /// A devstack to whose original file learners write a row every five minutes.
  private static func site() async throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("csmh-site-\(UUID().uuidString)")
    let made = try await Command.csmh(["devstack", "--rows", "2000", "--fill-only", "--directory", folder.path])
    #expect(made.status == 0, "\(made.printed)")
    let session = try await pair(folder).original.openSession()
    try await session.execute(
      "UPDATE \(session.tableSQL) SET created = strftime('%Y-%m-%d %H:%M:%S', 'now', '-' ||"
        + " (300 * ((SELECT MAX(id) FROM \(session.tableSQL)) - id)) || ' seconds')")
    await session.close()
    return folder
  }

  private static func pair(_ folder: URL) -> StorePair {
    .sqlite(
      original: SQLiteStore(side: .original, path: folder.appendingPathComponent("edxapp.db").path),
      extended: SQLiteStore(side: .extended, path: folder.appendingPathComponent("edxapp_csmh.db").path))
  }

  @Test(
    "too little room for the copy and for what learners write: room is made, as is told, and there is enough",
    arguments: [true, false])
  func room(isMounted: Bool) async throws {
    let site = try await Self.site()
    defer { try? FileManager.default.removeItem(at: site) }
    guard isMounted, let disk = try await SmallDisk.mounted("48m") else { return try await toldByFacts(site) }
    do {
      try await room(site, on: disk)
      await disk.end()
    } catch {
      await disk.end()
      throw error
    }
  }

  private func room(_ made: URL, on disk: SmallDisk) async throws {
    let site = disk.folder.appendingPathComponent("site").path
    let ballast = disk.folder.appendingPathComponent("ballast").path
    let csmh = try Command.csmh
    #expect(try await disk.run("cp", "-r", made.path, site).status == 0)
    let free = try await disk.run("df", "--output=avail", disk.folder.path).output.split(separator: "\n").last ?? ""
    let kilobytes = (Int(free.trimmingCharacters(in: .whitespaces)) ?? 0) - 64
    _ = try await disk.run("fallocate", "-l", "\(kilobytes)K", ballast)
    let full = try await disk.run(csmh, "check", "--rule", "disk-space", "--directory", site)
    #expect(full.status == 1, "\(full.printed)")
    try await FollowedRemedies.follow(.makeRoomForCopy, in: full.output) { _ in
      try await FollowedRemedies.follow(.makeRoomForWrites, in: full.output) { _ in
        let removed = try await disk.run("rm", ballast)
        #expect(removed.status == 0, "\(removed.printed)")
        let enough = try await disk.run(csmh, "check", "--rule", "disk-space", "--directory", site)
        #expect(enough.status == 0 && enough.output.contains("pass    "), "\(enough.printed)")
        let migrated = try await disk.run(csmh, "migrate", "--directory", site)
        #expect(migrated.status == 0, "\(migrated.printed)")
      }
    }
  }

  /// Where nobody may mount a file system: of everything that is known of the site the free room alone is not as it is.
  private func toldByFacts(_ site: URL) async throws {
    var facts = try await CheckFacts(pair: Self.pair(site), flags: nil)
    guard case .known(var measured) = facts.measurements else { throw TestFailure("the site was not measured") }
    let full = StoreSurroundings(server: "SQLite", dataDirectory: site.path, freeBytes: 65_536, hasBinaryLog: false)
    (measured.originalServer, measured.extendedServer) = (full, full)
    facts.measurements = .known(measured)
    let told = Checks.results(facts, only: ["disk-space"])[0].remedy.map(\.description).joined(separator: "\n")
    for name in [Remedy.Name.makeRoomForCopy, .makeRoomForWrites] {
      try await FollowedRemedies.follow(name, in: told) { _ in
        let enough = try await Command.csmh(["check", "--rule", "disk-space", "--directory", site.path])
        #expect(enough.status == 0, "\(enough.printed)")
      }
    }
  }
}
