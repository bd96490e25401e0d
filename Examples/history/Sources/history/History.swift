import Foundation
import HistoryStores
import StudentModuleHistory

/// Prints the newest states of a student module, and keeps one more where it is told to:
///
///     history mysql://user@host/edxapp mysql://user@host/edxapp_csmh 4711 ['{"attempts": 3}']
///
/// Both flags are on here: see ``HistoryFlags`` for what they mean.
@main struct History {
  static func main() async throws {
    let words = Array(CommandLine.arguments.dropFirst())
    guard words.count >= 3, let module = UInt64(words[2]) else {
      FileHandle.standardError.write(Data("usage: history ORIGINAL-URL EXTENDED-URL STUDENT-MODULE [STATE]\n".utf8))
      exit(64)
    }
    let pair = try StorePair(original: StoreLocation(url: words[0]), extended: StoreLocation(url: words[1]))
    let (original, extended) = (SessionPool(pair.original), SessionPool(pair.extended))
    let router = try HistoryRouter(
      flags: HistoryFlags(extendedEnabled: true, readOnlyFromExtended: true), original: original, extended: extended)
    if words.count > 3 {
      let now = HistoryTimestamp(microsecondsSince1970: Int64(Date().timeIntervalSince1970 * 1_000_000))
      let kept = try await router.record(
        StudentModuleState(studentModuleID: module, modified: now, state: words[3], grade: 1, maxGrade: 1))
      print("kept as", kept?.id ?? 0)
    }
    for entry in try await router.history(of: [module], limit: 10).entries {
      print(entry.record.id, entry.record.created.text, entry.record.state ?? "-")
    }
    await original.close()
    await extended.close()
  }
}
