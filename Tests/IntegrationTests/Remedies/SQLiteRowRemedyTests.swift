import Foundation
import HistoryStores
import StudentModuleHistory
import TestSupport
import Testing

/// What SQLite refuses without saying which of its indexes did.
@Suite("Rows that SQLite refuses") struct SQLiteRowRemedyTests {
  @Test("another unique index of the extended table refuses a row: it is changed, and the copy goes on")
  func uniqueIndex() async throws {
    let installation = try await RoutedInstallation(.sqlite)
    let folder = try #require(installation.directory).path
    let stores = (
      original: SQLiteStore(side: .original, path: folder + "/edxapp.db"),
      extended: SQLiteStore(side: .extended, path: folder + "/edxapp_csmh.db")
    )
    try await installation.insert((1...50).map { HistoryRecord.sample($0, module: 3) }, into: .original)
    await installation.original.close()
    await installation.extended.close()
    try await stores.original.provision([
      "UPDATE courseware_studentmodulehistory SET version = CASE WHEN id IN (20, 30) THEN 'twice' ELSE id END"
    ])
    try await stores.extended.provision([
      "CREATE UNIQUE INDEX one_version ON \(TestInstallation.extendedTable) (version)"
    ])
    let arguments = ["--original", "sqlite://\(folder)/edxapp.db", "--extended", "sqlite://\(folder)/edxapp_csmh.db"]
    let refused = try await Command.csmh(["migrate"] + arguments)
    #expect(refused.status == 1, "\(refused.text)")
    try await FollowedRemedies.follow(.changeRow, in: refused.output) {
      #expect($0.places == ["original", "copy"] && refused.output.contains("the row 30 is refused"), "\(refused.text)")
      try await stores.original.provision([
        "UPDATE courseware_studentmodulehistory SET version = 'once' WHERE id = 30"
      ])
      try RemedySite.expectLeadsOn(try await Command.csmh(["copy"] + arguments))
    }
    try RemedySite.expectLeadsOn(try await Command.csmh(["verify"] + arguments))
    try FileManager.default.removeItem(atPath: folder)
  }
}
