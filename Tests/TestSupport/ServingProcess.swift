import Foundation

/// A `csmh serve` that a test runs, as an operator does.
package final class ServingProcess: Sendable {
  private let process: Process
  private let directory: URL

  /// Where it serves.
  package let url: String

  /// Starts csmh on a free port and waits until it serves.
  ///
  /// - Throws: ``TestFailure`` with what it printed, if it does not serve within 20 seconds.
  package init(_ arguments: [String], environment: [String: String] = [:]) async throws {
    directory = FileManager.default.temporaryDirectory.appendingPathComponent("csmh-serve-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    process = Process()
    process.executableURL = URL(fileURLWithPath: try Command.csmh)
    process.arguments = ["serve", "--bind", "127.0.0.1:0", "--json"] + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    for name in ["output", "error"] {
      _ = FileManager.default.createFile(atPath: directory.appendingPathComponent(name).path, contents: nil)
    }
    process.standardOutput = try FileHandle(forWritingTo: directory.appendingPathComponent("output"))
    process.standardError = try FileHandle(forWritingTo: directory.appendingPathComponent("error"))
    try process.run()
    for _ in 0..<400 {
      if let event = try? JSONSerialization.jsonObject(with: Self.data(directory, "output")) as? [String: Any],
        event["event"] as? String == "serving", let url = event["url"] as? String
      {
        self.url = url
        return
      }
      guard process.isRunning else { break }
      try await Task.sleep(for: .milliseconds(50))
    }
    process.terminate()
    throw TestFailure("csmh serve did not serve: \(String(decoding: Self.data(directory, "error"), as: UTF8.self))")
  }

  /// What it has printed on standard error.
  package var errorText: String { String(decoding: Self.data(directory, "error"), as: UTF8.self) }

  /// Whether it still runs.
  package var isRunning: Bool { process.isRunning }

  package func send(_ signal: Int32) {
    kill(process.processIdentifier, signal)
  }

  /// Waits for its end; the exit status, or 128 and the signal.
  package func end() async -> Int32 {
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      DispatchQueue(label: "wait").async { [process] in
        process.waitUntilExit()
        continuation.resume()
      }
    }
    return process.terminationReason == .uncaughtSignal ? 128 + process.terminationStatus : process.terminationStatus
  }

  /// Stops it and removes its files.
  package func stop() async {
    if process.isRunning { send(SIGTERM) }
    _ = await end()
    try? FileManager.default.removeItem(at: directory)
  }

  /// Runs a test's body with a csmh that is stopped afterwards.
  package static func with<Value>(
    _ arguments: [String], environment: [String: String] = [:], _ body: (ServingProcess) async throws -> Value
  ) async throws -> Value {
    let serving = try await ServingProcess(arguments, environment: environment)
    do {
      let value = try await body(serving)
      await serving.stop()
      return value
    } catch {
      await serving.stop()
      throw error
    }
  }

  private static func data(_ directory: URL, _ name: String) -> Data {
    (try? Data(contentsOf: directory.appendingPathComponent(name))) ?? Data()
  }
}
