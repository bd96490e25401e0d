/// Where a comparison of everything begins: anew, or where an interrupted one stopped. Decided without I/O.
package enum VerificationBeginning: Sendable, Hashable {
  /// Every range is compared.
  case anew(because: Reason?)
  /// Only ranges that were not compared since this time are, in the extended database's UTC.
  case goingOn(since: String)

  /// Why an interrupted comparison is not gone on with.
  package enum Reason: String, Sendable, Hashable {
    /// What was compared before the fence proves nothing behind it.
    case fenced = "the fence was taken after it began"
    /// Tables change: a verdict is to speak of one day.
    case tooOld = "it began a day or more ago"
    case askedFor = "--anew was given"
  }

  /// A comparison of everything that did not come to its end.
  package struct Unfinished: Sendable, Hashable {
    /// When it began, in the extended database's UTC.
    package var beganAt: String

    /// How many seconds ago that was.
    package var seconds: Double

    package init(beganAt: String, seconds: Double) {
      self.beganAt = beganAt
      self.seconds = seconds
    }
  }

  /// For how long an interrupted comparison can be gone on with, in seconds: less than a day.
  package static let patience = 86_400.0

  /// - Parameters:
  ///   - unfinished: the comparison of everything that was begun last, if it did not come to its end.
  ///   - fencedAt: when the present fence was taken; nil without one.
  ///   - isAskedAnew: whether everything is to be compared again, whatever was done.
  package init(_ unfinished: Unfinished?, fencedAt: String?, isAskedAnew: Bool) {
    guard let unfinished else {
      self = .anew(because: nil)
      return
    }
    if isAskedAnew {
      self = .anew(because: .askedFor)
    } else if let fencedAt, unfinished.beganAt < fencedAt {
      self = .anew(because: .fenced)
    } else if !(0..<Self.patience).contains(unfinished.seconds) {
      // A clock that was set back is no measure either.
      self = .anew(because: .tooOld)
    } else {
      self = .goingOn(since: unfinished.beganAt)
    }
  }
}
