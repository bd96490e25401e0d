import ArgumentParser
import HistoryStores
import LMSConfiguration
import MigrationBase
import MigrationJournal
import MigrationProtocol
import StudentModuleHistory

struct FlagsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "flags",
    abstract: "What the two flags are, what they mean for reads and writes, and which change is safe now.",
    discussion: """
      ENABLE_CSMH_EXTENDED sends new records to the extended table, and readers to both tables. READ_ONLY_FROM_CSMHE sends \
      readers to the extended table alone; shipped Open edX calls it ENABLE_READING_FROM_MULTIPLE_HISTORY_TABLES, with the \
      opposite sense. --set takes either name, changes that value alone in the configuration file, keeps the old file beside it, \
      and refuses a change that is not safe. A flag that is set nowhere is added at the top level and under FEATURES, so that every \
      release reads it. The LMS reads its configuration when it starts: restart it afterwards.

      An ENABLE_CSMH_EXTENDED that is not set is on in releases since 2020 and off in older ones. csmh looks at which table gets rows, \
      for up to five seconds; or say it with --flag-defaults. A READ_ONLY_FROM_CSMHE that is not set is off.

      Ends with 0; with 1 if a change was refused, if the flags as they are were turned on too early or without an extended table, or \
      if nothing tells what an unset one means.
      """)

  @OptionGroup var installation: InstallationOptions
  @OptionGroup var output: OutputOptions

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp("Change a flag in the LMS configuration: NAME=true or NAME=false.", valueName: "name=value"))
  var assignment: FlagAssignment?

  @Flag(help: "With --set: change the flag although it is not safe.")
  var force = false

  func validate() throws {
    if force, assignment == nil { throw ValidationError("--force goes together with --set.") }
  }

  func run() async throws {
    try await output.perform { console in
      guard !installation.namesURLs else {
        throw Failure(
          .usage, "the flags stand in the LMS configuration, which URLs do not name",
          remedy: Remedy(.nameConfiguration))
      }
      let installation = try self.installation.resolve(console, allowsContradiction: true)
      let configuration = installation.configuration!
      guard let assignment else {
        let reading = try await installation.flagReading()!
        let advice = try await Self.advice(installation, reading, configuration)
        show(advice, reading, configuration, console)
        console.emitDocument(FlagAdviceDocument(advice, reading, configuration))
        return advice.warnings.isEmpty ? .done : .promiseBroken
      }
      try self.installation.refuseStandardInput(to: "changed")
      return try await set(assignment, installation, configuration, console)
    }
  }

  static func advice(
    _ installation: Installation, _ reading: FlagReading, _ configuration: LMSConfiguration
  ) async throws -> FlagAdvice {
    var facts = try await InstallationFacts(lanes: installation.pair, flags: reading.flags(of: configuration))
    facts.doubt = reading.doubt
    return FlagAdvice(facts)
  }

  private func show(
    _ advice: FlagAdvice, _ reading: FlagReading, _ configuration: LMSConfiguration, _ console: Console
  ) {
    for name in HistoryFlags.Name.allCases {
      let places = configuration.flagPlaces.filter { $0.spelling.flag == name }.map {
        "\($0.keyPath.joined(separator: ".")): \($0.writtenValue) at \($0.file):\($0.line)"
      }
      console.print(
        console.style(name.rawValue, .bold) + Self.state(of: name, advice, reading, places.joined(separator: "; ")))
    }
    console.print(
      "meaning   "
        + (reading.doubt == nil ? advice.facts.flags.meaning : "not known: it depends on a flag that is not set"))
    if let doubt = reading.doubt {
      console.print("to do     \(Remedy.joined(doubt.remedies, by: "; ")?.description ?? "")")
    }
    console.print("extended  \(Self.readiness(advice.facts))")
    for warning in advice.warnings { console.print(console.style("warning   ", .red) + warning) }
    for change in advice.changes {
      let verdict = change.isSafe ? console.style("safe", .green) : console.style("not safe", .red)
      console.print("\(change.flag.rawValue)=\(change.value): \(verdict): \(change.reason)")
      if let loss = change.loss { console.print("  what would be lost: \(loss)") }
      if let remedy = change.remedy { console.print("  what to do: \(remedy)") }
    }
  }

  /// ` is on (...)`
  private static func state(
    of name: HistoryFlags.Name, _ advice: FlagAdvice, _ reading: FlagReading, _ places: String
  ) -> String {
    let value = " is \(advice.facts.flags[name] ? "on" : "off")"
    guard places.isEmpty else { return "\(value) (\(places))" }
    guard name == .extendedEnabled else { return "\(value) (not set, which means that both tables are read)" }
    guard let reason = reading.reason else { return value }
    return reading.doubt == nil
      ? "\(value) (not set; \(reason))" : " is not set: on in releases since 2020, off in older ones; \(reason)"
  }

  static func readiness(_ facts: InstallationFacts) -> String {
    guard facts.hasExtendedTable, let startingID = facts.startingID else { return "there is no extended table yet" }
    let migration =
      facts.phase.map { phase in
        "phase \(phase.rawValue)" + (facts.upperBound.map { ", up to the id \(Format.count($0))" } ?? "")
          + (facts.originalRowsBeyond > 0 ? ", \(Format.count(facts.originalRowsBeyond)) newer original rows" : "")
      } ?? "nothing was migrated"
    return "the next native id is \(Format.count(startingID.extendedNextID))"
      + " (\(startingID.isSafe ? "safe" : "not safe")); \(migration)"
  }

  private func set(
    _ assignment: FlagAssignment, _ installation: Installation, _ configuration: LMSConfiguration, _ console: Console
  ) async throws -> ExitStatus {
    if self.installation.tutorRoot != nil {
      console.warn(
        "Tutor does not hand flags from its config.yml to the LMS: set them in a plugin's patch as well, and tell csmh here"
      )
    }
    let known = try await safety(of: assignment, installation, configuration, console)
    let change = known?.change
    let isNew = known?.isNew ?? (configuration.flags[assignment.flag] != assignment.value)
    if let change, !change.isSafe, isNew {
      let sentence = "\(assignment) is not safe: \(change.reason)" + (change.loss.map { "; \($0)" } ?? "")
      guard force else {
        let failure = Failure(
          .promiseBroken, sentence, remedy: change.remedy.map { Remedy(.orForce, $0) })
        console.emitDocument(FlagSetDocument(assignment, isChanged: false, change, [], failure))
        throw failure
      }
      console.warn(sentence)
    }
    let edit = try LMSConfigurationEditor(
      files: configuration.files, places: self.installation.tutorRoot == nil ? .everyRelease : .topLevel
    ).settingFlag(assignment.flag, to: assignment.value, addedAs: assignment.spelling)
    let written = try edit.write()
    for (file, change) in zip(written, edit.changes) {
      console.print(
        "\(assignment) is set in \(file.file), line \(change.lines.map { String($0) }.joined(separator: ", "));"
          + " the file as it was: \(file.backup)")
    }
    if written.isEmpty { console.print("\(assignment) was set already") }
    let after = try self.installation.configuration()
    if let flags = after.knownFlags(extendedDefault: known?.extendedEnabled) {
      console.print("meaning   \(flags.meaning)")
    }
    for disagreement in Studio(besides: self.installation)?.disagreements(with: after) ?? [] {
      console.warn("\(disagreement): the CMS needs the same")
    }
    if !written.isEmpty { console.note("restart every LMS and worker process: they read the flags when they start") }
    console.emitDocument(FlagSetDocument(assignment, isChanged: !written.isEmpty, change, written))
    return .done
  }
}

