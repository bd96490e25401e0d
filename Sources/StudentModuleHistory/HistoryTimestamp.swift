/// A point in time as the tables hold it: UTC without a zone, written `YYYY-MM-DD hh:mm:ss.ffffff`.
///
/// It is kept as text because the tables can hold what no calendar accepts (`0000-00-00`), and because bytes are compared, not
/// impressions. Text order is time order.
public struct HistoryTimestamp: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// The bytes of ``text``, the first one at the top of the first word, and zeros behind the last: inside the value, as histories
  /// have many of them, and in an order in which words compare as the text does.
  private var words = Words()

  /// Not a vector: its alignment would make records larger.
  private struct Words: Sendable, Hashable {
    var first: UInt64 = 0
    var second: UInt64 = 0
    var third: UInt64 = 0
    var fourth: UInt64 = 0

    mutating func set(_ byte: UInt8, at index: Int) {
      let bits = UInt64(byte) << (56 - index % 8 * 8)
      switch index / 8 {
      case 0: first |= bits
      case 1: second |= bits
      case 2: third |= bits
      default: fourth |= bits
      }
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
  public func withUTF8<Value>(_ body: (UnsafeRawBufferPointer) throws -> Value) rethrows -> Value {
    let bigEndian = (
      words.first.bigEndian, words.second.bigEndian, words.third.bigEndian, words.fourth.bigEndian
    )
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
  public init?(utf8 bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= 19, bytes.count <= 26, bytes.count != 20 else { return nil }
    for index in 0..<Self.byteCount {
      let byte = index < bytes.count ? bytes[index] : index == 19 ? UInt8(ascii: ".") : UInt8(ascii: "0")
      let isInPlace =
        switch index {
        case 4, 7: byte == UInt8(ascii: "-")
        case 10: byte == UInt8(ascii: " ") || byte == UInt8(ascii: "T")
        case 13, 16: byte == UInt8(ascii: ":")
        case 19: byte == UInt8(ascii: ".")
        default: byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
        }
      guard isInPlace else { return nil }
      let kept = index == 10 ? UInt8(ascii: " ") : byte
      words.set(kept, at: index)
    }
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
