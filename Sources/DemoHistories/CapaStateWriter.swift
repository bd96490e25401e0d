internal import StudentModuleHistory

/// Writes the state of a problem as Open edX's capa module keeps it, in the form of Python's `json.dumps`.
///
/// A writer keeps its memory from one state to the next: give each sequence its own.
struct CapaStateWriter: Sendable {
  private var bytes: [UInt8] = []

  init() {
    bytes.reserveCapacity(4_096)
  }

  /// The state after an attempt, or nil for NULL.
  mutating func state(
    of attempt: Attempt, by author: Attempt.Author, at time: HistoryTimestamp, catalogue: ProblemCatalogue
  ) -> String? {
    switch attempt.content {
    case .null: return nil
    case .empty: return "{}"
    case .view, .submission: break
    }
    bytes.removeAll(keepingCapacity: true)
    catalogue.pool.bytes.withUnsafeBufferPointer { pool in
      write(#"{"seed": "#)
      write(author.problemSeed)
      write(#", "attempts": "#)
      write(attempt.number)
      if attempt.content == .view {
        write(#", "done": null, "student_answers": {}, "correct_map": {}, "input_state": "#)
        write(author.problem.inputState, of: pool)
      } else {
        writeSubmission(attempt, author, time, catalogue, pool)
      }
      write("}")
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private mutating func writeSubmission(
    _ attempt: Attempt, _ author: Attempt.Author, _ time: HistoryTimestamp, _ catalogue: ProblemCatalogue,
    _ pool: UnsafeBufferPointer<UInt8>
  ) {
    var random = attempt.random
    let problem = author.problem
    let proseIsAnswer = problem.kind == .text || problem.kind == .code
    write(#", "done": true, "last_submission_time": ""#)
    write(time)
    write(#"Z", "student_answers": {"#)
    for input in 0..<problem.inputCount {
      if input > 0 { write(", ") }
      write(answerKey(input, of: problem), of: pool)
      if input == 0 && proseIsAnswer && attempt.proseByteCount > 0 {
        write("\"")
        writeProse(attempt.proseByteCount, voice: catalogue.voices[author.voice], &random, pool)
        write("\"")
      } else {
        writeAnswer(input, isRight: attempt.tenths[input] == 10, author, &random, catalogue, pool)
      }
    }
    write(#"}, "correct_map": {"#)
    for input in 0..<problem.inputCount {
      if input > 0 { write(", ") }
      write(answerKey(input, of: problem), of: pool)
      switch attempt.tenths[input] {
      case 0: write(#"{"correctness": "incorrect", "npoints": null, "msg": ""#)
      case 1: write(#"{"correctness": "partially-correct", "npoints": 0.1, "msg": ""#)
      case 5: write(#"{"correctness": "partially-correct", "npoints": 0.5, "msg": ""#)
      default: write(#"{"correctness": "correct", "npoints": null, "msg": ""#)
      }
      if input == 0 && !proseIsAnswer {
        writeProse(attempt.proseByteCount, voice: catalogue.voices[author.voice], &random, pool)
      }
      write(#"", "hint": "", "hintmode": null, "queuestate": null, "answervariable": null}"#)
    }
    write(#"}, "input_state": "#)
    write(problem.inputState, of: pool)
    write(#", "score": {"raw_earned": "#)
    write(attempt.earnedTenths / 10)
    if attempt.earnedTenths % 10 != 0 {
      write(".")
      write(attempt.earnedTenths % 10)
    }
    write(#", "raw_possible": "#)
    write(problem.inputCount)
    write("}")
  }

  /// A right answer is the same for all learners; wrong ones differ.
  private mutating func writeAnswer(
    _ input: Int, isRight: Bool, _ author: Attempt.Author, _ random: inout SplitMix64, _ catalogue: ProblemCatalogue,
    _ pool: UnsafeBufferPointer<UInt8>
  ) {
    let problem = author.problem
    let isText = problem.kind == .text || problem.kind == .code
    let answers = isText ? catalogue.voices[author.voice].answers : catalogue.answers[problem.kind.rawValue]
    let right = Int(truncatingIfNeeded: (problem.key &>> UInt64(8 * input)) & 0xff)
    let chosen = isRight ? right : right + 1 + random.below(answers.count - 1)
    if isText { write("\"") }
    write(answers[chosen % answers.count], of: pool)
    if isText { write("\"") }
  }

  /// Chains sentences to about `byteCount` bytes. The last one is kept or left so that the mean comes out right.
  private mutating func writeProse(
    _ byteCount: Int, voice: ProblemCatalogue.Voice, _ random: inout SplitMix64, _ pool: UnsafeBufferPointer<UInt8>
  ) {
    var rest = byteCount
    let count = voice.sentences.count
    var index = random.below(count)
    while rest > 0 {
      // Any sentence but the one before.
      index = (index + 1 + random.below(count - 1)) % count
      let sentence = voice.sentences[index]
      if rest < sentence.byteCount && random.below(sentence.byteCount) >= rest { return }
      write(sentence, of: pool)
      rest -= sentence.byteCount
    }
  }

  private func answerKey(_ input: Int, of problem: ProblemCatalogue.Problem) -> TextPool.Piece {
    let byteCount = ProblemCatalogue.answerKeyByteCount
    return TextPool.Piece(offset: problem.answerKeys.offset + input * byteCount, byteCount: byteCount)
  }

  private mutating func write(_ text: StaticString) {
    bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  private mutating func write(_ piece: TextPool.Piece, of pool: UnsafeBufferPointer<UInt8>) {
    bytes.append(contentsOf: UnsafeBufferPointer(rebasing: pool[piece.offset..<piece.offset + piece.byteCount]))
  }

  private mutating func write(_ number: Int) {
    if number >= 10 { write(number / 10) }
    bytes.append(UInt8(ascii: "0") + UInt8(number % 10))
  }

  /// `2015-10-13T12:34:56`, from a text that has a space in the middle and a fraction at the end.
  private mutating func write(_ time: HistoryTimestamp) {
    let first = bytes.count
    var text = time.text
    text.withUTF8 { bytes.append(contentsOf: UnsafeBufferPointer(rebasing: $0.prefix(19))) }
    bytes[first + 10] = UInt8(ascii: "T")
  }
}
