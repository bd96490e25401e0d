package import StudentModuleHistory

/// What a row of the extended table is.
enum RowStanding: Sendable, Hashable {
  /// Equal to the original row with the same id.
  case copy
  /// Written by the LMS itself.
  case native
  /// Not equal to the original row with the same id, but of the same student module and time: a copy of an older script whose original
  /// was changed since.
  case outdated
  /// In a range that was copied, and not equal to the original: catch-up mends it.
  case mendable
  /// In a range that was copied, not equal to the original, and come after the copy: written by the LMS under an id that a server has handed out
  /// twice.
  case reused

  /// - Parameters:
  ///   - cameLater: of a row in a range that was copied once, whether it is no copy; nil for all others.
  ///   - hasSameIdentity: whether there is an original row with the same id, student module and time; of a row that is not equal.
  init(isEqual: Bool, cameLater: Bool?, hasSameIdentity: Bool) {
    if isEqual {
      self = .copy
    } else if let cameLater {
      self = cameLater ? .reused : .mendable
    } else {
      self = hasSameIdentity ? .outdated : .native
    }
  }
}

/// Rows of the extended table among the original ids, by what they are.
package struct RowSurvey: Sendable, Hashable {
  /// Rows that the LMS wrote: how many, and their ids.
  package var nativeCount: UInt64 = 0
  package var nativeIDs: IDRange?

  /// The digest of these rows, as it will be after they were moved.
  package var nativeDigest = RangeDigest.empty

  /// Copies of an older script whose originals were changed since; they stay. The first ``listedCount``.
  package var outdated: [UInt64] = []

  /// Rows that the LMS wrote into a range that was copied, under an id that was handed out twice; they stay. The first ``listedCount``.
  package var reused: [UInt64] = []

  /// How many ids are named at most.
  package static let listedCount = 1_000

  mutating func addNative(_ id: UInt64, _ movedHash: RowHash) {
    nativeCount += 1
    nativeDigest.add(movedHash)
    nativeIDs = IDRange(min(id, nativeIDs?.lower ?? id), max(id, nativeIDs?.upper ?? id))
  }

  mutating func add(_ id: UInt64, _ standing: RowStanding) {
    if standing == .outdated, outdated.count < Self.listedCount { outdated.append(id) }
    if standing == .reused, reused.count < Self.listedCount { reused.append(id) }
  }
}
