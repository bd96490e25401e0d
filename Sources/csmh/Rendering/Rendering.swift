import Foundation
import HistoryStores
import MigrationBase
import MigrationJournal
import MigrationProtocol
import StudentModuleHistory

/// How the results of the libraries look on the terminal.
enum Rendering {
  /// A table of which the definition is to be changed is in use.
  static func waits(_ why: String, _ console: Console) {
    console.note(
      "a table is in use, and is tried again for two seconds at a time, for up to an hour (Ctrl-C ends that): \(why)")
  }

  static func plan(_ plan: Provisioner.Plan, _ console: Console) {
    for step in plan.steps {
      let mark = step.statements.isEmpty ? console.style("=", .dim) : console.style("+", .green)
      console.print("  \(mark) \(step.title): \(step.note)")
    }
    if plan.needsDjango {
      console.print("  \(console.style("!", .yellow)) Django: \(DjangoMigration.why):")
      console.print("      \(DjangoMigration.commandLine)")
    }
  }

  static func copy(_ outcome: CopyOutcome, _ console: Console) {
    let seconds = max(outcome.duration / .seconds(1), 0.001)
    console.print(
      "  copied \(Format.count(outcome.rowCount)) rows (\(Format.bytes(Double(outcome.byteCount)))) in"
        + " \(Format.duration(outcome.duration)): \(Format.count(Int(Double(outcome.rowCount) / seconds))) rows/s,"
        + " \(Format.count(outcome.rangeCount)) ranges, \(outcome.retryCount) retries")
    if outcome.adoptedRowCount > 0 {
      console.print(
        "  \(Format.count(outcome.adoptedRowCount)) of them stood in the \(outcome.target) table already, byte for byte: adopted"
      )
    }
    for range in outcome.stopped { stopped(range, console) }
    switch outcome.end {
    case .finished: break
    case .interrupted: console.print("  stopped with work left: run the same command again, and it goes on")
    case .stoppedByProblems:
      console.print(
        console.style("  some ranges are stopped; everything else is copied, and nothing was overwritten", .red))
    }
  }

  static func stopped(_ range: StoppedRange, _ console: Console) {
    console.print(console.style("  stopped: ", .red) + "ids \(range.range): \(range.reason)")
    for row in range.rows { rows(id: row.id, row.original, row.extended, console) }
    if let remedy = range.remedy { console.print("    what to do: \(remedy)") }
  }

  private static func rows(id: UInt64, _ original: HistoryRecord?, _ extended: HistoryRecord?, _ console: Console) {
    console.print("      original: \(record(original))")
    console.print("      extended: \(record(extended))")
  }

  private static func record(_ record: HistoryRecord?) -> String {
    guard let record else { return "no such row" }
    let number = { (value: Double?) in value.map { String($0) } ?? "NULL" }
    return
      "id \(record.id), student_module_id \(record.studentModuleID), version \(Format.shortened(record.version, to: 20)),"
      + " created \(record.created), grade \(number(record.grade)), max_grade \(number(record.maxGrade)),"
      + " state \(Format.shortened(record.state))"
  }
}

// MARK: - JSON

/// The JSON forms of results: they keep their names, whatever the libraries call theirs.
struct PlanDocument: Encodable {
  struct Step: Encodable {
    let title: String
    let note: String
    let statements: [String]
  }

  /// What Django has to be told; only where it does.
  struct Django: Encodable {
    let command: [String]
    let why: String
  }

  let event = "provision"
  let steps: [Step]
  let startingID: UInt64
  let originalNextID: UInt64

  let django: Django?

  /// The privileges that the two users need; only where statements are printed and not run.
  let applicationGrants: [String]?
  let csmhGrants: [String]?

  init(_ plan: Provisioner.Plan, applicationGrants: [String]? = nil, csmhGrants: [String]? = nil) {
    django = plan.needsDjango ? Django(command: DjangoMigration.command, why: DjangoMigration.why) : nil
    self.applicationGrants = applicationGrants
    self.csmhGrants = csmhGrants
    steps = plan.steps.map { Step(title: $0.title, note: $0.note, statements: $0.statements) }
    startingID = plan.startingID
    originalNextID = plan.originalFirstFreeID
  }
}

struct RowDocument: Encodable {
  let id: UInt64
  let kind: String?
  let columns: [String]

  /// What has likely made it differ; of a comparison only.
  var cause: String?
  let original: RecordDocument?
  let extended: RecordDocument?
}

struct RecordDocument: Encodable {
  let studentModuleID: UInt64
  let version: String?
  let created: String
  let state: String?
  let grade: Double?
  let maxGrade: Double?

  init?(_ record: HistoryRecord?) {
    guard let record else { return nil }
    studentModuleID = record.studentModuleID
    version = record.version
    created = record.created.text
    state = record.state.map { String($0.prefix(200)) }
    grade = record.grade
    maxGrade = record.maxGrade
  }
}

struct CopyDocument: Encodable {
  struct Stopped: Encodable {
    let lowerID: UInt64
    let upperID: UInt64
    let reason: String
    let remedy: Remedy?
    let rows: [RowDocument]
  }

  let event = "copy"
  let end: String
  let rows: UInt64
  let bytes: UInt64
  let adoptedRows: UInt64
  let ranges: UInt64
  let retries: UInt64
  let seconds: Double
  let rowsPerSecond: Double
  let upperBound: UInt64?
  let stopped: [Stopped]

  init(_ outcome: CopyOutcome) {
    end = outcome.end.rawValue
    rows = outcome.rowCount
    bytes = outcome.byteCount
    adoptedRows = outcome.adoptedRowCount
    ranges = outcome.rangeCount
    retries = outcome.retryCount
    seconds = outcome.duration / .seconds(1)
    rowsPerSecond = Double(outcome.rowCount) / max(seconds, 0.001)
    upperBound = outcome.upperBound
    stopped = outcome.stopped.map { range in
      Stopped(
        lowerID: range.range.lower, upperID: range.range.upper, reason: range.reason, remedy: range.remedy,
        rows: range.rows.map {
          RowDocument(
            id: $0.id, kind: nil, columns: $0.columns, original: RecordDocument($0.original),
            extended: RecordDocument($0.extended))
        })
    }
  }
}
