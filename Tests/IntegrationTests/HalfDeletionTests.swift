import TestSupport
import Testing

/// A deletion of a student module takes the original rows first: between its two halves no copy may be called a native row.
@Suite(.limitedConcurrency) struct HalfDeletionTests {
  /// Copies that no journal knows, as an older script leaves them.
  private static func installation() async throws -> TestInstallation {
    let installation = try await TestInstallation(.betweenMariaDBs)
    for sql in Tables.today.sql { try await installation.original(sql) }
    try await installation.original(Tables.plainRows(100))
    #expect(try await installation.csmh("migrate").status == 0)
    // Ranges of which the journal knows nothing any more: only the rows themselves tell.
    try await installation.extended("DELETE FROM csmh_range")
    return installation
  }

  @Test(
    "its second half comes while csmh looks: offset, flags, check and re-keying see no native row",
    arguments: [["offset"], ["check", "--rule", "collisions"], ["offset", "--rekey", "--print-plan"]])
  func between(arguments: [String]) async throws {
    let installation = try await Self.installation()
    let module = try await installation.originalRows(
      "SELECT MIN(student_module_id) FROM courseware_studentmodulehistory")[0][0]!
    try await installation.original("DELETE FROM courseware_studentmodulehistory WHERE student_module_id = \(module)")
    let command = try Command(try Command.csmh, arguments + installation.arguments, environment: [:])
    try await Task.sleep(for: .milliseconds(900))
    #expect(command.isRunning, "it looks again")
    try await installation.extended(
      "DELETE FROM \(TestInstallation.extendedTable) WHERE student_module_id = \(module)")
    let result = await command.wait()
    #expect(result.status == 0, "\(result)")
    #expect(!result.output.contains("not safe") && !result.output.contains("moves"), "\(result.output)")
  }

  @Test("a row that stays is told, after a short while")
  func staying() async throws {
    let installation = try await Self.installation()
    try await installation.original("DELETE FROM courseware_studentmodulehistory WHERE id = 7")
    let start = ContinuousClock.now
    let result = try await installation.csmh("offset")
    #expect(result.status == 1 && result.output.contains("at least 1 rows"), "\(result.output)")
    #expect(ContinuousClock.now - start < .seconds(20))
  }
}
