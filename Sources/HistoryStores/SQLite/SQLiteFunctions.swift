internal import Foundation
internal import GRDB
internal import StudentModuleHistory

/// The digest as SQL functions, so that a SQLite file answers the questions that a server answers with SHA2 and BIT_XOR.
///
/// Both take the columns id, student_module_id, created, grade, max_grade, version, state.
enum SQLiteFunctions {
  /// `csmh_row_hash(...)`: the row's hash as 32 hexadecimal digits.
  static let rowHash = DatabaseFunction("csmh_row_hash", argumentCount: 7, pure: true) { values in
    var hasher = RowHasher()
    return hasher.hash(row: values).description
  }

  /// `csmh_digest(...)`: an aggregate, `count:hash:bytes`.
  static let digest = DatabaseFunction("csmh_digest", argumentCount: 7, pure: true, aggregate: DigestAggregate.self)

  static func add(to database: Database) {
    database.add(function: rowHash)
    database.add(function: digest)
  }

  private struct DigestAggregate: DatabaseAggregate {
    private var hasher = RowHasher()
    private var digest = RangeDigest.empty
    private var byteCount = 0

    mutating func step(_ values: [DatabaseValue]) {
      digest.add(hasher.hash(row: values))
      values[6].withBytes { byteCount += $0?.count ?? 0 }
    }

    func finalize() -> (any DatabaseValueConvertible)? {
      "\(digest.rowCount):\(digest.hash):\(byteCount)"
    }
  }
}

extension RowHasher {
  fileprivate mutating func hash(row values: [DatabaseValue]) -> RowHash {
    values[0].withBytes { id in
      values[1].withBytes { studentModuleID in
        values[2].withBytes { created in
          values[3].withBytes { grade in
            values[4].withBytes { maxGrade in
              values[5].withBytes { version in
                values[6].withBytes { state in
                  hash(
                    id: id ?? .empty, studentModuleID: studentModuleID ?? .empty, created: created ?? .empty,
                    grade: grade, maxGrade: maxGrade, version: version, state: state)
                }
              }
            }
          }
        }
      }
    }
  }
}

extension UnsafeRawBufferPointer {
  fileprivate static var empty: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: nil, count: 0) }
}

extension DatabaseValue {
  /// The canonical text of the value; nil for NULL.
  fileprivate func withBytes<Value>(_ body: (UnsafeRawBufferPointer?) -> Value) -> Value {
    func lend(_ text: String) -> Value {
      var text = text
      return text.withUTF8 { body(UnsafeRawBufferPointer($0)) }
    }
    switch storage {
    case .null: return body(nil)
    case .int64(let value): return lend(String(value))
    case .double(let value): return lend(RowHasher.canonicalText(of: value))
    case .string(let text): return lend(text)
    case .blob(let data): return data.withUnsafeBytes(body)
    }
  }
}
