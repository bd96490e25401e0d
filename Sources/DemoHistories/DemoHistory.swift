package import StudentModuleHistory

/// Believable histories of learners' problems, from a seed: the same options give the same rows, everywhere.
///
/// The rows look like those of a busy site: many learners work at once, so the records of a student module lie far
/// apart; ids rise with time, but not strictly; states are those of capa problems. Each row is a pure function of the
/// options and its index. Nothing is kept but the problems, so memory does not grow with the number of rows, and
/// several tasks can each fill a slice of the table with ``records(in:)``.
package struct DemoHistory: Sendable {
  package let options: Options
  let schedule: DemoSchedule
  let clock: DemoClock
  let catalogue: ProblemCatalogue
  let enrolment: DemoEnrolment
  let prose: ProseLength

  package init(options: Options) {
    self.options = options
    schedule = DemoSchedule(seed: options.seed, moduleCount: options.studentModuleCount)
    clock = DemoClock(
      seed: options.seed, startMicrosecondsSince1970: options.startMicrosecondsSince1970,
      meanInterval: options.meanInterval)
    enrolment = DemoEnrolment(options: options)
    // Problems of many inputs have long states without any text: where short states are wanted, they have fewer.
    for largestInputCount in [6, 3, 2] {
      let catalogue = ProblemCatalogue(options: options, largestInputCount: largestInputCount)
      let mean = Self.meanProseByteCount(options, schedule, enrolment, catalogue)
      guard mean < ProseLength.leastMean else {
        self.catalogue = catalogue
        prose = ProseLength(mean: mean)
        return
      }
    }
    catalogue = ProblemCatalogue(options: options, largestInputCount: 1)
    prose = ProseLength(mean: Self.meanProseByteCount(options, schedule, enrolment, catalogue))
  }

  /// The number of all records, on average 3.1 a student module.
  package var recordCount: Int {
    schedule.recordCount
  }

  /// The ids of the records, from ``Options/firstID`` on without gaps.
  package var recordIDs: Range<UInt64> {
    options.firstID..<options.firstID + UInt64(recordCount)
  }

  /// All records by rising id, made when they are asked for.
  package func records() -> some Sequence<HistoryRecord> & Sendable {
    DemoRecords(history: self, indices: 0..<recordCount)
  }

  /// The records of the given indices, counted from zero: what ``records()`` has there, without making those before.
  ///
  /// The bounds must lie within `0 ..< recordCount`.
  package func records(in indices: Range<Int>) -> some Sequence<HistoryRecord> & Sendable {
    precondition(indices.lowerBound >= 0 && indices.upperBound <= recordCount, "no records at \(indices)")
    return DemoRecords(history: self, indices: indices)
  }

  func author(ofModule module: Int) -> Attempt.Author {
    Attempt.Author(
      seed: options.seed, module: module, problemIndex: enrolment.place(ofModule: module).problem, catalogue: catalogue)
  }

  /// The record of an attempt, which may lie beyond the scheduled ones.
  func record(
    id: UInt64, module: Int, attempt index: Int, isLast: Bool, created: HistoryTimestamp, by author: Attempt.Author,
    writer: inout CapaStateWriter
  ) -> HistoryRecord {
    let attempt = Attempt(
      author: author, seed: options.seed, module: module, index: index, isLast: isLast, prose: prose)
    return HistoryRecord(
      id: id, studentModuleID: options.firstStudentModuleID + UInt64(module), created: created,
      state: writer.state(of: attempt, by: author, at: created, catalogue: catalogue),
      grade: attempt.grade, maxGrade: attempt.maxGrade)
  }

  /// How much free text brings the states to the wanted mean: measured, as it depends on the problems that were drawn.
  private static func meanProseByteCount(
    _ options: Options, _ schedule: DemoSchedule, _ enrolment: DemoEnrolment, _ catalogue: ProblemCatalogue
  ) -> Double {
    let time = HistoryTimestamp(microsecondsSince1970: 0)
    let sampleCount = min(schedule.moduleCount, 2_048)
    var writer = CapaStateWriter()
    var (stateCount, submissionCount, byteCount) = (0, 0, 0)
    for sample in 0..<sampleCount {
      let module = sample * schedule.moduleCount / sampleCount
      let author = Attempt.Author(
        seed: options.seed, module: module, problemIndex: enrolment.place(ofModule: module).problem,
        catalogue: catalogue)
      let attemptCount = schedule.attemptCount(ofModule: module)
      for index in 0..<attemptCount {
        let attempt = Attempt(
          author: author, seed: options.seed, module: module, index: index, isLast: index == attemptCount - 1,
          prose: .none)
        stateCount += 1
        submissionCount += attempt.content == .submission ? 1 : 0
        byteCount += writer.state(of: attempt, by: author, at: time, catalogue: catalogue)?.utf8.count ?? 0
      }
    }
    let missing = options.meanStateByteCount * stateCount - byteCount
    return Double(missing) / Double(max(1, submissionCount))
  }
}
