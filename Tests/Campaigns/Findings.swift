internal import StudentModuleHistory
internal import Synchronization

/// What must not be, as it is found.
final class Findings: Sendable {
  private let kept = Mutex<[String]>([])

  func add(_ finding: String) { kept.withLock { $0.append(finding) } }

  var all: [String] { kept.withLock { $0 } }
}

/// What was unlike its original when it was committed, by ranges.
final class UnlikeCopies: Sendable {
  private let kept = Mutex<[UInt64: [HistoryRecord]]>([:])

  func set(_ range: UInt64, _ copies: [HistoryRecord]) { kept.withLock { $0[range] = copies } }

  func of(_ range: UInt64) -> [HistoryRecord] { kept.withLock { $0[range] ?? [] } }
}

/// The operator's choices.
final class Chance: Sendable {
  private let generator: Mutex<SplitMix64>

  init(_ generator: SplitMix64) {
    self.generator = Mutex(generator)
  }

  func below(_ bound: Int) -> Int { generator.withLock { Int($0.next() % UInt64(max(1, bound))) } }
}
