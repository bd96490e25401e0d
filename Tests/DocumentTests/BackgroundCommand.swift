import Foundation
import TestSupport

/// A command of a page that goes on while others run, such as `csmh supervise`.
final class BackgroundCommand: @unchecked Sendable {
  private let process = Process()
  private let file: URL
  private let stage: PageStage

  /// How many lines of its output pages have shown already. Touched by the page's one runner alone.
  private var shownLineCount = 0

  init(_ script: String, name: String, stage: PageStage) throws {
    self.stage = stage
    file = stage.root.appendingPathComponent("\(name).output")
    _ = FileManager.default.createFile(atPath: file.path, contents: nil)
    let handle = try FileHandle(forWritingTo: file)
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["-c", PageStage.head + "IN_BACKGROUND=1\n" + script]
    process.environment = ProcessInfo.processInfo.environment.merging(stage.environment) { $1 }
    process.currentDirectoryURL = stage.workingDirectory
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = handle
    process.standardError = handle
    try process.run()
  }

  /// Everything that no page has shown yet.
  var newLines: [String] {
    let text = stage.delocalized(String(decoding: (try? Data(contentsOf: file)) ?? Data(), as: UTF8.self))
    return Array(text.outputLines.withoutProgress.dropFirst(shownLineCount))
  }

  /// Waits until it has printed what a page shows.
  ///
  /// - Returns: the outcome, and what was compared.
  func wait(
    for pattern: OutputPattern, patience: Duration
  ) async throws -> (outcome: OutputPattern.Outcome, lines: [String]) {
    let deadline = ContinuousClock.now + patience
    while true {
      let isRunning = process.isRunning
      let lines = newLines
      let outcome = pattern.compare(lines, isOpenEnded: true)
      if case .matches(let lineCount) = outcome {
        shownLineCount += lineCount
        return (outcome, Array(lines.prefix(lineCount)))
      }
      if !isRunning || ContinuousClock.now > deadline {
        shownLineCount += lines.count
        return (outcome, lines)
      }
      try await Task.sleep(for: .milliseconds(50))
    }
  }

  /// Ends it as Ctrl-C does, and at last by force.
  ///
  /// - Returns: its exit status.
  func stop() async throws -> Int32 {
    // A second time, as a command that has not begun to listen may not have heard the first.
    for _ in 0..<2 where process.isRunning {
      kill(process.processIdentifier, SIGINT)
      for _ in 0..<100 where process.isRunning { try await Task.sleep(for: .milliseconds(50)) }
    }
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    while process.isRunning { try await Task.sleep(for: .milliseconds(20)) }
    return process.terminationReason == .uncaughtSignal ? 128 + process.terminationStatus : process.terminationStatus
  }
}

extension String {
  /// Without the newline at the end, and without spaces at the ends of lines.
  var outputLines: [String] {
    var lines = components(separatedBy: "\n").map { line in
      var line = line
      while line.hasSuffix(" ") { line.removeLast() }
      return line
    }
    while lines.last?.isEmpty == true { lines.removeLast() }
    return lines
  }
}

extension [String] {
  /// Without the lines that tell how far a command has come: whether one is printed depends on how long it takes.
  var withoutProgress: [String] {
    filter { !$0.contains("ETA ") || $0.contains(" in the last minute") || $0.hasPrefix("left") }
  }
}
