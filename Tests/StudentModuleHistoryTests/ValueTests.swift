import StudentModuleHistory
import Testing

@Suite struct ValueTests {
  @Test(
    "timestamps are filled up to microseconds",
    arguments: [
      ("2015-10-13 12:34:56", "2015-10-13 12:34:56.000000"), ("2015-10-13T12:34:56.5", "2015-10-13 12:34:56.500000"),
      ("0000-00-00 00:00:00", "0000-00-00 00:00:00.000000"),
      ("2015-10-13 12:34:56.123456", "2015-10-13 12:34:56.123456"),
    ])
  func timestamps(text: String, expected: String) {
    #expect(HistoryTimestamp(text)?.text == expected)
  }

  @Test(
    "what is not a timestamp is not taken for one",
    arguments: [
      "", "2015-10-13", "2015-10-13 12:34:56.", "2015/10/13 12:34:56", "2015-10-13 12:34:56.1234567",
      "x015-10-13 12:34:56",
    ])
  func notTimestamps(text: String) {
    #expect(HistoryTimestamp(text) == nil)
  }

  @Test("each byte of a timestamp has only one shape")
  func shape() {
    let text = Array("2015-10-13 12:34:56.987654".utf8)
    for index in text.indices {
      let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text[index])
      for byte in UInt8.min...UInt8.max {
        var changed = text
        changed[index] = byte
        let isT = index == 10 && byte == UInt8(ascii: "T")
        let isInShape =
          isDigit ? (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) : byte == text[index] || isT
        let time = changed.withUnsafeBytes { HistoryTimestamp(utf8: $0) }
        #expect((time != nil) == isInShape, "byte \(byte) at \(index)")
        if let time { #expect(Array(time.text.utf8) == (isT ? text : changed)) }
      }
    }
  }

  @Test(
    "microseconds become civil time",
    arguments: [
      (0, "1970-01-01 00:00:00.000000"), (-1, "1969-12-31 23:59:59.999999"),
      (1_456_704_000_000_001, "2016-02-29 00:00:00.000001"), (951_782_400_000_000, "2000-02-29 00:00:00.000000"),
      (.max, "9999-12-31 23:59:59.999999"), (.min, "0000-01-01 00:00:00.000000"),
    ])
  func civilTime(microseconds: Int64, expected: String) {
    #expect(HistoryTimestamp(microsecondsSince1970: microseconds).text == expected)
  }

  @Test("the order of times is that of their texts, in every digit")
  func order() {
    let texts = [
      "0000-00-00 00:00:00.000000", "2015-10-13 12:34:56.000000", "2015-10-13 12:34:56.000001",
      "2015-10-13 12:34:56.100000", "2015-10-13 12:35:00.000000", "2015-10-14 00:00:00.000000",
      "9999-12-31 23:59:59.999999",
    ]
    let times = texts.shuffled().map { HistoryTimestamp($0)! }.sorted()
    #expect(times.map(\.text) == texts)
    #expect(Set(times + times).count == texts.count)
  }

  private static func rows(_ pairs: [(UInt64, UInt64)]) -> [(id: UInt64, hash: RowHash)] {
    pairs.map { ($0.0, RowHash(high: $0.1, low: 0)) }
  }

  @Test("a comparison tells equal, different, missing and strange rows apart")
  func comparison() {
    let comparison = RowComparison(
      original: Self.rows([(1, 1), (2, 2), (4, 4), (6, 6)]),
      extended: Self.rows([(0, 9), (1, 1), (3, 9), (4, 5), (9, 9)]))
    #expect(comparison.equalCount == 1)
    #expect(comparison.differing == [4])
    #expect(comparison.missing == [2, 6])
    #expect(comparison.strangers == [0, 3, 9])
    #expect(!comparison.isEqual)
    #expect(RowComparison(original: Self.rows([]), extended: Self.rows([])).isEqual)
  }

  @Test("the first free id lies above rows and counter")
  func firstFreeID() {
    func summary(_ ids: IDRange?, _ next: UInt64) -> UInt64 {
      TableSummary(name: "", generation: "", estimatedRowCount: 0, estimatedByteCount: 0, ids: ids, nextID: next)
        .firstFreeID
    }
    #expect(summary(nil, 1) == 1)
    #expect(summary(IDRange(1, 10), 5) == 11)
    #expect(summary(IDRange(1, 10), 50) == 50)
    #expect(summary(IDRange(1, .max), 5) == .max)
  }
}
