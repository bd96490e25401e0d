/// What a rule found, from the best to the worst.
package enum CheckVerdict: String, Sendable, Hashable, CaseIterable, Comparable, Encodable {
  case pass
  /// It could not be looked at, or makes no sense here. Never a pass: what a privilege hides may be wrong.
  case skipped
  /// It may go on, and the operator should know.
  case warn
  /// It must be mended first.
  case fail

  package static func < (left: CheckVerdict, right: CheckVerdict) -> Bool {
    allCases.firstIndex(of: left)! < allCases.firstIndex(of: right)!
  }
}
