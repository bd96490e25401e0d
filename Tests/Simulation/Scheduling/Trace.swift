/// What happened in a simulation, a line a step: virtual time, process, verb, outcome.
///
/// The fingerprint covers all lines, also those that are not kept any more.
package final class Trace: @unchecked Sendable {
  private var kept: [String] = []

  /// How many of the newest lines are kept at least.
  private let keptLineCount: Int

  /// A hash of every line so far.
  package private(set) var fingerprint: UInt64 = 0xcbf2_9ce4_8422_2325

  package private(set) var lineCount = 0

  init(keptLineCount: Int) {
    self.keptLineCount = max(1, keptLineCount)
  }

  /// The newest lines, the oldest of them first.
  package var lines: [String] { Array(kept.suffix(keptLineCount)) }

  /// The last lines as one text.
  package func tail(_ count: Int) -> String { kept.suffix(count).joined(separator: "\n") }

  func add(_ time: Duration, _ who: String, _ what: String, _ outcome: String) {
    var line = "\(time.secondsText) \(who) \(what): \(outcome)"
    line.withUTF8 { text in
      // Eight bytes at a time.
      let bytes = UnsafeRawBufferPointer(text)
      for offset in stride(from: 0, to: bytes.count - 7, by: 8) {
        mix(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
      }
      for offset in (bytes.count & ~7)..<bytes.count { mix(UInt64(bytes[offset])) }
    }
    lineCount += 1
    kept.append(line)
    if kept.count >= 2 * keptLineCount { kept.removeFirst(kept.count - keptLineCount) }
  }

  private func mix(_ bits: UInt64) {
    fingerprint = (fingerprint ^ bits) &* 0x100_0000_01b3
    fingerprint ^= fingerprint >> 29
  }
}

extension Duration {
  /// Whole microseconds.
  var microseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
  }

  /// Seconds with six digits of fraction.
  var secondsText: String {
    let (seconds, fraction) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
    let digits = String(fraction)
    return "\(seconds).\(String(repeating: "0", count: max(0, 6 - digits.count)))\(digits)"
  }
}
