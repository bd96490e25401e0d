import Foundation
import MariaDBClient
import TestSupport
import Testing

/// Old tables hold bytes that are not valid in their column's character set: they are copied bit for bit, or stop their range; never a `?`.
@Suite(.limitedConcurrency) struct BytesTests {
  private static let table = "courseware_studentmodulehistory"

  /// An original table in utf8mb3 with these bytes as the states of rows, brought in as a physical move of old brings them in.
  private func installation(_ place: TestInstallation.Place, _ bytes: [Int: String]) async throws -> TestInstallation {
    let installation = try await TestInstallation(place)
    let database = installation.originalDatabase
    try await installation.original(
      """
      CREATE TABLE \(Self.table) (id int NOT NULL AUTO_INCREMENT, student_module_id int NOT NULL, version varchar(255) DEFAULT NULL, \
      created datetime(6) NOT NULL, state longtext, grade double DEFAULT NULL, max_grade double DEFAULT NULL, PRIMARY KEY (id)) \
      ENGINE=InnoDB DEFAULT CHARSET=utf8mb3
      """,
      Tables.plainRows(60), "CREATE TABLE plain LIKE \(Self.table)", "ALTER TABLE plain MODIFY state longblob",
      "INSERT INTO plain SELECT * FROM \(Self.table)")
    for (id, bytes) in bytes {
      try await installation.original("UPDATE plain SET state = UNHEX('\(bytes)') WHERE id = \(id)")
    }
    let folder = installation.source.directory.appendingPathComponent("data/\(database)")
    let copy = FileManager.default.temporaryDirectory.appendingPathComponent("csmh-\(UUID().uuidString).ibd")
    defer { try? FileManager.default.removeItem(at: copy) }
    let holder = try await installation.source.connect(database: database)
    try await holder.execute("FLUSH TABLES plain FOR EXPORT")
    try FileManager.default.copyItem(at: folder.appendingPathComponent("plain.ibd"), to: copy)
    await holder.close()
    try await installation.original("ALTER TABLE \(Self.table) DISCARD TABLESPACE")
    try FileManager.default.copyItem(at: copy, to: folder.appendingPathComponent("\(Self.table).ibd"))
    try await installation.original("ALTER TABLE \(Self.table) IMPORT TABLESPACE", "DROP TABLE plain")
    for (id, bytes) in bytes {
      #expect(
        try await installation.originalRows("SELECT HEX(state) FROM \(Self.table) WHERE id = \(id)") == [[bytes]])
    }
    return installation
  }

  @Test("four-byte characters in a utf8mb3 column are copied bit for bit", arguments: TestInstallation.Place.mariaDB)
  func fourBytes(place: TestInstallation.Place) async throws {
    let installation = try await installation(place, [10: "41F09F98805A"])
    let result = try await installation.csmh("migrate")
    #expect(result.status == 0, "\(result.output)\(result.error)")
    let copies = try await installation.extendedRows(
      "SELECT HEX(state) FROM \(TestInstallation.extendedTable) WHERE id = 10")
    #expect(copies == [["41F09F98805A"]])
  }

  @Test(
    "bytes that the target cannot hold stop their range, and the row and column are named",
    arguments: TestInstallation.Place.mariaDB)
  func invalid(place: TestInstallation.Place) async throws {
    let installation = try await installation(place, [7: "F09F9880", 10: "636166E9"])
    let result = try await installation.csmh("migrate")
    #expect(result.status == 1, "\(result.output)\(result.error)")
    #expect((result.output + result.error).contains("the row 10, column state"), "\(result.output)\(result.error)")
    let marks = try await installation.extendedRows(
      "SELECT COUNT(*) FROM \(TestInstallation.extendedTable) WHERE state LIKE 'caf%'")
    #expect(marks == [["0"]])
  }
}
