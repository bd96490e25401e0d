internal import Crypto

/// Hashes rows as both servers do in SQL, from the bytes that csmh moves.
///
/// The canonical text of a row, in ASCII, its parts separated by `|`:
///
/// 1. the id, 2. the student module's id;
/// 3. `created` with six digits of fraction;
/// 4. the grade, 5. the maximum grade: the shortest text that reads back as the same double, or `N` for NULL;
/// 6. the version, 7. the state: the SHA-256 of its bytes in UTF-8 as 64 hexadecimal digits, or `N` for NULL.
///
/// The long texts enter by their own hash, so that the servers never build a text as long as the row (they cut off or refuse what
/// exceeds `max_allowed_packet`). NULL differs from '' and from 'NULL', and no two rows share a text.
///
/// The hasher keeps its buffer; use one for many rows.
package struct RowHasher: Sendable {
  private var text: [UInt8] = []

  package init() {
    text.reserveCapacity(320)
  }

  /// Hashes a row from the texts that a server printed; nil stands for NULL.
  ///
  /// `created` may have any number of digits of fraction; missing ones are filled with zeros.
  package mutating func hash(
    id: UnsafeRawBufferPointer, studentModuleID: UnsafeRawBufferPointer, created: UnsafeRawBufferPointer,
    grade: UnsafeRawBufferPointer?, maxGrade: UnsafeRawBufferPointer?, version: UnsafeRawBufferPointer?,
    state: UnsafeRawBufferPointer?
  ) -> RowHash {
    text.removeAll(keepingCapacity: true)
    text.append(contentsOf: id)
    text.append(Self.separator)
    text.append(contentsOf: studentModuleID)
    text.append(Self.separator)
    text.append(contentsOf: created)
    if created.count == 19 { text.append(UInt8(ascii: ".")) }
    for _ in max(created.count, 20)..<max(26, created.count) { text.append(UInt8(ascii: "0")) }
    text.append(Self.separator)
    appendOrNull(grade)
    text.append(Self.separator)
    appendOrNull(maxGrade)
    text.append(Self.separator)
    appendHashOrNull(version)
    text.append(Self.separator)
    appendHashOrNull(state)
    return text.withUnsafeBytes { bytes in
      var hasher = SHA256()
      hasher.update(bufferPointer: bytes)
      return hasher.finalize().withUnsafeBytes { digest in
        RowHash(
          high: UInt64(bigEndian: digest.loadUnaligned(as: UInt64.self)),
          low: UInt64(bigEndian: digest.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
      }
    }
  }

  /// Hashes a record that csmh holds as values.
  package mutating func hash(_ record: HistoryRecord) -> RowHash {
    Self.withBytes(String(record.id)) { id in
      Self.withBytes(String(record.studentModuleID)) { studentModuleID in
        Self.withBytes(record.created.text) { created in
          Self.withBytes(record.grade.map(Self.canonicalText(of:))) { grade in
            Self.withBytes(record.maxGrade.map(Self.canonicalText(of:))) { maxGrade in
              Self.withBytes(record.version) { version in
                Self.withBytes(record.state) { state in
                  hash(
                    id: id!, studentModuleID: studentModuleID!, created: created!, grade: grade, maxGrade: maxGrade,
                    version: version, state: state)
                }
              }
            }
          }
        }
      }
    }
  }

  /// The shortest text that reads back as the same double, without a needless `.0` or `+`.
  ///
  /// Servers print some magnitudes with an exponent where this does not; texts are compared only within one kind of store.
  package static func canonicalText(of value: Double) -> String {
    var text = value.description
    if text.hasSuffix(".0") { text.removeLast(2) }
    if let plus = text.firstIndex(of: "+") { text.remove(at: plus) }
    return text
  }

  private static let separator = UInt8(ascii: "|")

  private static let hexadecimalDigits: [UInt8] = Array("0123456789abcdef".utf8)

  private mutating func appendOrNull(_ bytes: UnsafeRawBufferPointer?) {
    if let bytes {
      text.append(contentsOf: bytes)
    } else {
      text.append(UInt8(ascii: "N"))
    }
  }

  private mutating func appendHashOrNull(_ bytes: UnsafeRawBufferPointer?) {
    guard let bytes else {
      text.append(UInt8(ascii: "N"))
      return
    }
    var hasher = SHA256()
    hasher.update(bufferPointer: bytes)
    for byte in hasher.finalize() {
      text.append(Self.hexadecimalDigits[Int(byte >> 4)])
      text.append(Self.hexadecimalDigits[Int(byte & 15)])
    }
  }

  private static func withBytes<Value>(_ text: String?, _ body: (UnsafeRawBufferPointer?) -> Value) -> Value {
    guard var text else { return body(nil) }
    return text.withUTF8 { body(UnsafeRawBufferPointer($0)) }
  }
}
