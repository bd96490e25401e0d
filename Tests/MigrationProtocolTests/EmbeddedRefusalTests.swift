import Foundation
import HistoryStores
import MigrationBase
import MigrationProtocol
import StudentModuleHistory
import TestSupport
import Testing

/// Rows and statements that a SQLite file refuses.
@Suite struct EmbeddedRefusalTests {
  /// The extended table with something of an operator's own.
  private static func table(_ extra: String) -> String {
    """
    CREATE TABLE coursewarehistoryextended_studentmodulehistoryextended (id integer NOT NULL PRIMARY KEY AUTOINCREMENT, \
    version varchar(255) NULL, created datetime NOT NULL, state text NULL, grade real NULL, max_grade real NULL, \
    student_module_id bigint unsigned NOT NULL, \(extra))
    """
  }

  private func stopped(_ extra: String, rows: [HistoryRecord]) async throws -> [StoppedRange] {
    try await EmbeddedPair.with(rows: rows) { pair in
      try await pair.extended.provision([Self.table(extra)])
      let outcome = try await Migration(
        lanes: pair, headroom: 10_000,
        options: CopyOptions(sizer: RangeSizer(maximumRowCount: 50)),
        stop: StopSignal(retryBudget: .seconds(5))
      ).run { _, _ in }
      #expect(outcome.copy?.end == .stoppedByProblems)
      let session = try await pair.extended.openSession()
      let count = try await session.rows("SELECT COUNT(*) FROM \(session.tableSQL)")[0][0].unsignedValue ?? 0
      await session.close()
      #expect(count >= 2_000 && count < 3_000, "the other ranges go on: \(count)")
      return outcome.copy?.stopped ?? []
    }
  }

  @Test("a CHECK, a unique index and a column that takes no NULL stop their range, and the row is named")
  func constraints() async throws {
    var rows = EmbeddedPair.records(3_000)
    for index in rows.indices { rows[index].grade = 1 }
    rows[2_221].grade = 7
    let check = try await stopped("CHECK (grade < 7)", rows: rows)
    #expect(check.count == 1)
    #expect(check.first?.reason.contains("the row 2222, column grade,") == true, "\(check)")

    rows[2_221].grade = nil
    let null = try await stopped("CHECK (grade IS NOT NULL)", rows: rows)
    #expect(null.first?.reason.contains("the row 2222, column grade,") == true, "\(null)")

    rows[2_221].grade = 1
    rows[2_199].version = "twice"
    rows[2_221].version = "twice"
    let unique = try await stopped("UNIQUE (version)", rows: rows)
    #expect(unique.count == 1)
    #expect(unique.first?.reason.contains("the row 2222 is refused by") == true, "\(unique)")
  }

  @Test("a table that was changed or dropped meanwhile is told as such, not as a statement that fails")
  func changed() async throws {
    try await EmbeddedPair.with(rows: EmbeddedPair.records(10)) { pair in
      for (sql, said) in [
        ("ALTER TABLE courseware_studentmodulehistory RENAME COLUMN grade TO points", "`grade`"),
        ("DROP TABLE courseware_studentmodulehistory", "is gone"),
      ] {
        let session = try await pair.original.openSession()
        try await session.execute(sql)
        await #expect {
          _ = try await session.rows("SELECT grade FROM \(session.tableSQL)")
        } throws: { error in
          let error = error as? HistoryStoreError
          return error?.kind == .misconfigured && error?.message.contains(said) == true
        }
        await session.close()
        if sql.hasPrefix("ALTER") {
          try await pair.original.provision([
            "ALTER TABLE courseware_studentmodulehistory RENAME COLUMN points TO grade"
          ])
        }
      }
    }
  }
}
