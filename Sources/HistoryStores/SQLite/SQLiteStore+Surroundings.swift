internal import Foundation

extension SQLiteStore {
  package func surroundings() async throws -> StoreSurroundings {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    // The folder may not exist yet; then nobody can tell.
    let attributes = try? FileManager.default.attributesOfFileSystem(forPath: folder)
    return StoreSurroundings(
      server: "SQLite", dataDirectory: folder,
      freeBytes: (attributes?[.systemFreeSize] as? NSNumber)?.uint64Value, hasBinaryLog: false)
  }
}
