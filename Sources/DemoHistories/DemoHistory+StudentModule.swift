package import StudentModuleHistory

extension DemoHistory {
  /// A row of `courseware_studentmodule`: a learner's present state of a problem.
  package struct StudentModule: Sendable, Hashable, Identifiable {
    /// The primary key, which ``HistoryRecord/studentModuleID`` refers to.
    package var id: UInt64

    /// The learner (`student_id`).
    package var studentID: UInt64

    /// The course (`course_id`), like `course-v1:DemoX+CS101+2015_T1`.
    package var courseID: String

    /// The problem's usage key (`module_id`), like `block-v1:DemoX+CS101+2015_T1+type@problem+block@` and 32
    /// hexadecimal digits.
    package var moduleID: String

    /// `problem`: nothing else has a history.
    package var moduleType: String

    /// The state of the newest record.
    package var state: String?

    /// The grade of the newest record.
    package var grade: Double?

    /// The largest possible grade of the newest record.
    package var maxGrade: Double?

    /// When the oldest record was made.
    package var created: HistoryTimestamp

    /// When the newest record was made.
    package var modified: HistoryTimestamp
  }

  /// The ids of the student modules, from ``Options/firstStudentModuleID`` on without gaps.
  package var studentModuleIDs: Range<UInt64> {
    options.firstStudentModuleID..<options.firstStudentModuleID + UInt64(schedule.moduleCount)
  }

  /// The student module with the given id, which must be one of ``studentModuleIDs``, as its last record left it.
  package func studentModule(_ id: UInt64) -> StudentModule {
    precondition(studentModuleIDs.contains(id), "no student module \(id)")
    var writer = CapaStateWriter()
    return studentModule(atIndex: Int(id - options.firstStudentModuleID), writer: &writer)
  }

  /// All student modules by rising id, made when they are asked for.
  package func studentModules() -> some Sequence<StudentModule> & Sendable {
    DemoStudentModules(history: self, ids: studentModuleIDs)
  }

  /// The student modules with the given ids, which must lie within ``studentModuleIDs``.
  package func studentModules(in ids: Range<UInt64>) -> some Sequence<StudentModule> & Sendable {
    precondition(ids.clamped(to: studentModuleIDs) == ids, "no student modules \(ids)")
    return DemoStudentModules(history: self, ids: ids)
  }

  func studentModule(atIndex module: Int, writer: inout CapaStateWriter) -> StudentModule {
    let last = schedule.attemptCount(ofModule: module) - 1
    let record = self.record(
      id: 0, module: module, attempt: last, isLast: true,
      created: clock.time(of: schedule.turn(ofModule: module, attempt: last)), by: author(ofModule: module),
      writer: &writer)
    let created = last == 0 ? record.created : clock.time(of: schedule.turn(ofModule: module, attempt: 0))
    return studentModule(atIndex: module, created: created, newest: record)
  }

  /// The student module that its newest record makes.
  func studentModule(atIndex module: Int, created: HistoryTimestamp, newest record: HistoryRecord) -> StudentModule {
    let (student, problem) = enrolment.place(ofModule: module)
    return StudentModule(
      id: record.studentModuleID, studentID: options.firstStudentID + UInt64(student),
      courseID: catalogue.courseIDs[catalogue.problems[problem].course],
      moduleID: catalogue.usageKey(ofProblem: problem), moduleType: "problem",
      state: record.state, grade: record.grade, maxGrade: record.maxGrade,
      created: created, modified: record.created)
  }
}
