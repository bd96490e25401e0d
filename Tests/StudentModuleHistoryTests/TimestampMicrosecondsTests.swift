import StudentModuleHistory
import Testing

@Suite struct TimestampMicrosecondsTests {
  @Test(
    "civil time becomes microseconds, and they become the same time again",
    arguments: [
      "1970-01-01 00:00:00.000000", "1969-12-31 23:59:59.999999", "2016-02-29 00:00:00.000001",
      "2000-02-29 12:34:56.789012", "0001-01-01 00:00:00.000000", "9999-12-31 23:59:59.999999",
    ])
  func inverse(text: String) throws {
    let microseconds = try #require(HistoryTimestamp(text)?.microsecondsSince1970)
    #expect(HistoryTimestamp(microsecondsSince1970: microseconds).text == text)
  }

  @Test(
    "what no calendar has is no time", arguments: ["0000-00-00 00:00:00", "2015-13-01 00:00:00", "2015-01-00 00:00:00"])
  func noTime(text: String) {
    #expect(HistoryTimestamp(text)?.microsecondsSince1970 == nil)
  }
}
