package import StudentModuleHistory

/// A row of a history table, with its hash, which is asked for often.
struct HistoryRow: Sendable {
  let record: HistoryRecord
  let hash: RowHash

  init(_ record: HistoryRecord) {
    self.record = record
    var hasher = RowHasher()
    hash = hasher.hash(record)
  }
}

/// A row of one of the journal's tables; a column that is left out is NULL.
struct JournalRow: Sendable {
  var values: [JournalColumn: SQLValue] = [:]

  subscript(column: JournalColumn) -> SQLValue { values[column] ?? .null }
}

/// A student module, of which only matters whether it is there.
struct StudentModuleRow: Sendable {}

/// A database of a server: a history table, the journal's tables beside it, and the LMS's student modules.
package final class SimulatedDatabase: @unchecked Sendable {
  package let name: String
  package let side: HistorySide
  package let server: SimulatedServer

  /// Whether the history table is there.
  package var hasTable = true

  /// The journal's tables that are there.
  package var journalTables: Set<JournalTable>

  /// What the journal's tables lack because an older csmh made them.
  package var missingColumns: [JournalTable: Set<JournalColumn>] = [:]

  private(set) var largestID: UInt64
  let history: SimulatedTable<HistoryRow>
  let studentModules: SimulatedTable<StudentModuleRow>
  private let journal: [JournalTable: SimulatedTable<JournalRow>]

  /// How often the columns of the history table were changed.
  private(set) var alterationCount = 0

  init(_ server: SimulatedServer, name: String, side: HistorySide, hasJournal: Bool, largestID: UInt64) {
    self.server = server
    self.name = name
    self.side = side
    journalTables = hasJournal ? Set(JournalTable.journal) : []
    self.largestID = largestID
    let (log, scheduler) = (server.log, server.world.scheduler)
    history = SimulatedTable(name: "\(name).\(side.tableNames[0])", number: scheduler.nextNumber()) { log.add($0) }
    studentModules = SimulatedTable(name: "\(name).courseware_studentmodule", number: scheduler.nextNumber()) {
      log.add($0)
    }
    var journal: [JournalTable: SimulatedTable<JournalRow>] = [:]
    for table in JournalTable.allCases {
      journal[table] = SimulatedTable(name: "\(name).\(table.rawValue)", number: scheduler.nextNumber()) {
        log.add($0)
      }
    }
    self.journal = journal
  }

  func journal(_ table: JournalTable) -> SimulatedTable<JournalRow> { journal[table]! }

  var tables: [any AnyTable] {
    [history, studentModules] + JournalTable.allCases.map { journal($0) as any AnyTable }
  }

  // MARK: Before and after a simulation

  /// Puts committed rows into the history table.
  package func fill(_ records: [HistoryRecord]) {
    for record in records { history.fill(record.id, HistoryRow(record)) }
  }

  /// Puts committed student modules in.
  package func fill(studentModuleIDs: [UInt64]) {
    for id in studentModuleIDs { studentModules.fill(id, StudentModuleRow()) }
  }

  /// Puts a committed row into one of the journal's tables.
  package func fill(_ table: JournalTable, _ values: [JournalColumn: SQLValue]) {
    let id = values[.id]?.unsignedValue ?? journal(table).nextID
    journal(table).fill(id, JournalRow(values: values.merging([.id: .unsigned(id)]) { $1 }))
  }

  /// Lets the counter of the history table go on from an id.
  package func setCounter(to nextID: UInt64) { history.setCounter(to: nextID) }

  /// The id that the next history row gets.
  package var nextID: UInt64 { history.nextID }

  /// The history rows that are committed, by ascending id.
  package var records: [HistoryRecord] { history.committed.values.map(\.record) }

  /// The student modules that are committed, by ascending id.
  package var studentModuleIDs: [UInt64] { studentModules.committed.ids }

  /// The committed rows of one of the journal's tables, by ascending id.
  package func rows(of table: JournalTable) -> [[JournalColumn: SQLValue]] {
    journal(table).committed.values.map(\.values)
  }

  /// A change of a range's entry in the journal, as it was committed.
  package struct RangeChange {
    package let id: UInt64

    /// Its values; nil for none.
    package let before: [JournalColumn: SQLValue]?
    package let after: [JournalColumn: SQLValue]?

    /// Who committed it.
    package let process: ProcessIdentity
  }

  /// Calls `observer` with each range that a commit changes.
  package func onCommittedRange(_ observer: @escaping (RangeChange) -> Void) {
    journal(.range).didCommit = {
      observer(
        RangeChange(id: $0, before: $1?.values, after: $2?.values, process: $3.connection.process.identity))
    }
  }

  /// Calls `observer` with each history row that a commit deletes, and the machine and number of the process that does it.
  package func onDeletedRow(_ observer: @escaping (HistoryRecord, ProcessIdentity) -> Void) {
    history.didCommit = { _, before, after, transaction in
      guard let before, after == nil else { return }
      observer(before.record, transaction.connection.process.identity)
    }
  }

  /// Calls `observer` before the history table loses all rows at once.
  package func onTruncation(_ observer: @escaping () -> Void) { history.willTruncate = observer }

  /// Changes the columns of the history table, which ends what sessions rely on.
  package func alterHistoryTable() { alterationCount += 1 }

  /// Makes the ids 64 bits wide.
  func widenIDs() {
    largestID = UInt64(Int64.max)
    alterHistoryTable()
  }
}
