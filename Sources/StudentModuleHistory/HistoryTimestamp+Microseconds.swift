extension HistoryTimestamp {
  /// The inverse of ``init(microsecondsSince1970:)``, or nil for what no calendar has, such as month 0 or year 0. Days above a month's
  /// last count into the next one.
  public var microsecondsSince1970: Int64? {
    let digits = Array(text.utf8)
    func number(_ start: Int, _ length: Int) -> Int64 {
      digits[start..<start + length].reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
    }
    let (month, day) = (number(5, 2), number(8, 2))
    guard number(0, 4) > 0, (1...12).contains(month), (1...31).contains(day) else { return nil }
    // A civil date to days: Howard Hinnant, http://howardhinnant.github.io/date_algorithms.html#days_from_civil
    let year = number(0, 4) - (month <= 2 ? 1 : 0)
    let (era, yearOfEra) = year.quotientAndRemainder(dividingBy: 400)
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    let seconds =
      (era * 146_097 + dayOfEra - 719_468) * 86_400 + number(11, 2) * 3_600 + number(14, 2) * 60 + number(17, 2)
    return seconds * 1_000_000 + number(20, 6)
  }
}
