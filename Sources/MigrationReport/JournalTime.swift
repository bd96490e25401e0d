internal import StudentModuleHistory

/// The journal's times as numbers, to reckon with.
enum JournalTime {
  /// Seconds since 1970, or nil if the text is no time.
  static func seconds(_ text: String) -> Double? {
    HistoryTimestamp(text)?.microsecondsSince1970.map { Double($0) / 1_000_000 }
  }

  /// The text of a time.
  static func exactText(_ seconds: Double) -> String {
    HistoryTimestamp(microsecondsSince1970: Int64((seconds * 1_000_000).rounded())).text
  }

  /// The text of a time, in whole seconds.
  static func text(_ seconds: Double) -> String {
    String(HistoryTimestamp(microsecondsSince1970: Int64(seconds * 1_000_000)).text.prefix(19))
  }
}
