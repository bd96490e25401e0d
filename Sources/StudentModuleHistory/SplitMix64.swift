/// A small seeded generator of random numbers, ours so that the numbers never change under us.
///
/// The algorithm is SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014;
/// public-domain C at https://prng.di.unimi.it/splitmix64.c). The standard library's `random(in:using:)` is avoided:
/// how it turns bits into a range is not promised to stay.
package struct SplitMix64: Sendable {
  private var state: UInt64

  /// A stream of its own for everything that has numbers: two different triples have unrelated streams.
  package init(seed: UInt64, _ first: UInt64, _ second: UInt64 = 0) {
    state = Self.mix(Self.mix(Self.mix(seed &+ Self.step) ^ first) &+ Self.step &* (second &+ 1))
  }

  /// The next 64 bits.
  package mutating func next() -> UInt64 {
    state &+= Self.step
    return Self.mix(state)
  }

  /// A number in `0 ..< bound`. The bias of at most `bound / 2^64` does not matter here.
  package mutating func below(_ bound: Int) -> Int {
    Int(truncatingIfNeeded: next().multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// True once in `bound` times.
  package mutating func oneIn(_ bound: Int) -> Bool {
    below(bound) == 0
  }

  /// True in `percent` of a hundred times.
  package mutating func chance(percent: Int) -> Bool {
    below(100) < percent
  }

  /// Puts the elements in an order that the stream decides (Fisher and Yates).
  package mutating func shuffle<Element>(_ elements: inout [Element]) {
    for last in stride(from: elements.count - 1, to: 0, by: -1) {
      elements.swapAt(last, below(last + 1))
    }
  }

  /// The finaliser: every bit of the argument moves about half of the bits of the result.
  package static func mix(_ value: UInt64) -> UInt64 {
    var bits = value
    bits = (bits ^ (bits &>> 30)) &* 0xbf58_476d_1ce4_e5b9
    bits = (bits ^ (bits &>> 27)) &* 0x94d0_49bb_1331_11eb
    return bits ^ (bits &>> 31)
  }

  private static let step: UInt64 = 0x9e37_79b9_7f4a_7c15
}
