import Foundation
import TestSupport

/// A small file system that only one process sees, and who enters its namespaces.
struct SmallDisk {
  let folder: URL
  private let holder: Command

  /// The options of nsenter.
  private let entrance: [String]

  private init(_ size: String, namespaces: [String], entrance: [String]) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("csmh-disk-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    self.folder = folder
    let file = folder.path + ".pid"
    let mount = "mount -t tmpfs -o size=\(size) none \(folder.path) && echo $$ > \(file) && exec sleep 900"
    holder = try Command("/usr/bin/unshare", namespaces + ["/bin/sh", "-c", mount], environment: [:])
    func read() -> String { (try? String(contentsOfFile: file, encoding: .utf8)) ?? "" }
    while holder.isRunning, !read().hasSuffix("\n") { try await Task.sleep(for: .milliseconds(10)) }
    self.entrance = ["--target", read().trimmingCharacters(in: .whitespacesAndNewlines)] + entrance
  }

  /// - Returns: nil where nobody may mount anything.
  static func mounted(_ size: String) async throws -> SmallDisk? {
    for (namespaces, entrance) in [
      (["--user", "--map-root-user", "--mount"], ["--user", "--mount", "--preserve-credentials"]),
      (["--mount"], ["--mount"]),
    ] {
      let disk = try await SmallDisk(size, namespaces: namespaces, entrance: entrance)
      if disk.holder.isRunning { return disk }
      await disk.end()
    }
    return nil
  }

  /// Runs a program where the small file system is.
  func run(_ words: String...) async throws -> Command.Result {
    try await Command.run("/usr/bin/nsenter", entrance + words, environment: [:])
  }

  func end() async {
    holder.send(SIGKILL)
    _ = await holder.wait()
    try? FileManager.default.removeItem(at: folder)
    try? FileManager.default.removeItem(atPath: folder.path + ".pid")
  }
}
