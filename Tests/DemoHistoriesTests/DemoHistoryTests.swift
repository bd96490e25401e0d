import StudentModuleHistory
import Testing

@testable import DemoHistories

@Suite struct DemoHistoryTests {
  static let history = DemoHistory(options: .atLeast(recordCount: 30_000))

  @Test func theSameOptionsGiveTheSameRowsEverywhere() {
    // Changing these numbers changes every table that was ever filled for a benchmark: do so knowingly.
    #expect(fingerprint(Self.history.records()) == 10_631_288_472_704_198_755)
    let other = DemoHistory(options: .atLeast(recordCount: 30_000, seed: 2))
    #expect(fingerprint(other.records()) != fingerprint(Self.history.records()))
  }

  @Test func anEarlyRowIsKnownToTheByte() throws {
    let record = try #require(Array(Self.history.records(in: 0..<1)).first)
    #expect(record.id == 1)
    #expect(record.version == nil)
    #expect(record.grade == nil)
    #expect(record.created.text == "2015-10-01 00:00:01.962795")
    #expect(
      record.state == """
        {"seed": 1, "attempts": 0, "done": null, "student_answers": {}, "correct_map": {}, \
        "input_state": {"0d92c0d80be6e63637b5b47d8c150c94_2_1": {}}}
        """)
  }

  @Test func slicesAgreeWithTheWhole() {
    let whole = Array(Self.history.records())
    #expect(whole.count == Self.history.recordCount)
    #expect(whole.map(\.id) == Array(Self.history.recordIDs))
    for slice in [0..<0, 0..<1, 63..<65, 199..<401, 15_000..<15_500, whole.count - 70..<whole.count] {
      #expect(Array(Self.history.records(in: slice)) == Array(whole[slice]))
    }
    var parts: [HistoryRecord] = []
    for part in 0..<7 {
      let slice = whole.count * part / 7..<whole.count * (part + 1) / 7
      parts += Self.history.records(in: slice)
    }
    #expect(parts == whole)
  }

  @Test(arguments: [(1, 1, 1), (1, 1, 63), (3, 2, 11), (5, 1, 13), (64, 1, 1), (65, 3, 7)])
  func everyPopulationComesOutWhole(students: Int, courses: Int, problems: Int) throws {
    let history = DemoHistory(
      options: .init(seed: 7, studentCount: students, courseCount: courses, problemsPerCourse: problems, firstID: 500))
    let records = Array(history.records())
    #expect(records.count == history.recordCount)
    #expect(records.first?.id == 500)
    let byModule = Dictionary(grouping: records, by: \.studentModuleID)
    #expect(Set(byModule.keys) == Set(history.studentModuleIDs))
    for (id, records) in byModule {
      #expect((1...8).contains(records.count))
      expectConsistency(of: history.studentModule(id), with: records)
    }
    let places = history.studentModules().map { [String($0.studentID), $0.moduleID] }
    #expect(Set(places).count == students * courses * problems)
  }

  @Test func studentModulesAreWhatTheirRecordsLeft() {
    let byModule = Dictionary(grouping: Self.history.records(), by: \.studentModuleID)
    for module in Self.history.studentModules() {
      expectConsistency(of: module, with: byModule[module.id] ?? [])
      #expect(module.courseID.hasPrefix("course-v1:"))
      let course = module.courseID.dropFirst("course-v1:".count)
      #expect(module.moduleID.hasPrefix("block-v1:\(course)+type@problem+block@"))
      #expect(module.moduleType == "problem")
      #expect(module.moduleID.utf8.count <= 255)
    }
    #expect(Self.history.studentModule(77) == Array(Self.history.studentModules(in: 77..<78)).first)
  }

  @Test func manyLearnersAreAtWorkAtOnce() {
    let records = Array(Self.history.records(in: 10_000..<20_000))
    // Time rises with the id, by and large.
    let backwards = zip(records, records.dropFirst()).count { $0.created > $1.created }
    #expect((100...5_000).contains(backwards))
    for (earlier, later) in zip(records, records.dropFirst(8)) { #expect(earlier.created < later.created) }
    // Nobody has two of two hundred rows in a row.
    for start in stride(from: 0, to: records.count - 150, by: 150) {
      #expect(Set(records[start..<start + 150].map(\.studentModuleID)).count == 150)
    }
    // Fractions of seconds use all six digits.
    #expect(Set(records.map { $0.created.text.suffix(1) }).count == 10)
  }

  @Test func coursesHaveNamesOfTheirOwn() {
    let history = DemoHistory(options: .init(studentCount: 1, courseCount: 300, problemsPerCourse: 1))
    #expect(Set(history.studentModules().map(\.courseID)).count == 300)
  }

  private func expectConsistency(of module: DemoHistory.StudentModule, with records: [HistoryRecord]) {
    for (earlier, later) in zip(records, records.dropFirst()) {
      #expect(earlier.created < later.created)
      #expect(earlier.id < later.id)
    }
    #expect(module.state == records.last?.state)
    #expect(module.grade == records.last?.grade)
    #expect(module.maxGrade == records.last?.maxGrade)
    #expect(module.created == records.first?.created)
    #expect(module.modified == records.last?.created)
  }

  /// FNV-1a over every field (http://www.isthe.com/chongo/tech/comp/fnv/).
  private func fingerprint(_ records: some Sequence<HistoryRecord>) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for record in records {
      let grades = "\(record.grade?.bitPattern ?? 1),\(record.maxGrade?.bitPattern ?? 1)"
      let text = "\(record.id),\(record.studentModuleID),\(record.created),\(grades),\(record.state ?? "NULL")\n"
      for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    }
    return hash
  }
}
