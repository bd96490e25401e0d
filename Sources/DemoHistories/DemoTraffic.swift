package import HistoryStores
package import StudentModuleHistory

/// Learners who go on working while their history is migrated: attempts and deletions as Open edX writes them with
/// `ENABLE_CSMH_EXTENDED` on.
package struct DemoTraffic: Sendable {
  /// What the learners did.
  package struct Counts: Sendable, Hashable {
    package var attempts = 0
    package var deletedStudentModules = 0
    package var deletedRecords = 0
  }

  private let site: DemoSite
  private let pair: StorePair
  private let seed: UInt64
  private let environment: Environment

  /// - Parameter seed: the number from which the learners' choices are made up.
  package init(site: DemoSite, pair: StorePair, seed: UInt64, environment: Environment = .process) {
    self.environment = environment
    self.site = site
    self.pair = pair
    self.seed = seed
  }

  /// Writes until `isFinished` says so, about `actionsPerSecond` times a second.
  ///
  /// - Throws: `HistoryStoreError`.
  package func run(actionsPerSecond: Double, until isFinished: @Sendable () -> Bool) async throws -> Counts {
    let original = try await pair.original.openSQLSession()
    let extended: any SQLSession
    do {
      extended = try await pair.extended.openSQLSession()
    } catch {
      await original.close()
      throw error
    }
    var counts = Counts()
    do {
      var learners = LiveLearners(history: site.history, seed: seed)
      let pause = Duration.seconds(1 / actionsPerSecond)
      var next = environment.now()
      while !isFinished() {
        try await perform(learners.next(at: now()), original, extended, &counts)
        next += pause
        try await environment.sleep(for: max(.zero, next - environment.now()))
      }
      await original.close()
      await extended.close()
      return counts
    } catch {
      await original.close()
      await extended.close()
      throw error
    }
  }

  private func perform(
    _ action: LiveLearners.Action, _ original: any SQLSession, _ extended: any SQLSession, _ counts: inout Counts
  ) async throws {
    let modules = pair.original.sqlName("courseware_studentmodule")
    switch action {
    case .begin(let module, let record):
      try await original.execute(
        "INSERT INTO \(modules) (id, module_type, module_id, student_id, course_id, state, grade, max_grade, done, created,"
          + " modified) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'na', ?, ?)", DemoSite.values(of: module))
      try await extended.insert([record])
      counts.attempts += 1
    case .attempt(let module, let record):
      try await original.execute(
        "UPDATE \(modules) SET state = ?, grade = ?, max_grade = ?, modified = ? WHERE id = ?",
        [
          .optional(module.state), module.grade.map { .real($0) } ?? .null, module.maxGrade.map { .real($0) } ?? .null,
          .text(module.modified.text), .unsigned(module.id),
        ])
      try await extended.insert([record])
      counts.attempts += 1
    case .delete(let id):
      // Open edX deletes a student module's original records in the request's transaction, the extended ones afterwards.
      let deletedCount = try await original.transaction {
        let deleted = try await original.delete(RowSelection(studentModuleIDs: [id]))
        try await original.execute("DELETE FROM \(modules) WHERE id = ?", [.unsigned(id)])
        return deleted
      }
      try await extended.delete(RowSelection(studentModuleIDs: [id]))
      counts.deletedStudentModules += 1
      counts.deletedRecords += deletedCount
    }
  }

  private func now() -> HistoryTimestamp {
    HistoryTimestamp(microsecondsSince1970: environment.microsecondsSince1970())
  }
}
