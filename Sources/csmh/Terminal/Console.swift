import Foundation
import MigrationBase
import Synchronization

/// Standard output for results, standard error for everything that a person watches.
///
/// Every line goes through here, and whatever in it is not csmh's own layout is shown escaped (``VisibleText``): a learner's state or a
/// server's message can neither move the cursor nor begin a line of its own.
final class Console: Sendable {
  /// How text may be dressed up.
  enum Style: String {
    case bold = "1"
    case dim = "2"
    case red = "31"
    case green = "32"
    case yellow = "33"
  }

  let isJSON: Bool
  let isQuiet: Bool
  let isVerbose: Bool

  /// Whether a question may be put to a person: not with `--yes`, and not without a terminal.
  let mayAsk: Bool

  /// Whether a person watches standard error.
  let isTerminal: Bool

  private let hasColorsOnOutput: Bool
  private let hasColorsOnError: Bool
  private let styles = TextStyles()

  /// What stands on the terminal to be drawn over, and what was printed.
  private struct Screen {
    /// Whether a live line stands there, to be wiped before anything else is printed.
    var hasLiveLine = false

    /// How many lines the last frame has, if nothing was printed since, and for how many columns they were made.
    var frame: (lineCount: Int, columns: Int)?

    /// The lines of the frame that is being made.
    var collected: [String]?

    /// Whether the command has printed its one JSON document.
    var hasDocument = false
  }

  private let screen = Mutex(Screen())

  init(isJSON: Bool, isQuiet: Bool, isVerbose: Bool, noColor: Bool, asksNothing: Bool) {
    mayAsk = !asksNothing && isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1
    self.isJSON = isJSON
    self.isQuiet = isQuiet
    self.isVerbose = isVerbose
    isTerminal = Terminal.canDraw(on: STDERR_FILENO)
    let colors = !noColor && ProcessInfo.processInfo.environment["NO_COLOR", default: ""].isEmpty
    hasColorsOnOutput = colors && Terminal.canDraw(on: STDOUT_FILENO)
    hasColorsOnError = colors && isTerminal
  }

  // MARK: Lines

  /// Prints a line of the result; newlines in front of it are empty lines. With `--json` nothing but JSON goes to standard output, so it
  /// is left out.
  func print(_ text: String = "") {
    guard !isJSON else { return }
    let empty = text.prefix { $0 == "\n" }
    let line = String(text.dropFirst(empty.count))
    let isCollected = screen.withLock { screen in
      screen.collected?.append(contentsOf: empty.map { _ in "" } + [line])
      return screen.collected != nil
    }
    if !isCollected { write(empty + styles.line(line) + "\n", to: STDOUT_FILENO) }
  }

  /// Prints a text of several lines, whose newlines are csmh's own.
  func print(lines text: String) {
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) { print(String(line)) }
  }

  /// Prints a line for whoever watches; not with `--quiet`.
  func note(_ text: String) {
    guard !isQuiet else { return }
    write(styles.line(text) + "\n", to: STDERR_FILENO)
  }

  /// Prints a line that must be seen.
  func warn(_ text: String) {
    write(styles.line(style("warning: ", .yellow, onError: true) + text) + "\n", to: STDERR_FILENO)
  }

  /// Tells an error: what happened, and what to do next; with `--json` also as an event.
  ///
  /// A command that prints one document prints no second one: if it has printed it, that has told the error, as a member.
  func fail(_ failure: Failure) {
    let mark =
      failure.status == .workLeft ? style("csmh: ", .yellow, onError: true) : style("error: ", .red, onError: true)
    var lines = [mark + failure.message]
    if isVerbose, let detail = failure.detail { lines.append("  in: \(detail)") }
    if let remedy = failure.remedy { lines.append("  what to do: \(remedy)") }
    write(lines.map { styles.line($0) + "\n" }.joined(), to: STDERR_FILENO)
    if !screen.withLock({ $0.hasDocument }) { emit(FailureDocument(failure, isEvent: true)) }
  }

  /// Asks a person, who has to answer with `yes`. Returns nil where nobody can be asked.
  func confirms(_ question: String) -> Bool? {
    guard mayAsk else { return nil }
    write(styles.line(question) + " Type yes to go on: ", to: STDERR_FILENO)
    return readLine()?.trimmingCharacters(in: .whitespaces).lowercased() == "yes"
  }

  func style(_ text: String, _ style: Style, onError: Bool = false) -> String {
    (onError ? hasColorsOnError : hasColorsOnOutput) ? styles.marked(text, style) : text
  }

  private func write(_ text: String, to descriptor: Int32) {
    screen.withLock { screen in
      if screen.hasLiveLine { Terminal.put("\r\u{1B}[J", STDERR_FILENO) }
      screen.hasLiveLine = false
      screen.frame = nil
      Terminal.put(text, descriptor)
    }
  }

  /// Remembers that the one document of the command comes, so that no other follows it.
  func beginDocument() {
    screen.withLock { $0.hasDocument = true }
  }

  /// Prints JSON, or a part of it.
  func put(json: String) {
    write(json, to: STDOUT_FILENO)
  }

  // MARK: Drawing

  /// The width of the terminal that results go to, in columns; 120 where it is none.
  var outputWidth: Int { Terminal.size(of: STDOUT_FILENO).columns }

  /// Replaces the live line on a terminal.
  func live(_ text: String) {
    live { _ in text }
  }

  /// Replaces the live line on a terminal by one for so many columns: its width may have changed since the last one.
  func live(_ text: (_ columns: Int) -> String) {
    guard !isQuiet, isTerminal else { return }
    let columns = max(1, Terminal.size(of: STDERR_FILENO).columns - 1)
    let line = VisibleText.beginning(of: text(columns), columns: columns)
    screen.withLock { screen in
      Terminal.put("\r\u{1B}[J" + line, STDERR_FILENO)
      screen.hasLiveLine = true
      screen.frame = nil
    }
  }

  /// Draws what `body` prints over what it has printed the last time; below it where standard output is no terminal.
  func frame(_ body: () -> Void) {
    guard !isJSON, Terminal.canDraw(on: STDOUT_FILENO) else { return body() }
    screen.withLock { $0.collected = [] }
    body()
    let size = Terminal.size(of: STDOUT_FILENO)
    screen.withLock { screen in
      var lines = screen.collected ?? []
      screen.collected = nil
      if lines.count >= size.rows {
        // What has scrolled out of the screen cannot be drawn over.
        let shown = max(1, size.rows - 2)
        lines = lines.prefix(shown) + ["... \(lines.count - shown) lines more"]
      }
      let text = lines.map { styles.line($0, columns: max(1, size.columns - 1)) + "\u{1B}[K\n" }.joined()
      var start = screen.hasLiveLine ? "\r\u{1B}[J" : ""
      if let frame = screen.frame {
        // One that got narrower has wrapped the lines: where they begin is not known any more.
        start = frame.columns <= size.columns ? "\u{1B}[\(frame.lineCount)A\r" : "\u{1B}[H\u{1B}[2J"
      }
      Terminal.put(start + text + "\u{1B}[J", STDOUT_FILENO)
      screen.frame = (lines.count, size.columns)
      screen.hasLiveLine = false
    }
  }
}
