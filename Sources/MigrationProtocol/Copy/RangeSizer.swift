/// Decides how many rows the next range asks for, from what the previous ones cost.
///
/// A range should take about ``targetDuration`` and hold about ``targetByteCount`` bytes: short enough that locks are released
/// soon and little is repeated after a failure, long enough that commits do not matter.
///
/// Where most ids are in use, the ids of the next range follow from its rows, and the table is not asked where it ends. No I/O;
/// tested as a script.
package struct RangeSizer: Sendable, Hashable {
  /// How long the rows of a range should stay locked. Default: half a second.
  package var targetDuration: Duration

  /// How many bytes a transaction should hold. Default: 16 MiB.
  package var targetByteCount: Int

  /// The most rows of a range. Default: 50,000.
  package var maximumRowCount: Int

  /// How many rows the next range asks for. Begins with 1,000, or with the most rows where these are fewer.
  package private(set) var rowCount: Int

  /// How many bytes a transaction may have, since one with twice as many was refused; nil where none was.
  private var byteCeiling: Int?

  /// The share of the ids of the last range that rows had; nil before the first.
  private var density: Double?

  /// How many ids hold about ``rowCount`` rows and never more than twice as many; nil if too few ids are in use to tell.
  package var idCount: UInt64? {
    guard let density, density >= 0.5 else { return nil }
    return UInt64(Double(rowCount) / density)
  }

  package init(
    targetDuration: Duration = .milliseconds(500), targetByteCount: Int = 16 << 20, maximumRowCount: Int = 50_000
  ) {
    self.targetDuration = targetDuration
    self.targetByteCount = targetByteCount
    self.maximumRowCount = maximumRowCount
    rowCount = max(1, min(1_000, maximumRowCount))
  }

  /// Lets no range have more rows than that.
  mutating func limit(to count: Int) {
    maximumRowCount = max(1, min(maximumRowCount, count))
    rowCount = min(rowCount, maximumRowCount)
  }

  /// The largest size of a range in bytes; one that grows beyond it is cut.
  package var byteLimit: Int { min(4 * targetByteCount, byteCeiling ?? .max) }

  /// Takes what a range cost. The size at most becomes four times as large and at worst falls to a quarter, so that one odd range does
  /// not decide.
  package mutating func measured(rowCount measured: UInt64, idCount: UInt64, byteCount: UInt64, duration: Duration) {
    density = Double(measured) / Double(max(idCount, 1))
    guard measured > 0 else { return }
    let seconds = max(duration / .seconds(1), 0.000_1)
    let byTime = Double(measured) * (targetDuration / .seconds(1)) / seconds
    let byBytes = Double(measured) * Double(min(targetByteCount, byteLimit)) / Double(max(byteCount, 1))
    let wanted = min(byTime, byBytes, Double(maximumRowCount))
    rowCount = max(1, min(Int(wanted), rowCount * 4, maximumRowCount), min(rowCount / 4, maximumRowCount))
  }

  /// A transaction with that many bytes is more than the server takes: half as many from here on, however fast it goes.
  package mutating func refused(byteCount: Int) {
    byteCeiling = max(1, min(byteCount, byteLimit) / 2)
    backOff()
  }

  /// Rows are more than a transaction may have, and nothing is known of their bytes: never as many again.
  package mutating func refused(rowCount: Int) {
    maximumRowCount = max(1, min(rowCount, maximumRowCount) / 2)
    self.rowCount = min(self.rowCount, maximumRowCount)
  }

  /// A transaction failed because of others: ask for less, to hold fewer locks for a shorter time.
  package mutating func backOff() {
    rowCount = max(1, rowCount / 2)
  }
}
