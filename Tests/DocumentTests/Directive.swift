/// An invisible comment of a page that tells how it is run (CONTRIBUTING.md lists them).
struct Directive: Sendable, Equatable {
  enum Key: String, Sendable, CaseIterable {
    /// A fresh installation for what follows: `servers=2 rows=5000 ...`, see `stage.sh`.
    case prepare
    /// Shell commands that a reader does not see: what learners, other processes or time would do.
    case run
    /// The next block is not run, and why.
    case notRun = "not run"
    /// With which status the next block ends.
    case status
    /// The next block goes on running, under this name.
    case background
    /// The next block shows what the command of this name has printed since.
    case output
    /// Stops the command of this name.
    case stop
    /// Ctrl-C for the last command of the next block, after so many seconds.
    case interrupt = "interrupt after"
    /// On which server the SQL of the next block runs.
    case on
    /// `yes`: whatever the commands of the next block ask.
    case answers
    /// The nouns whose counts differ from run to run in the next output.
    case varies
    /// The next block becomes part of this file.
    case put = "put into"
  }

  let key: Key
  let value: String

  /// The line on which it begins, from 1.
  let line: Int

  /// Reads the text between `<!--` and `-->`; nil if it is no directive.
  init?(comment: String, line: Int) {
    let text = comment.trimmingWhitespace
    // The longest one first: `run` is a part of `not run`.
    for key in Key.allCases.sorted(by: { $0.rawValue.count > $1.rawValue.count }) {
      guard text.hasPrefix(key.rawValue + ":") else { continue }
      self.key = key
      value = String(text.dropFirst(key.rawValue.count + 1)).trimmingWhitespace
      self.line = line
      return
    }
    return nil
  }
}
