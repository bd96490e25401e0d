/// How much room the original table is to have below the starting id: in ids, or in time.
package enum Runway: Sendable, Hashable {
  case ids(UInt64)
  case seconds(Double)

  /// Measured rates are of the past: a time is turned into this many times the ids that it took at the highest of them.
  package static let safetyFactor = 2.0

  /// Reads `500000`, `90m`, `12h`, `30d` or `2w`; nil for anything else.
  package init?(_ text: String) {
    if let ids = UInt64(text) {
      self = .ids(ids)
      return
    }
    let units: [Character: Double] = ["m": 60, "h": 3_600, "d": 86_400, "w": 7 * 86_400]
    guard let last = text.last, let unit = units[last], let number = UInt32(text.dropLast()), number > 0 else {
      return nil
    }
    self = .seconds(Double(number) * unit)
  }

  /// The runway in ids.
  ///
  /// - Parameter idsPerSecond: the highest rate at which the original table has handed out ids, or nil if it cannot be told.
  /// - Returns: nil if a time cannot be turned into ids without a rate.
  package func idCount(idsPerSecond: Double?) -> UInt64? {
    switch self {
    case .ids(let count): return count
    case .seconds(let seconds):
      guard let idsPerSecond, idsPerSecond > 0 else { return nil }
      let count = (seconds * idsPerSecond * Self.safetyFactor).rounded(.up)
      return count < 4e18 ? max(1, UInt64(count)) : 1 << 62
    }
  }
}
