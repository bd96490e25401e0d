import Foundation
import HistoryStores
import StudentModuleHistory
import TestSupport
import Testing

/// A disk without room: a small file system in a mount namespace of the test's own.
@Suite("Remedies of a full disk", .limitedConcurrency) struct SmallDiskRemediesTests {
  /// A process that holds a small file system, which only it and who enters its namespaces see.
  private struct SmallDisk {
    let holder: Command
    let process: String
    let folder: URL

    init(_ size: String) async throws {
      folder = FileManager.default.temporaryDirectory.appendingPathComponent("csmh-disk-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let mount = "mount -t tmpfs -o size=\(size) none \(folder.path) && echo $$ > \(folder.path).pid && exec sleep 120"
      holder = try Command(
        "/usr/bin/unshare", ["--user", "--map-root-user", "--mount", "/bin/sh", "-c", mount], environment: [:])
      let file = folder.path + ".pid"
      while holder.isRunning, ((try? String(contentsOfFile: file, encoding: .utf8)) ?? "").isEmpty {
        try await Task.sleep(for: .milliseconds(10))
      }
      process = try String(contentsOfFile: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Runs a program where the small file system is.
    func run(_ words: String...) async throws -> Command.Result {
      try await Command.run(
        "/usr/bin/nsenter", ["--target", process, "--user", "--mount", "--preserve-credentials"] + words,
        environment: [:])
    }

    func end() async {
      holder.send(SIGKILL)
      _ = await holder.wait()
      try? FileManager.default.removeItem(at: folder)
      try? FileManager.default.removeItem(atPath: folder.path + ".pid")
    }
  }

  /// A devstack to whose original file learners write a row every five minutes.
  private static func site() async throws -> URL {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("csmh-site-\(UUID().uuidString)")
    let made = try await Command.csmh(["devstack", "--rows", "2000", "--fill-only", "--directory", folder.path])
    #expect(made.status == 0, "\(made.printed)")
    let store = SQLiteStore(side: .original, path: folder.appendingPathComponent("edxapp.db").path)
    let session = try await store.openSession()
    try await session.execute(
      "UPDATE \(session.tableSQL) SET created = strftime('%Y-%m-%d %H:%M:%S', 'now', '-' ||"
        + " (300 * ((SELECT MAX(id) FROM \(session.tableSQL)) - id)) || ' seconds')")
    await session.close()
    return folder
  }

  @Test("too little room for the copy and for what learners write: room is made, as is told, and both are enough")
  func room() async throws {
    let disk = try await SmallDisk("48m")
    do {
      let site = disk.folder.appendingPathComponent("site").path
      let ballast = disk.folder.appendingPathComponent("ballast").path
      let csmh = try Command.csmh
      let made = try await Self.site()
      defer { try? FileManager.default.removeItem(at: made) }
      #expect(try await disk.run("cp", "-r", made.path, site).status == 0)
      let free = try await disk.run("df", "--output=avail", disk.folder.path).output.split(separator: "\n").last ?? ""
      let kilobytes = (Int(free.trimmingCharacters(in: .whitespaces)) ?? 0) - 64
      _ = try await disk.run("fallocate", "-l", "\(kilobytes)K", ballast)
      let check = [csmh, "check", "--rule", "disk-space", "--directory", site]
      let full = try await disk.run(check[0], check[1], check[2], check[3], check[4], check[5])
      #expect(full.status == 1, "\(full.printed)")
      try await FollowedRemedies.follow(.makeRoomForCopy, in: full.output) { _ in
        try await FollowedRemedies.follow(.makeRoomForWrites, in: full.output) { _ in
          #expect(try await disk.run("rm", ballast).status == 0)
          let enough = try await disk.run(check[0], check[1], check[2], check[3], check[4], check[5])
          #expect(enough.status == 0 && enough.output.contains("pass    "), "\(enough.printed)")
          #expect(try await disk.run(csmh, "migrate", "--directory", site).status == 0)
        }
      }
      await disk.end()
    } catch {
      await disk.end()
      throw error
    }
  }
}
