package import HistoryStores
internal import MigrationBase
internal import MigrationProtocol
package import StudentModuleHistory

extension CheckFacts {
  /// How long one question may take: then it is given up, and said so.
  package static let questionLimit = Duration.seconds(5)

  /// Looks at both databases. Reads only, with some dozens of short queries, each of which is bounded in rows and in time; no table on a
  /// server is scanned. The extended database need not exist.
  ///
  /// What cannot be found out is noted as such; only a cancelled task ends the gathering.
  ///
  /// - Parameter flags: as the LMS configuration has them, or nil.
  package init(pair: StorePair, flags: HistoryFlags?, environment: Environment = .process) async throws {
    let pair = pair.limitingStatements(to: Self.questionLimit)
    switch pair {
    case .mySQL(let original, let extended):
      self.init(
        isSQLite: false, original: try await Side(original), extended: try await Side(extended), flags: flags)
    case .sqlite(let original, let extended):
      self.init(
        isSQLite: true, original: try await Side(original), extended: try await Side(extended), flags: flags)
    }
    if let absent = sides.first(where: { $0.server.value == nil }) {
      unknownTables(Obstacle(absent.absenceText))
      return
    }
    if let obstacle = original.table.obstacle {
      unknownTables(obstacle)
      return
    }
    try await measure(pair, environment)
  }

  /// With nothing known of what takes both tables.
  private init(isSQLite: Bool, original: Side, extended: Side, flags: HistoryFlags?) {
    let nothing = Obstacle("nothing was looked at")
    self.init(
      isSQLite: isSQLite, original: original, extended: extended, flags: flags, measurements: .unknown(nothing),
      startingID: .unknown(nothing), widestRow: .unknown(nothing), standingRows: .unknown(nothing),
      activity: .unknown(nothing))
  }

  private mutating func unknownTables(_ obstacle: Obstacle) {
    measurements = .unknown(obstacle)
    widestRow = .unknown(obstacle)
    startingID = .unknown(obstacle)
    standingRows = .unknown(obstacle)
    activity = .unknown(obstacle)
    recordMismatch = .unknown(obstacle)
  }

  /// What takes both tables, or the rows of one.
  private mutating func measure(_ pair: StorePair, _ environment: Environment) async throws {
    let flags = flags
    measurements = try await finding { try await InstallationMeasurements(pair: pair, flags: flags) }
    widestRow =
      isSQLite ? .known(nil) : try await finding { try await WidestRow.sampled(pair.original, environment) }
    if let obstacle = extended.table.obstacle {
      startingID = .unknown(obstacle)
      standingRows = .unknown(obstacle)
    } else {
      recordMismatch = try await finding {
        try await Reconciliation(lanes: pair, stop: StopSignal(environment)).mismatch()?.description
      }
      startingID = try await finding { try await StartingIDReport(lanes: pair, stop: StopSignal(environment)) }
      standingRows = try await finding { try await StandingIDs(pair, environment) }
    }
    guard let measured = measurements.value else {
      activity = .unknown(measurements.obstacle ?? Obstacle("nothing was measured"))
      return
    }
    let hasExtendedTable = extended.table.value != nil
    activity = try await finding {
      try await WriteActivity(pair, measured, hasExtendedTable: hasExtendedTable)
    }
  }
}

/// Runs a question; what stands in its way is part of the answer.
func finding<Value: Sendable>(_ question: () async throws -> Value) async throws -> Finding<Value> {
  do {
    return .known(try await question())
  } catch let error as HistoryStoreError where error.kind != .cancelled {
    return .unknown(Obstacle(error))
  } catch let error as MigrationError {
    return .unknown(Obstacle(error.description, remedy: error.remedy))
  }
}
