internal import MariaDBClient
internal import StudentModuleHistory

/// One INSERT with many rows while it is built from the rows that the source streams, and what is counted on the way.
///
/// Rows are appended as the bytes that lie in the client library's buffer; nothing is allocated for a row. Two batches take turns:
/// one is filled while the other is sent.
///
/// The buffers are reused and not copied: the batch is handed around inside of an ``InsertBatchBox``.
struct InsertBatch: Sendable {
  /// The size in bytes at which a statement is sent: larger ones gain nothing, and cost memory on both ends.
  static let usualByteCount = 1 << 20

  /// The largest statement that the target takes.
  let packetLimit: Int
  let prefix: StatementText

  private(set) var statement = StatementText()
  private(set) var ids: [UInt64] = []

  /// Where the row of each id ends in the statement.
  private(set) var rowEnds: [Int] = []
  private var hasher = RowHasher()

  /// A row that was read but belongs into the next statement.
  private var overflow = StatementText()
  private var overflowID: UInt64?

  /// The rows read into this batch: their digest, their size, and the largest id.
  private(set) var digest = RangeDigest.empty
  private(set) var byteCount: UInt64 = 0
  private(set) var lastID: UInt64?

  /// Rows that stand in the extended table already.
  var standing = StandingRows()

  /// How many bytes the range may still take before it is cut.
  var remainingByteCount: Int = .max

  /// A row that no statement can carry.
  private(set) var tooLarge: (id: UInt64, byteCount: Int)?

  /// Set when the range must end here, because its rows were larger than it may be.
  private(set) var isCut = false

  init(table: MySQLTable, maxAllowedPacket: Int) {
    // The packet holds a byte for the command beside the statement.
    packetLimit = maxAllowedPacket - 16
    prefix = StatementText(
      "INSERT INTO \(table.sqlName) (\(HistoryRecord.columnsSQL)) VALUES ")
    statement.reserveCapacity(Self.usualByteCount + 65_536)
    ids.reserveCapacity(8_192)
  }

  /// Begins a new statement, with the row that did not fit into `previous`.
  mutating func restart(after previous: inout InsertBatch) {
    statement.removeAll(keepingCapacityUpTo: 4 * Self.usualByteCount)
    ids.removeAll(keepingCapacity: true)
    rowEnds.removeAll(keepingCapacity: true)
    digest = .empty
    byteCount = 0
    lastID = nil
    isCut = false
    remainingByteCount = previous.remainingByteCount
    standing = previous.standing
    previous.standing = StandingRows()
    guard let id = previous.overflowID else { return }
    statement.append(prefix)
    statement.append(previous.overflow)
    ids.append(id)
    rowEnds.append(statement.byteCount)
    previous.overflowID = nil
    previous.overflow.removeAll(keepingCapacityUpTo: Self.usualByteCount)
  }

  /// Whether there is nothing to send.
  var isEmpty: Bool { ids.isEmpty }

  /// Takes a row of ``HistoryRecord/columnNames``. Returns whether the batch takes another.
  mutating func append(_ row: borrowing StreamedRow) throws(MariaDBError) -> Bool {
    guard let idText = row[0], let id = UInt64(ascii: idText), let studentModuleID = row[1], let created = row[3] else {
      throw MariaDBError(kind: .other, message: "a row without id, student module or time", server: "source")
    }
    let hash = hasher.hash(
      id: idText, studentModuleID: studentModuleID, created: created, grade: row[5], maxGrade: row[6], version: row[2],
      state: row[4])
    digest.add(hash)
    lastID = id
    var size = 0
    for column in 0..<7 { size += row[column]?.count ?? 0 }
    byteCount += UInt64(size)
    remainingByteCount -= size
    isCut = remainingByteCount < 0
    if standing.adopt(id, hash) { return !isCut }

    let before = statement.byteCount
    if statement.isEmpty { statement.append(prefix) } else { statement.append(UInt8(ascii: ",")) }
    let start = statement.byteCount
    statement.append(UInt8(ascii: "("))
    statement.append(idText)
    statement.append(UInt8(ascii: ","))
    statement.append(studentModuleID)
    for column in 2..<7 {
      statement.append(UInt8(ascii: ","))
      guard let bytes = row[column] else {
        statement.append("NULL")
        continue
      }
      // Doubles are quoted: -0 and 17 digits survive a string, but not a decimal literal. Small integers are the same either way,
      // and cost the server less as they are.
      if column >= 5, bytes.isSmallInteger { statement.append(bytes) } else { statement.append(quoted: bytes) }
    }
    statement.append(UInt8(ascii: ")"))
    let tupleByteCount = statement.byteCount - start
    if prefix.byteCount + tupleByteCount > packetLimit {
      tooLarge = (id, prefix.byteCount + tupleByteCount)
      return false
    }
    if !ids.isEmpty, statement.byteCount > min(packetLimit, Self.usualByteCount) {
      overflow.append(statement.bytes[start...])
      overflowID = id
      statement.truncate(to: before)
      return false
    }
    ids.append(id)
    rowEnds.append(statement.byteCount)
    return !isCut && statement.byteCount < Self.usualByteCount
  }
}

extension UnsafeRawBufferPointer {
  /// Whether these are one to nine decimal digits, without a sign.
  fileprivate var isSmallInteger: Bool {
    (1...9).contains(count) && allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
  }
}

extension UInt64 {
  /// Reads decimal digits.
  fileprivate init?(ascii bytes: UnsafeRawBufferPointer) {
    var value: UInt64 = 0
    for byte in bytes {
      guard byte >= 0x30, byte <= 0x39 else { return nil }
      let (product, overflowed) = value.multipliedReportingOverflow(by: 10)
      let (sum, carried) = product.addingReportingOverflow(UInt64(byte - 0x30))
      if overflowed || carried { return nil }
      value = sum
    }
    guard !bytes.isEmpty else { return nil }
    self = value
  }
}
