import StudentModuleHistory
import Testing

@testable import DemoHistories

@Suite struct LiveLearnersTests {
  static let history = DemoHistory(options: .init(studentCount: 20, courseCount: 2, problemsPerCourse: 10))
  /// After the history's end.
  static let start: Int64 = 1_500_000_000_000_000

  private func actions(_ count: Int, writer: Int = 0, of writerCount: Int = 1) -> [LiveLearners.Action] {
    var learners = LiveLearners(history: Self.history, seed: 5, writer: writer, writerCount: writerCount)
    return (0..<count).map {
      learners.next(at: HistoryTimestamp(microsecondsSince1970: Self.start + Int64($0) * 1_000))
    }
  }

  @Test func theSameSeedGivesTheSameActions() {
    #expect(actions(500) == actions(500))
  }

  @Test func actionsFitTheSite() throws {
    var modules = Dictionary(uniqueKeysWithValues: Self.history.studentModules().map { ($0.id, $0) })
    var places = Set(modules.values.map { [String($0.studentID), $0.moduleID] })
    var kinds = [0, 0, 0]
    for action in actions(3_000) {
      switch action {
      case .begin(let module, let record):
        kinds[0] += 1
        let replaced = modules.updateValue(module, forKey: module.id)
        #expect(replaced == nil)
        let isNew = places.insert([String(module.studentID), module.moduleID]).inserted
        #expect(isNew)
        #expect(module.created == record.created)
        expectConsistency(module, record)
      case .attempt(let module, let record):
        kinds[1] += 1
        let replaced = modules.updateValue(module, forKey: module.id)
        let before = try #require(replaced)
        #expect(before.created == module.created)
        #expect(before.modified < module.modified)
        #expect(attempts(before) == nil || attempts(module) == nil || attempts(before)! < attempts(module)!)
        expectConsistency(module, record)
      case .delete(let id):
        kinds[2] += 1
        let removed = modules.removeValue(forKey: id)
        #expect(removed != nil)
      }
    }
    #expect(kinds[1] > 2_000)
    #expect((400...900).contains(kinds[0]))
    #expect((20...120).contains(kinds[2]))
  }

  @Test func writersDoNotMeet() {
    let touched = (0..<3).map { writer in
      Set(
        actions(400, writer: writer, of: 3).map { action in
          switch action {
          case .begin(let module, _), .attempt(let module, _): module.id
          case .delete(let id): id
          }
        })
    }
    #expect(touched[0].isDisjoint(with: touched[1]))
    #expect(touched[0].isDisjoint(with: touched[2]))
    #expect(touched[1].isDisjoint(with: touched[2]))
  }

  private func expectConsistency(_ module: DemoHistory.StudentModule, _ record: HistoryRecord) {
    #expect(record.id == 0)
    #expect(record.studentModuleID == module.id)
    #expect(record.created == module.modified)
    #expect(record.state == module.state)
    #expect(record.grade == module.grade)
  }

  private func attempts(_ module: DemoHistory.StudentModule) -> Int? {
    (module.state?.firstMatch(of: /"attempts": (\d+),/)?.1).flatMap { Int($0) }
  }
}
