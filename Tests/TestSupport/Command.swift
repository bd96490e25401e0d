package import Foundation
import Synchronization

/// A process that a test runs, with its output collected.
package final class Command: Sendable {
  /// How a process ended.
  package struct Result: Sendable {
    /// The exit status, or 128 and the signal.
    package let status: Int32
    package let output: String
    package let error: String
  }

  private let process: Process
  private let output = Pipe()
  private let error = Pipe()

  /// Starts a program. `environment` is added to the test's own.
  package init(_ path: String, _ arguments: [String], environment: [String: String], directory: URL? = nil) throws {
    process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    if let directory { process.currentDirectoryURL = directory }
    process.standardOutput = output
    process.standardError = error
    process.standardInput = FileHandle.nullDevice
    try process.run()
  }

  /// Waits for its end, off the cooperative pool.
  package func wait() async -> Result {
    let outputText = Task { [output] in await Self.read(output) }
    let errorText = Task { [error] in await Self.read(error) }
    let (collectedOutput, collectedError) = await (outputText.value, errorText.value)
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      DispatchQueue(label: "wait").async { [process] in
        process.waitUntilExit()
        continuation.resume()
      }
    }
    let status =
      process.terminationReason == .uncaughtSignal ? 128 + process.terminationStatus : process.terminationStatus
    return Result(status: status, output: collectedOutput, error: collectedError)
  }

  package func send(_ signal: Int32) {
    kill(process.processIdentifier, signal)
  }

  package var isRunning: Bool { process.isRunning }

  private static func read(_ pipe: Pipe) async -> String {
    await withCheckedContinuation { continuation in
      DispatchQueue(label: "read").async {
        continuation.resume(returning: String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self))
      }
    }
  }

  package static func run(
    _ path: String, _ arguments: [String], environment: [String: String], directory: URL? = nil
  ) async throws -> Result {
    try await Command(path, arguments, environment: environment, directory: directory).wait()
  }

  /// The csmh that was built together with the tests.
  package static var csmh: String {
    get throws {
      var folder = Bundle.main.bundleURL
      for _ in 0..<4 {
        let candidate = folder.appendingPathComponent("csmh").path
        if FileManager.default.isExecutableFile(atPath: candidate), !folder.path.hasSuffix("Sources") {
          return candidate
        }
        folder = folder.deletingLastPathComponent()
      }
      let candidate = TestServer.project.appendingPathComponent(".build/debug/csmh").path
      guard FileManager.default.isExecutableFile(atPath: candidate) else { throw TestFailure("no csmh was built") }
      return candidate
    }
  }

  /// Runs csmh.
  package static func csmh(_ arguments: [String], environment: [String: String] = [:]) async throws -> Result {
    try await run(try csmh, arguments, environment: environment)
  }
}
