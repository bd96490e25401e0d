/// A value on its way to or from a store's SQL.
package enum SQLValue: Sendable, Hashable {
  case null
  case integer(Int64)
  case unsigned(UInt64)
  case real(Double)
  case text(String)

  /// The value as an id or a count, also where a server hands out numbers as text.
  package var unsignedValue: UInt64? {
    switch self {
    case .integer(let value): UInt64(exactly: value)
    case .unsigned(let value): value
    case .real(let value): UInt64(exactly: value)
    case .text(let text): UInt64(text)
    case .null: nil
    }
  }

  /// The value as a number of any kind, also where a server hands it out as text.
  package var realValue: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .unsigned(let value): Double(value)
    case .real(let value): value
    case .text(let text): Double(text)
    case .null: nil
    }
  }

  /// The value as text; nil for NULL.
  package var textValue: String? {
    switch self {
    case .null: nil
    case .integer(let value): String(value)
    case .unsigned(let value): String(value)
    case .real(let value): String(value)
    case .text(let text): text
    }
  }

  /// NULL for nil, else the number.
  package static func optional(_ value: UInt64?) -> SQLValue { value.map { .unsigned($0) } ?? .null }

  /// NULL for nil, else the text.
  package static func optional(_ value: String?) -> SQLValue { value.map { .text($0) } ?? .null }
}
