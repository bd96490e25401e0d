import Foundation
import TestSupport
import Testing

/// The answer to one statement is lost, and the connection with it: the server has carried it out, and csmh cannot know.
///
/// Every command must find out what became of its work, and end by itself with everything done. One statement of each command is
/// drawn for each side, or CSMH_TEST_TRIES of them; with CSMH_TEST_ALL every one is tried.
@Suite(.limitedConcurrency) struct LostAnswerTests {
  /// A command, and what it needs and leaves.
  enum Work: String, CaseIterable, Sendable {
    case provision, migrate, copy, verify
    case catchUp = "catch-up"
    case drain, truncate, rekey
    case comeBack = "return"

    var words: [String] {
      switch self {
      case .provision, .verify, .catchUp: [rawValue]
      case .migrate, .copy: [rawValue, "--workers", "1"]
      case .drain: ["drain", "--yes"]
      case .truncate: ["drain", "--truncate", "--yes"]
      case .rekey: ["offset", "--rekey", "--yes", "--settle", "0"]
      case .comeBack: ["return", "--workers", "1"]
      }
    }

    /// What has run before.
    var before: [[String]] {
      switch self {
      case .provision, .migrate: []
      case .copy, .rekey: [["provision"]]
      case .verify, .catchUp, .comeBack: [["migrate"]]
      case .drain, .truncate: [["migrate"], ["catch-up"]]
      }
    }

    /// About how many statements it sends to each side; a higher number loses nothing.
    var statementCount: Int {
      switch self {
      case .provision: 60
      case .verify: 90
      case .copy, .rekey: 200
      case .migrate, .drain, .truncate: 280
      case .catchUp, .comeBack: 450
      }
    }
  }

  /// Which statement of which command is lost, on which side.
  struct Loss: CustomStringConvertible, Sendable {
    let work: Work
    let isExtended: Bool
    let number: Int

    var description: String { "\(work.rawValue), \(isExtended ? "extended" : "original") statement \(number)" }
  }

  static var losses: [Loss] {
    let environment = ProcessInfo.processInfo.environment
    let tries = environment["CSMH_TEST_TRIES"].flatMap { Int($0) } ?? 1
    return Work.allCases.flatMap { work in
      [false, true].flatMap { isExtended in
        let all = Array(1...work.statementCount)
        let numbers = environment["CSMH_TEST_ALL"] == nil ? Array(all.shuffled().prefix(tries)) : all
        return numbers.map { Loss(work: work, isExtended: isExtended, number: $0) }
      }
    }
  }

  static let rowCount = 3_000

  private func prepare(_ work: Work) async throws -> TestInstallation {
    let installation = try await TestInstallation(.betweenMariaDBs)
    for sql in Tables.today.sql + [Tables.plainRows(Self.rowCount)] { try await installation.original(sql) }
    for words in work.before {
      let result = try await Command.csmh(words + installation.arguments)
      try #require(result.status == 0, "\(words): \(result.output)\(result.error)")
    }
    let table = TestInstallation.extendedTable
    let columns = "student_module_id, created, state, grade, max_grade"
    switch work {
    case .catchUp:
      try await installation.original(
        "UPDATE courseware_studentmodulehistory SET grade = 0.5 WHERE id % 500 = 7",
        Tables.plainRows(300, from: Self.rowCount + 1))
    case .rekey:
      try await installation.extended(
        "INSERT INTO \(table) (id, \(columns)) VALUES"
          + (500...540).map { " (\($0), 4711, '2026-01-01 10:00:00', 'native \($0)', NULL, NULL)" }.joined(
            separator: ","))
    case .comeBack:
      try await installation.extended(
        "INSERT INTO \(table) (\(columns)) VALUES"
          + (1...40).map { " (\($0), '2026-01-01 10:00:00', 'native', NULL, NULL)" }.joined(separator: ","))
    default: break
    }
    return installation
  }

  @Test("an answer that is lost costs nothing: the command ends with everything done", arguments: losses)
  func lostAnswer(_ loss: Loss) async throws {
    let installation = try await prepare(loss.work)
    let original = try await installation.dumpOriginal()
    let proxy = try AnswerDroppingProxy(
      to: Int(loss.isExtended ? installation.target.port : installation.source.port), dropping: loss.number)
    defer { proxy.stop() }
    let arguments = installation.arguments.enumerated().map { index, word in
      (index == 1 && !loss.isExtended) || (index == 3 && loss.isExtended)
        ? word.replacingOccurrences(
          of: ":\(loss.isExtended ? installation.target.port : installation.source.port)/", with: ":\(proxy.port)/")
          + "?ssl-mode=disabled" : word
    }
    let result = try await Command.csmh(loss.work.words + arguments)
    let told = "after \(proxy.dropped ?? "nothing"): \(result.output)\(result.error)"
    #expect(result.status == 0, "\(told)")
    switch loss.work {
    case .provision: #expect(try await installation.csmh("copy").status == 0, "\(told)")
    case .migrate, .copy, .verify, .catchUp:
      #expect(try await installation.dumpExtended() == original, "\(told)")
    case .drain, .truncate:
      #expect(try await installation.dumpOriginal().isEmpty, "\(told)")
      #expect(try await installation.dumpExtended() == original, "\(told)")
      #expect(result.output.contains("removed \(Self.rowCount / 1_000),000 rows"), "\(told)")
    case .rekey:
      let rows = try await installation.dumpExtended()
      #expect(rows.count == 41 && rows.allSatisfy { $0[0].flatMap { Int($0) } ?? 0 > Self.rowCount }, "\(told)")
      #expect(result.output.contains("41"), "\(told)")
    case .comeBack:
      #expect(try await installation.dumpOriginal() == installation.dumpExtended(), "\(told)")
    }
  }
}
