import Foundation
import TestSupport

/// A Python process of the site, which is told what to do on its standard input.
actor SiteProcess {
  /// One thing that a request does.
  struct Step: Encodable, Sendable {
    var `do`: String
    var learner: Int?
    var block: String?
    var state: String?
    var grade: Double?
    var type: String?

    static func save(
      _ block: String, _ state: String?, grade: Double? = nil, type: String = "problem", learner: Int = 1
    ) -> Step {
      Step(do: "save", learner: learner, block: block, state: state, grade: grade, type: type)
    }

    static func delete(_ block: String, learner: Int = 1) -> Step { Step(do: "delete", learner: learner, block: block) }

    /// The view fails.
    static let fail = Step(do: "fail")

    /// The view stops until ``SiteProcess/goOn()``.
    static let wait = Step(do: "wait")
  }

  /// What a view answered.
  struct Answer: Decodable, Sendable {
    struct Saved: Decodable, Sendable {
      let module: UInt64
      let modified: String
    }

    struct Body: Decodable, Sendable {
      var saved: [Saved]?
      var deleted: [UInt64]?
      var entries: [ShownRecord]?
      var error: String?
    }

    let status: Int
    let body: Body
  }

  private struct Command: Encodable {
    var post: String?
    var steps: [Step]?
    var get: String?
  }

  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  private let errorFile: URL
  private var collected = Data()

  init(_ python: URL, _ arguments: [String], environment: [String: String], directory: URL) throws {
    errorFile = FileManager.default.temporaryDirectory.appendingPathComponent("csmh-django-\(UUID().uuidString)")
    _ = FileManager.default.createFile(atPath: errorFile.path, contents: nil)
    process.executableURL = python
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.currentDirectoryURL = directory
    process.standardInput = input
    process.standardOutput = output
    process.standardError = try FileHandle(forWritingTo: errorFile)
    try process.run()
  }

  /// Sends a request, which is expected to succeed; what was saved.
  @discardableResult
  func request(_ steps: Step..., path: String = "/request") async throws -> [Answer.Saved] {
    let answer = try await answer(steps, path: path)
    guard answer.status == 200 else { throw TestFailure("HTTP \(answer.status): \(answer.body.error ?? "")") }
    return answer.body.saved ?? []
  }

  /// Sends a request.
  func answer(_ steps: [Step], path: String = "/request") async throws -> Answer {
    try send(Command(post: path, steps: steps))
    return try JSONDecoder().decode(Answer.self, from: try await line())
  }

  /// Sends a request that stops half way; returns when it has. Then comes ``goOn()``.
  func begin(_ steps: Step..., path: String) async throws {
    try send(Command(post: path, steps: steps))
    let text = String(decoding: try await line(), as: UTF8.self)
    guard text.contains("waiting") else { throw TestFailure("it did not wait: \(text)") }
  }

  /// Lets the request that waits go on; what it saved.
  @discardableResult
  func goOn() async throws -> [Answer.Saved] {
    try input.fileHandleForWriting.write(contentsOf: Data("\n".utf8))
    let answer = try JSONDecoder().decode(Answer.self, from: try await line())
    guard answer.status == 200 else { throw TestFailure("HTTP \(answer.status): \(answer.body.error ?? "")") }
    return answer.body.saved ?? []
  }

  /// What `get_history` gives.
  func history(_ modules: [UInt64]) async throws -> [ShownRecord] {
    try send(Command(get: "/history?" + modules.map { "module=\($0)" }.joined(separator: "&")))
    let answer = try JSONDecoder().decode(Answer.self, from: try await line())
    guard let entries = answer.body.entries else { throw TestFailure("no history: \(answer.body.error ?? "")") }
    return entries
  }

  /// Ends its input and waits for its end.
  func stop() async throws {
    try? input.fileHandleForWriting.close()
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      DispatchQueue(label: "wait").async { [process] in
        process.waitUntilExit()
        continuation.resume()
      }
    }
    defer { try? FileManager.default.removeItem(at: errorFile) }
    guard process.terminationStatus == 0 else { throw TestFailure("a process of the site failed: \(errorText)") }
  }

  private func send(_ command: Command) throws {
    try input.fileHandleForWriting.write(contentsOf: try JSONEncoder().encode(command) + Data("\n".utf8))
  }

  /// The next line of its output.
  private func line() async throws -> Data {
    while true {
      if let end = collected.firstIndex(of: UInt8(ascii: "\n")) {
        defer { collected = Data(collected[collected.index(after: end)...]) }
        return Data(collected[..<end])
      }
      let more = await withCheckedContinuation { continuation in
        DispatchQueue(label: "read").async { [output] in
          continuation.resume(returning: output.fileHandleForReading.availableData)
        }
      }
      guard !more.isEmpty else { throw TestFailure("a process of the site ended: \(errorText)") }
      collected += more
    }
  }

  private var errorText: String { (try? String(contentsOf: errorFile, encoding: .utf8)) ?? "" }
}
