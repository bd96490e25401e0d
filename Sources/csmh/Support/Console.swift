import Foundation
import Synchronization

/// Standard output for results, standard error for everything that a person watches.
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

  /// The live line that stands on the terminal, to be wiped before anything else is printed.
  private let liveLine = Mutex(false)

  init(isJSON: Bool, isQuiet: Bool, isVerbose: Bool, noColor: Bool, asksNothing: Bool) {
    mayAsk = !asksNothing && isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1
    self.isJSON = isJSON
    self.isQuiet = isQuiet
    self.isVerbose = isVerbose
    isTerminal = isatty(STDERR_FILENO) == 1
    let environment = ProcessInfo.processInfo.environment
    let colors = !noColor && environment["NO_COLOR", default: ""].isEmpty && environment["TERM"] != "dumb"
    hasColorsOnOutput = colors && isatty(STDOUT_FILENO) == 1
    hasColorsOnError = colors && isTerminal
  }

  /// Prints a line of the result. With `--json` nothing but JSON goes to standard output, so it is left out.
  func print(_ text: String = "") {
    guard !isJSON else { return }
    write(text + "\n", to: .standardOutput)
  }

  /// Prints a line for whoever watches; not with `--quiet`.
  func note(_ text: String) {
    guard !isQuiet else { return }
    write(text + "\n", to: .standardError)
  }

  /// Prints a line that must be seen.
  func warn(_ text: String) {
    write(style("warning: ", .yellow, onError: true) + text + "\n", to: .standardError)
  }

  /// Tells an error: what happened, and what to do next.
  func fail(_ failure: Failure) {
    let mark =
      failure.status == .workLeft ? style("csmh: ", .yellow, onError: true) : style("error: ", .red, onError: true)
    var text = mark + failure.message + "\n"
    if isVerbose, let detail = failure.detail { text += "  in: \(detail)\n" }
    if let remedy = failure.remedy { text += "  what to do: \(remedy)\n" }
    write(text, to: .standardError)
    if isJSON {
      emit(FailureEvent(status: failure.status.rawValue, message: failure.message, remedy: failure.remedy))
    }
  }

  /// Asks a person, who has to answer with `yes`. Returns nil where nobody can be asked.
  func confirms(_ question: String) -> Bool? {
    guard mayAsk else { return nil }
    write(question + " Type yes to go on: ", to: .standardError)
    return readLine()?.trimmingCharacters(in: .whitespaces).lowercased() == "yes"
  }

  /// Replaces the live line on a terminal.
  func live(_ text: String) {
    guard !isQuiet, isTerminal else { return }
    liveLine.withLock { isShown in
      FileHandle.standardError.write(Data("\r\u{1B}[K\(text.prefix(Self.terminalWidth - 1))".utf8))
      isShown = true
    }
  }

  /// Prints a value as one line of JSON.
  func emit(_ value: some Encodable) {
    guard isJSON else { return }
    write(Self.json(value, pretty: false) + "\n", to: .standardOutput)
  }

  /// Prints a value as the one JSON document of a command.
  func emitDocument(_ value: some Encodable) {
    guard isJSON else { return }
    write(Self.json(value, pretty: true) + "\n", to: .standardOutput)
  }

  /// Prints a JSON document that is text already.
  func emitText(_ json: String) {
    guard isJSON else { return }
    write(json + "\n", to: .standardOutput)
  }

  static func json(_ value: some Encodable, pretty: Bool) -> String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    if pretty { encoder.outputFormatting.insert(.prettyPrinted) }
    guard let data = try? encoder.encode(value) else { return "{}" }
    return String(decoding: data, as: UTF8.self)
  }

  func style(_ text: String, _ style: Style, onError: Bool = false) -> String {
    (onError ? hasColorsOnError : hasColorsOnOutput) ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
  }

  private func write(_ text: String, to handle: FileHandle) {
    liveLine.withLock { isShown in
      if isShown { FileHandle.standardError.write(Data("\r\u{1B}[K".utf8)) }
      isShown = false
      // A reader that went away must not end the work: errors of writing are left alone on purpose.
      try? handle.write(contentsOf: Data(text.utf8))
    }
  }

  /// The width of the terminal that results go to, in columns; 120 where it is none.
  var outputWidth: Int { Self.width(of: STDOUT_FILENO) }

  private static var terminalWidth: Int { width(of: STDERR_FILENO) }

  private static func width(of descriptor: Int32) -> Int {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 20 else { return 120 }
    return Int(size.ws_col)
  }
}

private struct FailureEvent: Encodable {
  let event = "error"
  let status: Int32
  let message: String
  let remedy: String?
}
