package import StudentModuleHistory

extension SimulatedSession {
  package func rangeSums() async throws -> [RangeSums] {
    try await send("range sums") {
      let table = try journal(.range)
      return try await statement(on: table, .reading) { transaction in
        var sums: [String: RangeSums] = [:]
        for row in table.rows([], clock, transaction) {
          let state = row[.state].textValue ?? ""
          sums[state, default: RangeSums(state: state)].add(row)
        }
        return sums.keys.sorted().map { sums[$0]! }
      }
    }
  }

  package func rowsCopied(inLast seconds: Int) async throws -> (rowCount: Double, seconds: Double)? {
    try await send("rows copied") {
      let table = try journal(.range)
      return try await statement(on: table, .reading) { transaction in
        let rows = table.rows(
          [
            .isOne(of: ["copied", "unconfirmed", "draining", "drained"], .state),
            .above(.copiedAt, .now(plus: -seconds)),
          ], clock, transaction)
        let times = rows.compactMap { $0[.copiedAt].textValue }
        guard let first = times.min().flatMap({ HistoryTimestamp($0)?.microsecondsSince1970 }) else { return nil }
        let rowCount = rows.reduce(0) { $0 + ($1[.rowCount].realValue ?? 0) }
        return (rowCount, Double(server.microseconds - first) / 1_000_000)
      }
    }
  }
}

extension RangeSums {
  fileprivate mutating func add(_ row: JournalRow) {
    func number(_ column: JournalColumn) -> UInt64 { row[column].unsignedValue ?? 0 }
    rangeCount += 1
    rowCount += number(.rowCount)
    byteCount += number(.byteCount)
    adoptedCount += number(.adoptedCount)
    verifiedCount += row[.verifiedAt] == .null ? 0 : 1
    attempts += number(.attempts)
    idCount += number(.upperID) - number(.lowerID) + 1
    drainedCount += number(.drainedCount)
    if let time = row[.drainedAt].textValue { lastDrainedAt = max(lastDrainedAt ?? time, time) }
    errorCount += row[.lastError] == .null ? 0 : 1
  }
}
