/// What a sample without a difference says of all ranges: an exact bound, from the hypergeometric distribution.
///
/// If `k` of `N` ranges differed, a random sample of `n` would miss all of them with the probability C(N - k, n) / C(N, n). The bound is
/// the smallest `k` for which that is at most one less the confidence: so many differing ranges would hardly have been missed, hence
/// there are fewer.
package struct SampleConfidence: Sendable, Hashable {
  /// How many ranges there are, and how many of them were compared.
  package let rangeCount: UInt64
  package let sampleCount: UInt64

  /// The probability with which such a statement is true, from 0 to 1.
  package let confidence: Double

  /// Fewer ranges than this differ, with ``confidence``. At most ``rangeCount`` and one.
  package let fewerThan: UInt64

  /// - Parameters:
  ///   - sampleCount: how many ranges were compared and found equal; at most `rangeCount`.
  ///   - confidence: above 0 and below 1. Default: 0.95.
  package init(rangeCount: UInt64, sampleCount: UInt64, confidence: Double = 0.95) {
    precondition(sampleCount <= rangeCount && confidence > 0 && confidence < 1)
    self.rangeCount = rangeCount
    self.sampleCount = sampleCount
    self.confidence = confidence
    // C(N - k, n) / C(N, n) as a product of k factors: (N - n - j) / (N - j) for j from 0 to k - 1.
    var missing = 1.0
    var differing: UInt64 = 0
    while differing <= rangeCount, missing > 1 - confidence {
      let left = rangeCount - differing
      missing = left > sampleCount ? missing * (Double(left - sampleCount) / Double(left)) : 0
      differing += 1
    }
    fewerThan = differing
  }

  /// The statement.
  package var sentence: String {
    guard sampleCount < rangeCount else { return "the sample was all \(rangeCount) ranges, and none of them differs" }
    let percent = (confidence * 1_000).rounded() / 10
    let number = percent == percent.rounded() ? String(Int(percent)) : String(percent)
    return "with \(number) % confidence "
      + (fewerThan == 1 ? "none" : "fewer than \(fewerThan)") + " of the \(rangeCount) ranges differ"
      + (fewerThan == 1 ? "s" : "")
  }
}
