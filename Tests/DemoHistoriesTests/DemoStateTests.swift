import Foundation
import StudentModuleHistory
import Testing

@testable import DemoHistories

/// What stands in the states and grades.
@Suite struct DemoStateTests {
  static let records = Array(DemoHistory(options: .atLeast(recordCount: 60_000)).records())
  static let states = records.compactMap(\.state)

  @Test(arguments: [450, 600, 800, 3_000])
  func meanSizeIsAsWanted(meanStateByteCount: Int) {
    let history = DemoHistory(
      options: .atLeast(recordCount: 40_000, seed: 3, meanStateByteCount: meanStateByteCount))
    let byteCount = history.records().reduce(0) { $0 + ($1.state?.utf8.count ?? 0) }
    let mean = Double(byteCount) / Double(history.recordCount)
    #expect(abs(mean / Double(meanStateByteCount) - 1) < 0.1, "\(mean)")
  }

  @Test func sizesAreSpread() {
    let sizes = Self.states.map(\.utf8.count)
    #expect(sizes.count { $0 < 300 } > sizes.count / 10)
    #expect(sizes.count { $0 > 3_000 } > sizes.count / 500)
    #expect(sizes.contains { $0 > 50_000 })
    #expect(Self.states.contains("{}"))
    #expect(Self.records.contains { $0.state == nil })
    #expect(Self.records.count { $0.state == nil } < Self.records.count / 1_000)
  }

  @Test func statesAreJSONOfCapa() throws {
    for record in Self.records.prefix(20_000) {
      guard let state = record.state, state != "{}" else { continue }
      let object = try #require(
        try JSONSerialization.jsonObject(with: Data(state.utf8)) as? [String: Any], "\(state)")
      let answers = try #require(object["student_answers"] as? [String: Any])
      let corrections = try #require(object["correct_map"] as? [String: [String: Any]])
      let attempts = try #require(object["attempts"] as? Int)
      #expect(Set(answers.keys) == Set(corrections.keys))
      #expect(object["seed"] is Int)
      #expect((object["input_state"] as? [String: Any])?.isEmpty == false)
      guard attempts > 0 else {
        #expect(record.grade == nil && record.maxGrade == nil && object["done"] is NSNull && answers.isEmpty)
        continue
      }
      let grade = try #require(record.grade)
      let maxGrade = try #require(record.maxGrade)
      let score = try #require(object["score"] as? [String: Double])
      #expect((0...maxGrade).contains(grade))
      #expect(abs(grade - maxGrade * score["raw_earned"]! / score["raw_possible"]!) < 1e-12)
      #expect(answers.count == Int(score["raw_possible"]!))
      let time = String(record.created.text.prefix(19)).replacing(" ", with: "T") + "Z"
      let submissionTime = object["last_submission_time"] as? String
      #expect(submissionTime == time)
      let allRight = corrections.values.allSatisfy { $0["correctness"] as? String == "correct" }
      #expect(allRight == (grade == maxGrade))
    }
  }

  @Test func attemptsRiseOverTime() throws {
    var last: [UInt64: Int] = [:]
    for record in Self.records {
      guard let match = record.state?.firstMatch(of: /"attempts": (\d+),/) else { continue }
      let attempts = try #require(Int(match.1))
      if let before = last[record.studentModuleID] { #expect(attempts > before) }
      last[record.studentModuleID] = attempts
    }
  }

  @Test func gradesHaveHalvesThirdsAndTenths() {
    let grades = Set(Self.records.compactMap(\.grade))
    #expect(grades.isSuperset(of: [0, 0.1, 0.5, 1, 1.0 / 3, 2.0 / 3, 10]))
    #expect(Set(Self.records.compactMap(\.maxGrade)).isSuperset(of: [1, 2, 3, 5, 10]))
    #expect(Self.records.contains { $0.grade == nil })
  }

  /// Each is something that a careless copy has broken somewhere.
  @Test(arguments: [
    "señ", "\\u00f1", "因为", "\\u56e0", "\u{20bb7}", "\\ud842\\udfb7", "🎉", "\\ud83c\\udf89", "القوة", "e\u{301}", "क्ष",
    "n't", "O'Brien", "\\\"", "\\\\frac", "C:\\\\data", "\\n", "\\t", "100%", "\u{200d}",
  ])
  func awkwardTextOccurs(text: String) {
    let bytes = Array(text.utf8)
    #expect(Self.states.contains { contains($0, bytes) })
  }

  private func contains(_ state: String, _ bytes: [UInt8]) -> Bool {
    Data(state.utf8).range(of: Data(bytes)) != nil
  }

  @Test(arguments: [
    ("a\"b\\c\n\t\r", "a\\\"b\\\\c\\n\\t\\r", "a\\\"b\\\\c\\n\\t\\r"), ("é\u{1}", "é\\u0001", "\\u00e9\\u0001"),
    ("𠮷🙂", "𠮷🙂", "\\ud842\\udfb7\\ud83d\\ude42"), ("e\u{301}", "e\u{301}", "e\\u0301"),
  ])
  func textIsEncodedLikePython(text: String, raw: String, ascii: String) {
    #expect(Array(TextPool.jsonEncoded(text, asciiOnly: false).utf8) == Array(raw.utf8))
    #expect(TextPool.jsonEncoded(text, asciiOnly: true) == ascii)
  }
}
