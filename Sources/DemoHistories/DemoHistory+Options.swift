extension DemoHistory {
  /// The size and the look of an invented site.
  package struct Options: Sendable, Hashable {
    /// What all chance comes from. Default: 1.
    package var seed: UInt64

    /// How many learners there are. Each of them takes every course.
    package var studentCount: Int

    /// How many courses there are.
    package var courseCount: Int

    /// How many problems each course has.
    package var problemsPerCourse: Int

    /// The mean size of a state in bytes of UTF-8. Default: 800, which makes a whole row about 0.9 kB.
    ///
    /// Below about 420 the states stay at that: keys and braces alone take as much.
    package var meanStateByteCount: Int

    /// The id of the first record. Default: 1.
    package var firstID: UInt64

    /// The id of the first student module. Default: 1.
    package var firstStudentModuleID: UInt64

    /// The id of the first learner (`auth_user.id`). Default: 1.
    package var firstStudentID: UInt64

    /// When the first record is made, in microseconds since 1970, UTC; best at midnight, since the site's day starts
    /// with it. Default: 2015-10-01 00:00.
    package var startMicrosecondsSince1970: Int64

    /// The mean time between two records while the site is busy. Default: half a second, edx.org's rate in 2015.
    package var meanInterval: Duration

    package init(
      seed: UInt64 = 1, studentCount: Int, courseCount: Int, problemsPerCourse: Int, meanStateByteCount: Int = 800,
      firstID: UInt64 = 1, firstStudentModuleID: UInt64 = 1, firstStudentID: UInt64 = 1,
      startMicrosecondsSince1970: Int64 = 1_443_657_600_000_000, meanInterval: Duration = .milliseconds(500)
    ) {
      precondition(studentCount > 0 && courseCount > 0 && problemsPerCourse > 0, "an empty site has no history")
      self.seed = seed
      self.studentCount = studentCount
      self.courseCount = courseCount
      self.problemsPerCourse = problemsPerCourse
      self.meanStateByteCount = meanStateByteCount
      self.firstID = firstID
      self.firstStudentModuleID = firstStudentModuleID
      self.firstStudentID = firstStudentID
      self.startMicrosecondsSince1970 = startMicrosecondsSince1970
      self.meanInterval = meanInterval
    }

    /// A site whose history has at least `recordCount` records, and not many more: the others are chosen to fit.
    package static func atLeast(recordCount: Int, seed: UInt64 = 1, meanStateByteCount: Int = 800) -> Options {
      let cohortCount = (max(1, recordCount) + DemoSchedule.turnsPerRound - 1) / DemoSchedule.turnsPerRound
      let moduleCount = cohortCount * DemoSchedule.cohortSize
      let courseCount = min(12, max(1, moduleCount / 1_000))
      let problemsPerCourse = min(40, max(1, moduleCount / courseCount / 8))
      let perStudent = courseCount * problemsPerCourse
      return Options(
        seed: seed, studentCount: (moduleCount + perStudent - 1) / perStudent, courseCount: courseCount,
        problemsPerCourse: problemsPerCourse, meanStateByteCount: meanStateByteCount)
    }

    /// The number of student modules: one for each learner and problem.
    package var studentModuleCount: Int {
      studentCount * courseCount * problemsPerCourse
    }
  }
}
