#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// The text of a statement, built in a buffer that is meant to be used again and again.
///
/// Quoting relies on the SQL mode `NO_BACKSLASH_ESCAPES`, which ``MariaDBConnection`` sets on every connection: in a quoted
/// string only the quote itself is special, so that the many backslashes of JSON states are copied as they are.
/// https://mariadb.com/kb/en/sql-mode/#no_backslash_escapes
package struct StatementText: Sendable, Hashable, ExpressibleByStringLiteral {
  /// The text in UTF-8.
  package private(set) var bytes: [UInt8] = []

  package init() {}

  /// A statement from its text, as it is.
  package init(_ sql: String) {
    bytes = Array(sql.utf8)
  }

  package init(stringLiteral sql: String) {
    self.init(sql)
  }

  /// The size in bytes.
  package var byteCount: Int { bytes.count }

  package var isEmpty: Bool { bytes.isEmpty }

  /// Makes room for `byteCount` bytes in all.
  package mutating func reserveCapacity(_ byteCount: Int) {
    bytes.reserveCapacity(byteCount)
  }

  /// Empties the text. The buffer is kept up to `limit` bytes, so that one huge row does not hold its memory for ever.
  package mutating func removeAll(keepingCapacityUpTo limit: Int) {
    if bytes.capacity > limit {
      bytes = []
    } else {
      bytes.removeAll(keepingCapacity: true)
    }
  }

  /// Appends SQL as it is.
  package mutating func append(_ sql: String) {
    bytes.append(contentsOf: sql.utf8)
  }

  /// Appends one byte, of ASCII.
  package mutating func append(_ byte: UInt8) {
    bytes.append(byte)
  }

  /// Appends bytes as they are: for numbers that a server printed.
  package mutating func append(_ raw: UnsafeRawBufferPointer) {
    unsafe bytes.append(contentsOf: raw)
  }

  /// Appends bytes as they are.
  package mutating func append(_ raw: ArraySlice<UInt8>) {
    bytes.append(contentsOf: raw)
  }

  /// Cuts the text off after `byteCount` bytes.
  package mutating func truncate(to byteCount: Int) {
    bytes.removeSubrange(byteCount...)
  }

  /// Appends what another statement holds.
  package mutating func append(_ other: StatementText) {
    bytes.append(contentsOf: other.bytes)
  }

  /// Appends an identifier in backticks.
  package mutating func append(identifier: String) {
    append("`")
    append(identifier.split(separator: "`", omittingEmptySubsequences: false).joined(separator: "``"))
    append("`")
  }

  /// Appends a string literal.
  package mutating func append(quoted text: String) {
    var text = text
    text.withUTF8 { unsafe append(quoted: UnsafeRawBufferPointer($0)) }
  }

  /// Appends a string literal from bytes in UTF-8.
  package mutating func append(quoted raw: UnsafeRawBufferPointer) {
    let quote = UInt8(ascii: "'")
    bytes.append(quote)
    var rest = unsafe raw[...]
    while let index = unsafe rest.firstIndexFast(of: quote) {
      let next = unsafe rest.index(after: index)
      unsafe bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: rest[..<next]))
      bytes.append(quote)
      unsafe rest = rest[next...]
    }
    unsafe bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: rest))
    bytes.append(quote)
  }
}

extension Slice<UnsafeRawBufferPointer> {
  /// The first place of `byte`, found by the C library's vectorised search.
  fileprivate func firstIndexFast(of byte: UInt8) -> Int? {
    let buffer = unsafe UnsafeRawBufferPointer(rebasing: self)
    guard let start = buffer.baseAddress, let found = unsafe memchr(start, Int32(byte), buffer.count) else {
      return nil
    }
    return unsafe startIndex + (UnsafeRawPointer(found) - start)
  }
}
