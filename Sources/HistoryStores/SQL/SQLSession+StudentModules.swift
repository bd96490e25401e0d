package import StudentModuleHistory

/// The LMS's student modules, in the original database.
extension SQLSession {
  package func studentModules(among ids: [UInt64], locking: Bool) async throws -> StandingModules? {
    let list = ids.map(String.init).joined(separator: ", ")
    return try await askingModules {
      // By the primary key, so that no other one is locked or waited for.
      let found = try await rows(
        "SELECT id FROM \(studentModulesSQL) WHERE id IN (\(list))\(locking ? dialect.inShareMode : "")")
      guard let largest = try await rows("SELECT MAX(id) FROM \(studentModulesSQL)")[0][0].unsignedValue else {
        return nil
      }
      return StandingModules(Set(found.compactMap { $0[0].unsignedValue }), largestID: largest)
    }
  }

  package func idsWithoutStudentModule(in range: IDRange, limit: Int) async throws -> [UInt64] {
    try await askingModules {
      try await rows(
        "SELECT h.id FROM \(tableSQL) AS h \(byIDSQL) WHERE h.id BETWEEN \(range.lower) AND \(range.upper) AND NOT EXISTS"
          + " (SELECT 1 FROM \(studentModulesSQL) AS m WHERE m.id = h.student_module_id)"
          + " AND h.student_module_id < (SELECT MAX(id) FROM \(studentModulesSQL)) ORDER BY h.id LIMIT \(limit)"
      ).compactMap { $0[0].unsignedValue }
    } ?? []
  }

  private var studentModulesSQL: String { sqlName(ofTable: "courseware_studentmodule") }

  /// A table that is not there or may not be read tells nothing, and is no reason to stop.
  private func askingModules<Value>(_ body: () async throws -> Value?) async throws -> Value? {
    if dialect == .sqlite {
      let tables = sqlName(ofTable: "sqlite_master")
      if try await rows("SELECT 1 FROM \(tables) WHERE name = 'courseware_studentmodule'").isEmpty { return nil }
    }
    do {
      return try await body()
    } catch let error as HistoryStoreError where error.kind == .notPermitted || error.isAbsence {
      return nil
    }
  }
}
