import Testing

@testable import MariaDBClient

@Suite struct NumberTests {
  private static func short(_ text: String) -> Double? {
    Array(text.utf8).withUnsafeBytes { Double(shortDecimal: $0) }
  }

  @Test("short decimals are read to the last bit as the library reads them")
  func shortDecimals() {
    let known = [
      "0", "-0", "0.0", "1", "-1", "0.1", "0.3", "5.35", "123456789012345", "0.00000000000001", "99999999.9999999",
    ]
    let drawn = (0..<20_000).map { _ in
      let digits = String(UInt64.random(in: 0..<1_000_000_000_000_000))
      let point = Int.random(in: 0..<digits.count)
      let text = point == 0 ? digits : "\(digits.prefix(point)).\(digits.dropFirst(point))"
      return Bool.random() ? "-" + text : text
    }
    for text in known + drawn {
      #expect(Self.short(text)?.bitPattern == Double(text)?.bitPattern, "\(text)")
    }
  }

  @Test(
    "what is longer, or no plain decimal, is left to the library",
    arguments: [
      "", "-", ".", "-.5", "1.", ".5", "1e3", "1e308", "1234567890123456", "0.3333333333333333", "nan", "1 ", "--1",
      "1.2.3",
    ])
  func others(text: String) {
    #expect(Self.short(text) == nil)
  }
}
