/// The first 128 bits of the SHA-256 of a row's canonical text; see ``RowHasher``.
package struct RowHash: Sendable, Hashable, CustomStringConvertible {
  /// The first eight bytes, the most significant first.
  package var high: UInt64

  /// The next eight bytes.
  package var low: UInt64

  @inlinable package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Reads 32 hexadecimal digits.
  package init?(hexadecimal text: String) {
    guard text.utf8.count == 32, let high = UInt64(text.prefix(16), radix: 16),
      let low = UInt64(text.suffix(16), radix: 16)
    else { return nil }
    self.init(high: high, low: low)
  }

  /// 32 hexadecimal digits.
  package var description: String { high.hexadecimal + low.hexadecimal }

  /// Combines hashes so that their order does not matter (BIT_XOR on the servers).
  @inlinable package static func ^= (left: inout RowHash, right: RowHash) {
    left.high ^= right.high
    left.low ^= right.low
  }
}

extension UInt64 {
  fileprivate var hexadecimal: String {
    let digits = String(self, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
