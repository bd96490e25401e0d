internal import StudentModuleHistory

/// The query of a request, read strictly: a parameter that is not known, or given twice, is an error.
struct QueryParameters {
  private var values: [(name: String, value: String)] = []

  /// - Parameters:
  ///   - query: what follows the question mark, still percent-encoded; nil for none.
  ///   - allowed: the names that may occur.
  /// - Throws: ``Problem``.
  init(_ query: Substring?, allowed: [String]) throws(Problem) {
    guard let query, !query.isEmpty else { return }
    for part in query.split(separator: "&", omittingEmptySubsequences: false) {
      let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = Self.decoded(pair[0]), let value = Self.decoded(pair.count == 2 ? pair[1] : "") else {
        throw .malformed("the query is not percent-encoded UTF-8")
      }
      guard allowed.contains(name) else {
        throw .malformed(
          allowed.isEmpty
            ? "this path takes no query parameters" : "the query parameters here are \(allowed.joined(separator: ", "))"
        )
      }
      values.append((name, value))
    }
  }

  /// The value of a parameter that may be given once.
  func single(_ name: String) throws(Problem) -> String? {
    let found = values.filter { $0.name == name }
    guard found.count <= 1 else { throw .malformed("\(name) is given more than once") }
    return found.first?.value
  }

  func all(_ name: String) -> [String] { values.filter { $0.name == name }.map(\.value) }

  /// `limit`, from 1 to `maximum`.
  func limit(default usual: Int, maximum: Int) throws(Problem) -> Int {
    guard let text = try single("limit") else { return usual }
    guard let limit = Self.digits(text).flatMap({ Int($0) }), (1...maximum).contains(limit) else {
      throw .malformed("limit is a number from 1 to \(maximum)")
    }
    return limit
  }

  /// `cursor`.
  func cursor() throws(Problem) -> HistoryCursor {
    guard let text = try single("cursor") else { return .start }
    // The form in the description is 20 digits at most. What lies beyond 64 bits is a place too: before the newest record.
    let parts = text.split(separator: "-", omittingEmptySubsequences: false).map { part in
      part.utf8.count == 21 && Self.digits(part.dropFirst()).map({ UInt64($0) }) == .some(nil)
        ? "\(part.prefix(1))\(UInt64.max)" : String(part)
    }
    guard parts.allSatisfy({ $0.utf8.count <= 21 }), let cursor = HistoryCursor(parts.joined(separator: "-")) else {
      throw .malformed("cursor is the next_cursor of an earlier page, such as e1200-o84")
    }
    return cursor
  }

  /// An id of a student module, of the query or the path.
  static func studentModuleID(_ text: some StringProtocol) throws(Problem) -> UInt64 {
    guard let id = digits(text).flatMap({ UInt64($0) }), isStudentModuleID(id) else {
      throw .malformed("the id of a student module is a number from 1 to \(Int64.max)")
    }
    return id
  }

  /// Whether both tables can hold it in every generation that has 64 bits.
  static func isStudentModuleID(_ id: UInt64) -> Bool { id >= 1 && id <= UInt64(Int64.max) }

  /// The digits of a whole number that is not negative. `17.0` is one, as in the bodies: JSON has one kind of numbers only.
  private static func digits<Text: StringProtocol>(_ text: Text) -> Text.SubSequence? {
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts[0].utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
    guard parts.count == 2 else { return parts[0] }
    return !parts[1].isEmpty && parts[1].utf8.allSatisfy { $0 == UInt8(ascii: "0") } ? parts[0] : nil
  }

  /// Decodes `%41` and, as in forms, `+`. Returns nil where that is not UTF-8.
  private static func decoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count)
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
      case UInt8(ascii: "%"):
        guard let high = rest.popFirst().flatMap(hexadecimal), let low = rest.popFirst().flatMap(hexadecimal) else {
          return nil
        }
        bytes.append(high << 4 | low)
      default: bytes.append(byte)
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }

  private static func hexadecimal(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
