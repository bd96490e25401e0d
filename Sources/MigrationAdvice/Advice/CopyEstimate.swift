/// How long copying and comparing take.
package struct CopyEstimate: Sendable, Hashable, Encodable {
  /// The rows that are still to be copied.
  package let rows: UInt64

  package let rowsPerSecond: EstimateRange
  package let copySeconds: EstimateRange

  /// Comparing reads all rows of both sides, however many were copied before.
  package let verifySeconds: EstimateRange

  package var seconds: EstimateRange { copySeconds + verifySeconds }

  /// Rows a second with all indexes kept, of 0.9 kB a row: from a slow server with other work to what two idle cores reach.
  package static let usualRowsPerSecond = EstimateRange(20_000, 60_000)

  /// The same for comparing, both sides at the same time.
  package static let usualVerifiedRowsPerSecond = EstimateRange(100_000, 300_000)

  /// What such a row takes with its indexes. Larger rows are copied more slowly, in proportion.
  package static let usualBytesPerRow = 1_300.0

  /// - Parameter rowsPerSecond: a measured rate of copying, in place of the usual one.
  init(_ measurements: InstallationMeasurements, rowsPerSecond measured: Double?) {
    rows = measurements.rowsLeft
    let slowness = max(1, (measurements.original.bytesPerRow ?? 0) / Self.usualBytesPerRow)
    let usual = Self.usualRowsPerSecond
    rowsPerSecond =
      measured.map { EstimateRange($0, $0) } ?? EstimateRange(usual.low / slowness, usual.high / slowness)
    copySeconds = Self.seconds(rows, rowsPerSecond)
    let comparing = Self.usualVerifiedRowsPerSecond
    verifySeconds = Self.seconds(
      measurements.original.rows, EstimateRange(comparing.low / slowness, comparing.high / slowness))
  }

  private static func seconds(_ rows: UInt64, _ rate: EstimateRange) -> EstimateRange {
    EstimateRange(Double(rows) / rate.high, Double(rows) / rate.low)
  }
}
