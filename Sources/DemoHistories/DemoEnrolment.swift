internal import StudentModuleHistory

/// Which learner and which problem a student module stands for.
///
/// The site works through its courses problem by problem, all learners of a course at a problem in any order. Student
/// modules beyond the site's own (which live writing adds) belong to new learners, who take one course each.
struct DemoEnrolment: Sendable {
  private let studentCount: Int
  private let courseCount: Int
  private let problemsPerCourse: Int
  private let moduleCount: Int
  private let factor: Int
  private let seed: UInt64

  init(options: DemoHistory.Options) {
    studentCount = options.studentCount
    courseCount = options.courseCount
    problemsPerCourse = options.problemsPerCourse
    moduleCount = options.studentModuleCount
    seed = options.seed
    // Multiplying by a number without common divisors visits everyone once, in an order that looks like chance.
    let enrolmentCount = studentCount * courseCount
    var factor = max(1, enrolmentCount * 618 / 1_000)
    while Self.greatestCommonDivisor(factor, enrolmentCount) != 1 { factor += 1 }
    self.factor = factor
  }

  /// The learner and the problem, both counted from zero. No two student modules have both in common.
  func place(ofModule module: Int) -> (student: Int, problem: Int) {
    guard module < moduleCount else {
      let (newcomer, problem) = (module - moduleCount).quotientAndRemainder(dividingBy: problemsPerCourse)
      return (studentCount + newcomer, newcomer % courseCount * problemsPerCourse + problem)
    }
    let enrolmentCount = studentCount * courseCount
    let (problem, turn) = module.quotientAndRemainder(dividingBy: enrolmentCount)
    let offset = Int(SplitMix64.mix(seed ^ UInt64(problem) << 32) % UInt64(enrolmentCount))
    let (course, student) = ((turn * factor + offset) % enrolmentCount).quotientAndRemainder(dividingBy: studentCount)
    return (student, course * problemsPerCourse + problem)
  }

  private static func greatestCommonDivisor(_ left: Int, _ right: Int) -> Int {
    right == 0 ? left : greatestCommonDivisor(right, left % right)
  }
}
