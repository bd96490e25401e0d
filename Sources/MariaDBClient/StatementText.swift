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
///
/// What runs for each value of each row is inlinable: a call into another module for each costs the copy four per cent.
package struct StatementText: Sendable, Hashable, ExpressibleByStringLiteral {
  /// The text in UTF-8.
  @inlinable package var bytes: [UInt8] { buffer }

  @usableFromInline var buffer: [UInt8] = []

  package init() {}

  /// A statement from its text, as it is.
  package init(_ sql: String) {
    buffer = Array(sql.utf8)
  }

  package init(stringLiteral sql: String) {
    self.init(sql)
  }

  /// The size in bytes.
  @inlinable package var byteCount: Int { buffer.count }

  @inlinable package var isEmpty: Bool { buffer.isEmpty }

  /// Makes room for `byteCount` bytes in all.
  package mutating func reserveCapacity(_ byteCount: Int) {
    buffer.reserveCapacity(byteCount)
  }

  /// Empties the text. The buffer is kept up to `limit` bytes, so that one huge row does not hold its memory for ever.
  package mutating func removeAll(keepingCapacityUpTo limit: Int) {
    if buffer.capacity > limit {
      buffer = []
    } else {
      buffer.removeAll(keepingCapacity: true)
    }
  }

  /// Appends SQL as it is.
  @inlinable package mutating func append(_ sql: String) {
    buffer.append(contentsOf: sql.utf8)
  }

  /// Appends one byte, of ASCII.
  @inlinable package mutating func append(_ byte: UInt8) {
    buffer.append(byte)
  }

  /// Appends bytes as they are: for numbers that a server printed.
  @inlinable package mutating func append(_ raw: UnsafeRawBufferPointer) {
    unsafe buffer.append(contentsOf: raw)
  }

  /// Appends bytes as they are.
  @inlinable package mutating func append(_ raw: ArraySlice<UInt8>) {
    buffer.append(contentsOf: raw)
  }

  /// Cuts the text off after `byteCount` bytes.
  @inlinable package mutating func truncate(to byteCount: Int) {
    buffer.removeSubrange(byteCount...)
  }

  /// Appends what another statement holds.
  @inlinable package mutating func append(_ other: StatementText) {
    buffer.append(contentsOf: other.buffer)
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
    buffer.append(quote)
    var rest = unsafe raw[...]
    while let index = unsafe rest.firstIndexFast(of: quote) {
      let next = unsafe rest.index(after: index)
      unsafe buffer.append(contentsOf: UnsafeRawBufferPointer(rebasing: rest[..<next]))
      buffer.append(quote)
      unsafe rest = rest[next...]
    }
    unsafe buffer.append(contentsOf: UnsafeRawBufferPointer(rebasing: rest))
    buffer.append(quote)
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
