internal import StudentModuleHistory

/// What a learner did at one time: looked at the problem, submitted answers, or had the state reset.
///
/// A pure function of the site's seed, the student module and the attempt's number; the texts follow in
/// ``CapaStateWriter``.
struct Attempt: Sendable {
  enum Content: Sendable, Hashable {
    /// The column is NULL.
    case null
    /// `{}`, as an instructor's "delete learner's state" leaves it.
    case empty
    case view
    case submission
  }

  /// What all attempts of a student module share.
  struct Author: Sendable {
    var problemIndex: Int
    var problem: ProblemCatalogue.Problem
    /// The seed in the state, which varies a randomised problem.
    var problemSeed: Int
    var voice: Int
    /// Whether the first record is from looking at the problem; the others submitted within the same request.
    var viewsFirst: Bool

    init(seed: UInt64, module: Int, problemIndex: Int, catalogue: ProblemCatalogue) {
      var random = SplitMix64(seed: seed, 0xa, UInt64(module))
      self.problemIndex = problemIndex
      problem = catalogue.problems[problemIndex]
      problemSeed = problem.isRandomised ? 1 + random.below(1_000) : 1
      voice = catalogue.voice(ofCourse: problem.course, kind: problem.kind, random: &random)
      viewsFirst = random.chance(percent: 80)
    }
  }

  let content: Content
  /// How many submissions there have been, this one included.
  let number: Int
  /// Of the inputs, in tenths of a point: ten for a right answer, something between for a partly right one.
  let tenths: SIMD8<UInt8>
  let earnedTenths: Int
  let grade: Double?
  let maxGrade: Double?
  /// How much free text the state shall have.
  let proseByteCount: Int
  /// What the texts are drawn with.
  let random: SplitMix64

  /// - Parameters:
  ///   - index: The number of the student module's earlier records.
  ///   - isLast: Whether the learner leaves it at that, which is mostly because everything was right.
  init(author: Author, seed: UInt64, module: Int, index: Int, isLast: Bool, prose: ProseLength) {
    var random = SplitMix64(seed: seed, 0xb &+ UInt64(index) << 8, UInt64(module))
    number = index + (author.viewsFirst ? 0 : 1)
    var tenths = SIMD8<UInt8>()
    var earnedTenths = 0
    let problem = author.problem
    content =
      switch random.below(30_000) {
      case ..<10: .null
      case ..<210: .empty
      default: number == 0 ? .view : .submission
      }
    guard content == .submission else {
      self.tenths = tenths
      self.earnedTenths = 0
      grade = nil
      maxGrade = nil
      proseByteCount = 0
      self.random = random
      return
    }
    let isSolved = isLast && random.chance(percent: 70)
    let wrongInput = isSolved ? -1 : random.below(problem.inputCount)
    for input in 0..<problem.inputCount {
      if input == wrongInput {
        tenths[input] = random.oneIn(6) ? (random.oneIn(2) ? 5 : 1) : 0
      } else if isSolved || random.chance(percent: min(90, 35 + 10 * number)) {
        tenths[input] = 10
      }
      earnedTenths += Int(tenths[input])
    }
    self.tenths = tenths
    self.earnedTenths = earnedTenths
    grade = problem.maxGrade * (Double(earnedTenths) / Double(10 * problem.inputCount))
    maxGrade = problem.maxGrade
    proseByteCount = prose.draw(&random)
    self.random = random
  }
}
