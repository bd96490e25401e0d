/// A point in time as the tables hold it: UTC without a zone, written `YYYY-MM-DD hh:mm:ss.ffffff`.
///
/// It is kept as text because the tables can hold what no calendar accepts (`0000-00-00`), and because bytes are compared, not
/// impressions. Text order is time order.
public struct HistoryTimestamp: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// The bytes of ``text``, the first one at the top of the first word, and zeros behind the last: inside the value, as histories
  /// have many of them, and in an order in which words compare as the text does.
  private var words: Words

  /// Not a vector: its alignment would make records larger.
  private struct Words: Sendable, Hashable {
    var first: UInt64
    var second: UInt64
    var third: UInt64
    var fourth: UInt64

    /// `0000-00-00 00:00:00.000000`.
    static let shape = Words(
      first: 0x3030_3030_2D30_302D, second: 0x3030_2030_303A_3030, third: 0x3A30_302E_3030_3030,
      fourth: 0x3030_0000_0000_0000)

    /// The words in the machine's order of bytes, from or to the text's.
    var bigEndian: Words {
      Words(
        first: first.bigEndian, second: second.bigEndian, third: third.bigEndian, fourth: fourth.bigEndian)
    }

    /// Whether there are digits where ``shape`` has them, and the same characters elsewhere. Eight bytes are looked at in one step:
    /// this is done for each record of a history.
    var hasShape: Bool {
      Self.differs(first, Self.shape.first) | Self.differs(second, Self.shape.second)
        | Self.differs(third, Self.shape.third) | Self.differs(fourth, Self.shape.fourth) == 0
    }

    /// Not 0 if a byte is no digit where `shape` has a 0 digit, or another one than that of `shape` elsewhere.
    private static func differs(_ word: UInt64, _ shape: UInt64) -> UInt64 {
      // A digit leaves 0 to 9, any other equal byte 0; what is added to them takes a larger rest, and no smaller one, to the top bit.
      let rest = word ^ shape
      // Of the characters of the shape only the digit has the bit 0x10 without the bit 0x08.
      let isDigit = shape >> 4 & ~(shape >> 3) & 0x0101_0101_0101_0101
      let largest = isDigit * 9
      let sum = (rest & 0x7F7F_7F7F_7F7F_7F7F) + (0x7F7F_7F7F_7F7F_7F7F - largest)
      return (sum | rest) & 0x8080_8080_8080_8080
    }
  }

  /// How many bytes the text has.
  private static let byteCount = 26

  /// Always 26 ASCII characters, with six digits of fraction.
  public var text: String {
    String(unsafeUninitializedCapacity: Self.byteCount) { target in
      withUTF8 { target.initialize(fromContentsOf: $0) }
    }
  }

  /// Calls `body` with the bytes of ``text``, which do not outlive the call.
  package func withUTF8<Value>(_ body: (UnsafeRawBufferPointer) throws -> Value) rethrows -> Value {
    let bigEndian = words.bigEndian
    return try withUnsafeBytes(of: bigEndian) { try body(UnsafeRawBufferPointer(rebasing: $0[..<Self.byteCount])) }
  }

  /// Takes the text that a server prints for a `datetime` of any precision and fills the fraction up to six digits.
  ///
  /// Returns nil if the text does not have the shape of a timestamp (a `T` between date and time is accepted).
  public init?(_ text: some StringProtocol) {
    var copy = String(text)
    guard let time = copy.withUTF8({ HistoryTimestamp(utf8: UnsafeRawBufferPointer($0)) }) else { return nil }
    self = time
  }

  /// The same from bytes, which need not outlive the call.
  package init?(utf8 bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= 19, bytes.count <= Self.byteCount, bytes.count != 20 else { return nil }
    var padded = Words.shape.bigEndian
    withUnsafeMutableBytes(of: &padded) { target in
      target.copyMemory(from: bytes)
      if target[10] == UInt8(ascii: "T") { target[10] = UInt8(ascii: " ") }
    }
    guard padded.bigEndian.hasShape else { return nil }
    words = padded.bigEndian
  }

  /// The timestamp that lies `microseconds` after 1970-01-01 00:00:00 UTC (proleptic Gregorian calendar).
  ///
  /// Outside of the years 0 to 9999, which are all that the tables hold, the nearest time of these.
  public init(microsecondsSince1970 microseconds: Int64) {
    let (seconds, fraction) = microseconds.flooredDivision(by: 1_000_000)
    let (days, secondOfDay) = seconds.flooredDivision(by: 86_400)
    // Days to a civil date: Howard Hinnant, http://howardhinnant.github.io/date_algorithms.html#civil_from_days
    let shifted = days + 719_468
    let (era, dayOfEra) = shifted.flooredDivision(by: 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    var text =
      "\(year.padded(4))-\(month.padded(2))-\(day.padded(2)) "
      + "\((secondOfDay / 3_600).padded(2)):\((secondOfDay / 60 % 60).padded(2)):\((secondOfDay % 60).padded(2))"
      + ".\(fraction.padded(6))"
    self =
      text.withUTF8 { HistoryTimestamp(utf8: UnsafeRawBufferPointer($0)) }
      ?? HistoryTimestamp(microseconds < 0 ? "0000-01-01 00:00:00" : "9999-12-31 23:59:59.999999")!
  }

  public var description: String { text }

  public static func < (left: HistoryTimestamp, right: HistoryTimestamp) -> Bool {
    let (left, right) = (left.words, right.words)
    return (left.first, left.second, left.third, left.fourth) < (right.first, right.second, right.third, right.fourth)
  }
}

extension Int64 {
  fileprivate func flooredDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
  }

  fileprivate func padded(_ width: Int) -> String {
    let digits = String(self)
    return String(repeating: "0", count: Swift.max(0, width - digits.count)) + digits
  }
}
