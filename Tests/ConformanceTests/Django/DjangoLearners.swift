import Foundation
import TestSupport

/// Learners who keep processes of the LMS busy, one each, and what these processes noted of their work.
actor DjangoLearners {
  /// A line of a writer's ledger.
  private struct Line: Decodable {
    let learner: Int
    let block: String
    let module: UInt64?
    let did: String
    let states: [String]
    let error: String?
  }

  /// What the tables must hold when everything is over.
  struct Expectation: Sendable {
    /// The states of each student module that is left, the oldest first.
    var states: [UInt64: [String]] = [:]

    /// Student modules of which nothing may be left.
    var deleted: Set<UInt64> = []

    /// States of requests that failed after they had saved: the extended database knows nothing of a request's transaction.
    var possible: Set<String> = []

    var requestCount = 0
    var errors: [String] = []
  }

  private let site: DjangoSite
  private let seed: UInt32
  private let count: Int
  private var processes: [SiteProcess] = []
  private var generation = 0

  /// - Parameter seed: what the learners do follows from it.
  init(_ site: DjangoSite, seed: UInt32, count: Int) {
    self.site = site
    self.seed = seed
    self.count = count
  }

  /// Starts every process anew, one after the other, as a deployment does: the others go on meanwhile, some with the old flags
  /// and some with the new ones. Each learner goes from an old process to a new one at one moment.
  func deploy(isExtendedInstalled: Bool) async throws {
    generation += 1
    for learner in 0..<count {
      if processes.count > learner { try await processes[learner].stop() }
      let process = try site.startWriter(
        seed: "\(seed)-\(generation)", learner: 100 + learner, ledger: ledger(learner),
        isExtendedInstalled: isExtendedInstalled)
      if processes.count > learner { processes[learner] = process } else { processes.append(process) }
    }
  }

  /// How many requests were answered so far.
  func requestCount() throws -> Int {
    try (0..<count).reduce(0) { try $0 + lines($1).count }
  }

  /// Lets them work until they have done that much more.
  func work(_ more: Int) async throws {
    let aim = try requestCount() + more
    try await wait("the learners did \(more) requests") { try requestCount() >= aim }
  }

  /// Stops them; what the tables must hold now.
  func stop() async throws -> Expectation {
    for process in processes { try await process.stop() }
    processes = []
    var expectation = Expectation()
    for learner in 0..<count {
      var modules: [String: UInt64] = [:]
      for line in try lines(learner) {
        expectation.requestCount += 1
        if let error = line.error, !error.contains("the view fails") { expectation.errors.append(error) }
        switch line.did {
        case "saved":
          guard let module = line.module, let last = line.states.last else {
            throw TestFailure("a save without a state")
          }
          modules[line.block] = module
          expectation.states[module, default: []].append(last)
        case "failed": expectation.possible.formUnion(line.states)
        case "deleted":
          guard let module = line.module else { continue }
          expectation.states[module] = nil
          expectation.deleted.insert(module)
          modules[line.block] = nil
        case "unclear":
          // The student module stands; its extended rows may have gone with the deletion that failed.
          guard let module = modules[line.block] else { continue }
          expectation.possible.formUnion(expectation.states[module] ?? [])
          expectation.states[module] = []
        default: throw TestFailure("the ledger says \(line.did)")
        }
      }
    }
    return expectation
  }

  private func ledger(_ learner: Int) -> URL { site.directory.appendingPathComponent("ledger-\(learner)") }

  /// Whole lines only: the writer may be at the next one.
  private func lines(_ learner: Int) throws -> [Line] {
    guard let data = try? Data(contentsOf: ledger(learner)) else { return [] }
    let end = data.lastIndex(of: UInt8(ascii: "\n")) ?? data.startIndex
    return try data[..<end].split(separator: UInt8(ascii: "\n")).map {
      try JSONDecoder().decode(Line.self, from: Data($0))
    }
  }
}
