internal import Crypto
internal import MigrationJournal
internal import StudentModuleHistory

/// The SHA-256 over the manifest's lines, taken in as they come.
///
/// A line is what the database's own client prints for a range, so that a stranger can compute the same without csmh: the columns
/// separated by tabs, NULL as `NULL`, and a newline at the end.
struct ManifestHash {
  /// The columns of a line. They never change: a hash that was filed has to be computed again years later.
  static let columns: [JournalColumn] = [
    .lowerID, .upperID, .rowCount, .digest, .drainedCount, .drainedDigest, .copiedAt, .verifiedAt, .drainedAt,
  ]

  /// The query whose output is hashed.
  static let query = "SELECT \(columns.map(\.rawValue).joined(separator: ", ")) FROM csmh_range ORDER BY lower_id"

  private var hash = SHA256()

  /// How many lines were taken in.
  private(set) var lineCount: UInt64 = 0

  /// Takes in the values of ``columns`` of one range.
  mutating func add(_ values: some Sequence<SQLValue>) {
    let line = values.map { $0.textValue ?? "NULL" }.joined(separator: "\t") + "\n"
    var bytes = line
    bytes.withUTF8 { hash.update(bufferPointer: UnsafeRawBufferPointer($0)) }
    lineCount += 1
  }

  /// 64 hexadecimal digits, as `sha256sum` prints them.
  var hexadecimal: String {
    hash.finalize().map { byte in
      let digits = String(byte, radix: 16)
      return digits.count == 1 ? "0" + digits : digits
    }.joined()
  }
}
