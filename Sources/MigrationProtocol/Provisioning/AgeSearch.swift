package import StudentModuleHistory

/// Finds the id from which on rows are younger than an age, by looking at a few rows in some thirty places.
///
/// `created` has no order that the primary key guarantees: a row whose transaction took long stands among younger ones. So the
/// middle one of some neighbours decides. Without I/O: whoever uses it looks the rows up.
package struct AgeSearch: Sendable {
  /// A row on the way: its age is nil if its `created` is no date.
  package typealias Row = (id: UInt64, ageSeconds: Double?)

  /// How many neighbours are looked at in one place.
  package static let rowsPerProbe = 5

  private let ageSeconds: Double
  private let largestID: UInt64

  /// Rows below `lower` are older, rows from `upper` on are younger.
  private var lower: UInt64
  private var upper: UInt64

  /// - Parameter ids: the smallest and the largest id of the table.
  package init(ids: IDRange, ageSeconds: Double) {
    self.ageSeconds = ageSeconds
    largestID = ids.upper
    lower = ids.lower
    upper = ids.upper == .max ? .max : ids.upper + 1
  }

  /// How many ids belong to rows that are younger than the age, as far as is known.
  package var youngerIDCount: UInt64 { largestID >= upper ? largestID - upper + 1 : 0 }

  /// The smallest id of the rows that are younger.
  package var firstYoungerID: UInt64 { upper }

  /// The id from which on ``rowsPerProbe`` rows are to be looked at, or nil if the place is found: within half a percent of the
  /// ids that are younger.
  package var nextProbe: UInt64? {
    let gap = upper - lower
    return gap > 0 && gap > youngerIDCount / 200 ? lower + gap / 2 : nil
  }

  /// Takes the rows from ``nextProbe`` on, by ascending ids; none if there are none.
  package mutating func found(_ rows: [Row]) {
    guard let probe = nextProbe else { return }
    let dated = rows.filter { $0.id < upper && $0.ageSeconds != nil }
      .sorted { ($0.ageSeconds ?? 0) < ($1.ageSeconds ?? 0) }
    guard !dated.isEmpty, let age = dated[dated.count / 2].ageSeconds, age > ageSeconds else {
      upper = probe
      return
    }
    lower = min(upper, (dated.map(\.id).min() ?? probe) + 1)
  }
}
