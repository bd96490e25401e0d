/// How fast the LMS has written to the original table, over a stretch of the past that ends now.
///
/// The age of a row is told by its `created`, which Open edX writes in UTC and about in the order of the ids.
package struct WriteRate: Sendable, Hashable, Encodable {
  /// The stretches that are looked at.
  package enum Period: String, Sendable, Hashable, Encodable {
    case lastThousandRows = "last 1,000 rows"
    case lastWeek = "last 7 days"
    case lastMonth = "last 30 days"

    /// How far back it reaches; nil if rows are counted instead.
    package var seconds: Double? {
      switch self {
      case .lastThousandRows: nil
      case .lastWeek: 7 * 86_400
      case .lastMonth: 30 * 86_400
      }
    }
  }

  package let period: Period

  /// How long it really was: less than the period asks for if the table is younger.
  package let seconds: Double

  /// How many ids the table handed out in it, those of rows that are gone included.
  package let ids: UInt64

  /// How many rows are left of them: an estimate above 10,000 rows.
  package let rows: UInt64

  package let idsPerSecond: Double
  package let rowsPerSecond: Double

  /// - Parameter seconds: above 0.
  package init(period: Period, seconds: Double, ids: UInt64, rows: UInt64) {
    self.period = period
    self.seconds = seconds
    self.ids = ids
    self.rows = rows
    idsPerSecond = Double(ids) / seconds
    rowsPerSecond = Double(rows) / seconds
  }
}