/// `NAME=true`, in either spelling of the flags.
struct FlagAssignment: ExpressibleByArgument, CustomStringConvertible {
  let spelling: LMSConfiguration.FlagSpelling
  let flag: HistoryFlags.Name
  let value: Bool

  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let spelling = LMSConfiguration.FlagSpelling(rawValue: String(parts[0])) else { return nil }
    let written: Bool
    switch parts[1].lowercased() {
    case "true", "on": written = true
    case "false", "off": written = false
    default: return nil
    }
    self.spelling = spelling
    flag = spelling.flag
    value = written != spelling.isInverted
  }

  var description: String { "\(flag.rawValue)=\(value)" }
}

/// The JSON form of what `flags` tells.
struct FlagAdviceDocument: Encodable {
  struct Change: Encodable {
    let flag: String
    let value: Bool
    let isSafe: Bool
    let reason: String
    let loss: String?
    let remedy: Remedy?

    init(_ change: FlagChange) {
      flag = change.flag.rawValue
      value = change.value
      isSafe = change.isSafe
      reason = change.reason
      loss = change.loss
      remedy = change.remedy
    }
  }

  struct Place: Encodable {
    let name: String
    let value: Bool
    let file: String
    let line: Int
  }

  /// Left out where nobody knows it.
  let extendedEnabled: Bool?

  /// What tells it: `set`, `flag-defaults`, `tutor`, `installed-apps`, `evidence`; `unknown` if nothing does.
  let extendedBasis: String
  let extendedBecause: String?
  let readOnlyFromExtended: Bool
  let meaning: String?
  let places: [Place]
  let hasExtendedTable: Bool
  let nextNativeID: UInt64?
  let isStartingIdSafe: Bool?
  let phase: String?
  let upperBound: UInt64?
  let originalRowsBeyond: UInt64
  let warnings: [String]
  let changes: [Change]

  init(_ advice: FlagAdvice, _ reading: FlagReading, _ configuration: LMSConfiguration) {
    let facts = advice.facts
    extendedEnabled = reading.flags?.extendedEnabled
    extendedBasis = reading.basisName
    extendedBecause = reading.reason
    readOnlyFromExtended = facts.flags.readOnlyFromExtended
    meaning = reading.flags?.meaning
    places = configuration.flagPlaces.map {
      Place(name: $0.keyPath.joined(separator: "."), value: $0.writtenValue, file: $0.file, line: $0.line)
    }
    hasExtendedTable = facts.hasExtendedTable
    nextNativeID = facts.startingID?.extendedNextID
    isStartingIdSafe = facts.startingID?.isSafe
    phase = facts.phase?.rawValue
    upperBound = facts.upperBound
    originalRowsBeyond = facts.originalRowsBeyond
    warnings = advice.warnings
    changes = advice.changes.map { Change($0) }
  }
}

/// The JSON form of what `flags --set` did.
private struct FlagSetDocument: Encodable {
  struct File: Encodable {
    let file: String
    let backup: String
  }

  let flag: String
  let value: Bool
  let isChanged: Bool
  let safety: FlagAdviceDocument.Change?
  let files: [File]

  /// Why it was refused.
  let error: FailureDocument?

  init(
    _ assignment: FlagAssignment, isChanged: Bool, _ change: FlagChange?, _ written: [LMSConfigurationEdit.Written],
    _ failure: Failure? = nil
  ) {
    error = failure.map { FailureDocument($0) }
    flag = assignment.flag.rawValue
    value = assignment.value
    self.isChanged = isChanged
    safety = change.map { FlagAdviceDocument.Change($0) }
    files = written.map { File(file: $0.file, backup: $0.backup) }
  }
}
