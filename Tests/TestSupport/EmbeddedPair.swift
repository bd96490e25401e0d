internal import Foundation
package import HistoryStores
package import StudentModuleHistory

/// Two SQLite files in a folder that is removed afterwards, the original one with rows.
package enum EmbeddedPair {
  @discardableResult
  package static func with<Value>(
    rows: [HistoryRecord], _ body: (StorePair) async throws -> Value
  ) async throws -> Value {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let original = SQLiteStore(side: .original, path: folder.appendingPathComponent("edxapp.db").path)
    let extended = SQLiteStore(side: .extended, path: folder.appendingPathComponent("edxapp_csmh.db").path)
    try await original.provision([
      """
      CREATE TABLE courseware_studentmodulehistory (id integer NOT NULL PRIMARY KEY AUTOINCREMENT, student_module_id integer \
      NOT NULL, version varchar(255) NULL, created datetime NOT NULL, state text NULL, grade real NULL, max_grade real NULL)
      """
    ])
    let session = try await original.openSession()
    try await session.insert(rows)
    await session.close()
    return try await body(.sqlite(original: original, extended: extended))
  }

  package static func records(_ count: Int, from first: Int = 1) -> [HistoryRecord] {
    (first..<first + count).map { (number: Int) -> HistoryRecord in
      let grade: Double? = number % 3 == 0 ? nil : Double(number) / 7
      return HistoryRecord(
        id: UInt64(number), studentModuleID: UInt64(number % 50 + 1),
        created: HistoryTimestamp(microsecondsSince1970: Int64(number % 1_000_000) * 1_234_567),
        state: "{\"seed\": \(number), \"é\": \"😀\"}", grade: grade, maxGrade: 1)
    }
  }
}
