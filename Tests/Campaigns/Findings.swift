internal import StudentModuleHistory
internal import Synchronization

/// What must not be, as it is found.
final class Findings: Sendable {
  private let kept = Mutex<[String]>([])

  func add(_ finding: String) { kept.withLock { $0.append(finding) } }

  var all: [String] { kept.withLock { $0 } }
}

/// The operator's choices.
final class Chance: Sendable {
  private let generator: Mutex<SplitMix64>

  init(_ generator: SplitMix64) {
    self.generator = Mutex(generator)
  }

  func below(_ bound: Int) -> Int { generator.withLock { Int($0.next() % UInt64(max(1, bound))) } }
}
