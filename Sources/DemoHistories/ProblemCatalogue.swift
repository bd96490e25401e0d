internal import StudentModuleHistory

/// The courses and problems of the invented site, with every text that their states are made of.
struct ProblemCatalogue: Sendable {
  /// How a problem is answered.
  enum Kind: Int, Sendable, CaseIterable {
    case choice, checkbox, number, formula, text, code
  }

  /// A problem. Plain numbers only: it is looked up for each row.
  struct Problem: Sendable {
    var course: Int
    var kind: Kind
    var inputCount: Int
    /// The largest possible grade, which an author may set apart from the number of inputs.
    var maxGrade: Double
    /// Randomised problems give each learner another seed.
    var isRandomised: Bool
    /// Decides which answers are right.
    var key: UInt64
    /// `"<hex>_2_1": ` and so on, one after the other, each ``ProblemCatalogue/answerKeyByteCount`` long.
    var answerKeys: TextPool.Piece
    /// The value of `input_state`.
    var inputState: TextPool.Piece
  }

  /// A language as it was written into the state: raw, or with `\u` escapes.
  struct Voice: Sendable {
    var answers: [TextPool.Piece]
    var sentences: [TextPool.Piece]
  }

  static let answerKeyByteCount = 40

  let courseIDs: [String]
  let problems: [Problem]
  let pool: TextPool
  /// Each language raw and then escaped; the last two are program code.
  let voices: [Voice]
  /// By ``Kind``; those of texts and programs are in the voices.
  let answers: [[TextPool.Piece]]

  init(options: DemoHistory.Options, largestInputCount: Int) {
    let organisations = ["UniversidadX", "DemoX", "TsinghuaX", "MITx", "CairoX", "PolytechniqueX", "HanoiX"]
    let numbers = ["CS101", "6.002x", "ECON201", "BIO-7", "MATH_1", "PHYS.3"]
    var pool = TextPool()
    var random = SplitMix64(seed: options.seed, 0xca7a_1096)
    courseIDs = (0..<options.courseCount).map { course in
      let organisation = organisations[course % organisations.count]
      let run = "\(2013 + course % 3)_T\(1 + course / 3 % 3)" + (course < 126 ? "" : "_\(course)")
      return "course-v1:\(organisation)+\(numbers[course % numbers.count])+\(run)"
    }
    problems = (0..<options.courseCount * options.problemsPerCourse).map { index in
      Self.problem(
        course: index / options.problemsPerCourse, largestInputCount: largestInputCount, random: &random, pool: &pool)
    }
    func pieces(_ texts: [String], asciiOnly: Bool) -> [TextPool.Piece] {
      texts.map { pool.add(TextPool.jsonEncoded($0, asciiOnly: asciiOnly)) }
    }
    voices = (Phrases.languages + [Phrases.code]).flatMap { language in
      [false, true].map {
        Voice(
          answers: pieces(language.answers, asciiOnly: $0), sentences: pieces(language.sentences, asciiOnly: $0))
      }
    }
    let lists = Phrases.checkboxes.map { "[" + $0.map { "\"\($0)\"" }.joined(separator: ", ") + "]" }
    answers = [
      Phrases.choices.map { pool.add("\"\($0)\"") },
      lists.map { pool.add($0) },
      Phrases.numbers.map { pool.add("\"\($0)\"") },
      Phrases.formulas.map { pool.add("\"\(TextPool.jsonEncoded($0, asciiOnly: true))\"") },
    ]
    self.pool = pool
  }

  /// The key that `courseware_studentmodule.module_id` holds.
  func usageKey(ofProblem index: Int) -> String {
    let problem = problems[index]
    let block = pool[TextPool.Piece(offset: problem.answerKeys.offset + 1, byteCount: 32)]
    let course = courseIDs[problem.course].dropFirst("course-v1:".count)
    return "block-v1:\(course)+type@problem+block@\(block)"
  }

  /// Half of all courses are held in English; a learner's hand may have been escaped or not.
  func voice(ofCourse course: Int, kind: Kind, random: inout SplitMix64) -> Int {
    let isEscaped = random.chance(percent: 60) ? 1 : 0
    if kind == .code { return voices.count - 2 + isEscaped }
    let ofCourse = course % 2 == 0 ? 0 : (course / 2 + 1) % Phrases.languages.count
    // Some learners answer in a language of their own.
    let language = random.oneIn(8) ? random.below(Phrases.languages.count) : ofCourse
    return 2 * language + isEscaped
  }

  private static func problem(
    course: Int, largestInputCount: Int, random: inout SplitMix64, pool: inout TextPool
  ) -> Problem {
    let block = hexadecimal(random.next()) + hexadecimal(random.next())
    let inputCount = min(largestInputCount, [1, 1, 1, 1, 1, 2, 2, 3, 3, 4, 6][random.below(11)])
    let kind = Kind(rawValue: [0, 0, 0, 0, 1, 1, 2, 2, 2, 3, 4, 4, 5][random.below(13)])!
    let keys = (0..<inputCount).map { "\"\(block)_\($0 + 2)_1\": " }
    return Problem(
      course: course, kind: kind, inputCount: inputCount,
      maxGrade: random.oneIn(2) ? 1 : [Double(inputCount), Double(inputCount), 2, 5, 10][random.below(5)],
      isRandomised: random.oneIn(4), key: random.next(), answerKeys: pool.add(keys.joined()),
      inputState: pool.add("{" + keys.map { $0 + "{}" }.joined(separator: ", ") + "}"))
  }

  private static func hexadecimal(_ bits: UInt64) -> String {
    let digits = String(bits, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
