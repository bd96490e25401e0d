import Foundation
import HistoryStores
import StudentModuleHistory

/// Keeps states of a student module where the flags say, and prints its history, the newest record first:
///
///     history mysql://user@host/edxapp mysql://user@host/edxapp_csmh extended 4711 '{"attempts": 3}'
@main struct History {
  static func main() async throws {
    let words = Array(CommandLine.arguments.dropFirst())
    guard words.count >= 4, let flags = flags(words[2]), let module = UInt64(words[3]) else {
      FileHandle.standardError.write(
        Data("usage: history ORIGINAL-URL EXTENDED-URL off|extended|read-only STUDENT-MODULE [STATE ...]\n".utf8))
      exit(64)
    }
    let history = try InstallationHistory(original: words[0], extended: words[1])
    let router = try history.router(flags)
    print(flags.meaning)
    for state in words.dropFirst(4) { try await keep(state, of: module, router) }
    for try await entry in router.stream(of: [module]) {
      print("\(entry.table) \(entry.record.id): \(entry.record.state ?? "no state")")
    }
    await history.close()
  }

  private static func keep(_ state: String, of module: UInt64, _ router: HistoryRouter) async throws {
    let now = HistoryTimestamp(microsecondsSince1970: Int64(Date().timeIntervalSince1970 * 1_000_000))
    let record = try await router.record(
      StudentModuleState(studentModuleID: module, modified: now, state: state, grade: 1, maxGrade: 1))
    if record != nil { print("kept in the \(router.writtenSide) table") }
  }

  private static func flags(_ word: String) -> HistoryFlags? {
    switch word {
    case "off": .off
    case "extended": HistoryFlags(extendedEnabled: true, readOnlyFromExtended: false)
    case "read-only": HistoryFlags(extendedEnabled: true, readOnlyFromExtended: true)
    default: nil
    }
  }
}
