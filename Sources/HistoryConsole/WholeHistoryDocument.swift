internal import NIOCore
public import StudentModuleHistory

/// A whole history as one document of the form of ``HistoryDocument``, made page by page: of what was read, its text alone is kept.
public struct WholeHistoryDocument: Sendable {
  private var entries: [String] = []
  private var collisions: [UInt64] = []

  public init() {}

  /// Takes in the next page.
  public mutating func add(_ page: HistoryPage) {
    var json = JSONWriter(capacity: HistoryDocument.size(page.entries))
    for entry in page.entries { json.entry(entry) }
    if !page.entries.isEmpty { entries.append(String(buffer: json.buffer)) }
    collisions += page.collisions
  }

  /// The document's text, in parts.
  public var parts: [String] {
    var parts = ["{\"entries\":["]
    for (index, part) in entries.enumerated() { parts += index == 0 ? [part] : [",", part] }
    return parts + ["],\"next_cursor\":null,\"collisions\":[\(collisions.map(String.init).joined(separator: ","))]}"]
  }
}
