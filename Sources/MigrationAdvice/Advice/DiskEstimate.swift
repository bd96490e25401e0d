internal import HistoryStores
internal import StudentModuleHistory

/// The room that a copy needs, in bytes, on the extended database's server.
package struct DiskEstimate: Sendable, Hashable, Encodable {
  /// Rows and three indexes of the extended table, without what is copied already.
  package let tableBytes: EstimateRange

  /// What the server's binary log grows by; zero where there is none. It is given back when the server purges it.
  package let binaryLogBytes: EstimateRange

  package let journalBytes: EstimateRange
  package let totalBytes: EstimateRange

  /// What the original database's server needs beside that: nothing, as reading and share locks write no rows and keep no old
  /// versions for longer than a range.
  package let sourceBytes: UInt64

  /// The room that is there, or nil if the server does not tell.
  package let freeBytes: UInt64?

  /// Whether the room is enough even if the highest estimate is true; nil if it is not known.
  package var isEnough: Bool? { freeBytes.map { Double($0) >= totalBytes.high } }

  init(_ measurements: InstallationMeasurements) {
    let original = measurements.original
    let rows = Double(measurements.rowsLeft)
    let bytes = rows * (original.bytesPerRow ?? 0)
    // Four bytes more in the row and in each of the entries of three indexes; and four more in the row and one index for the
    // student module's id. A table of 64-bit ids has the former already.
    let widening = rows * (original.largestPossibleID <= UInt64(UInt32.max) ? 24 : 8)
    // An old table has half-empty pages, which a copy does not; the indexes of a new one, filled out of order, do.
    tableBytes = EstimateRange(bytes * 0.8 + widening, bytes * 1.3 + widening)
    // Rows without indexes; and on MariaDB, between servers, the text of the statements again, unless the user has BINLOG ADMIN.
    let hasTexts = measurements.extendedServer.server.hasPrefix("MariaDB") && measurements.route == .betweenServers
    binaryLogBytes =
      measurements.extendedServer.hasBinaryLog ? EstimateRange(bytes * 0.6, bytes * (hasTexts ? 2 : 1)) : .zero
    journalBytes = Self.journal(rows)
    totalBytes = tableBytes + binaryLogBytes + journalBytes
    (sourceBytes, freeBytes) = (0, measurements.extendedServer.freeBytes)
  }

  /// A range has 1,000 to 50,000 rows, and half a kilobyte in the journal with its indexes.
  private static func journal(_ rows: Double) -> EstimateRange {
    let smallest = rows == 0 ? 0.0 : 100_000
    return EstimateRange(smallest + rows / 50_000 * 500, smallest + rows / 1_000 * 500)
  }
}
