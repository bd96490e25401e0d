internal import MigrationJournal
package import StudentModuleHistory

/// What has likely made a row differ. A guess from what the tables and the journal still show, not a proof. No time enters it: the clocks of
/// the LMS and of the servers may differ by days.
package enum DifferenceCause: String, Sendable, Hashable, CaseIterable {
  /// The row came into the original table after its range was copied.
  case lateCommit = "late commit"
  /// The original was changed after it was copied.
  case updateAfterCopy = "update after copy"
  /// The original was deleted after it was copied.
  case deletedOriginal = "deleted original"
  /// The copy was deleted from the extended table.
  case removedCopy = "removed from the extended table"
  /// The copy was changed in the extended table.
  case changedCopy = "changed in the extended table"
  /// Two rows that have nothing to do with each other have the same id: the one in the extended table is native.
  case collision
  /// Only the extended table has the row, and it came after its range was copied: a native row with a low id.
  case lowNativeRow = "native row with a low id"
  /// A character set that could not hold the text.
  case characterSet = "character set"
  /// `created` has lost digits of its fraction.
  case fractionLost = "fraction of a second lost"
  /// A grade was printed with too few digits, or has lost the sign of its zero.
  case numberRounded = "number rounded"
  case unknown
}

extension DifferenceCause {
  /// The cause in words.
  ///
  /// - Parameter target: the table that rows are copied to: the extended one, but for the way back.
  package func name(copyingTo target: HistorySide) -> String {
    guard target == .original else { return rawValue }
    return switch self {
    case .deletedOriginal: "deleted from the extended table"
    case .removedCopy: "removed from the original table"
    case .changedCopy: "changed in the original table"
    case .lowNativeRow: "written to the original table"
    default: rawValue
    }
  }

  /// What is known of the range in which a row differs.
  package struct Evidence: Sendable, Hashable {
    /// The digest of the original rows when the range was copied, if the journal has it.
    package var copied: RangeDigest?

    /// The two sides as they are now.
    package var original: RangeDigest
    package var extended: RangeDigest

    /// The smallest id that a native row may have.
    package var startingID: UInt64

    /// What the journal's digest says of each row, if it does.
    package var changedSides: ChangedSides?

    package init(
      copied: RangeDigest?, original: RangeDigest, extended: RangeDigest, startingID: UInt64,
      changedSides: ChangedSides? = nil
    ) {
      self.changedSides = changedSides
      self.copied = copied
      self.original = original
      self.extended = extended
      self.startingID = startingID
    }

    /// The side on which a row has changed since its range was copied. Where only one side of the range is as it was then, it is the
    /// other one.
    fileprivate func changedSide(of id: UInt64) -> HistorySide? {
      if let side = changedSides?[id] { return side }
      guard let copied else { return nil }
      return switch (original == copied, extended == copied) {
      case (true, false): .extended
      case (false, true): .original
      default: nil
      }
    }
  }

  /// Guesses.
  ///
  /// - Parameters:
  ///   - id: of the row.
  ///   - original: the row of the original table; nil if there is none or it could not be read.
  ///   - extended: the same of the extended table.
  package init(
    _ kind: RangeDifference.Kind, id: UInt64, original: HistoryRecord?, extended: HistoryRecord?, _ evidence: Evidence
  ) {
    self =
      switch kind {
      case .missing: Self.ofMissing(id, evidence)
      case .stranger: Self.ofStranger(id, evidence)
      case .differs: Self.ofDiffering(original, extended, evidence)
      }
  }

  private static func ofMissing(
    _ id: UInt64, _ evidence: Evidence
  ) -> DifferenceCause {
    switch evidence.changedSide(of: id) {
    case .original: return .lateCommit
    case .extended: return .removedCopy
    case nil: break
    }
    guard let copied = evidence.copied?.rowCount else { return .unknown }
    let (wasAdded, wasRemoved) = (evidence.original.rowCount > copied, evidence.extended.rowCount < copied)
    return wasAdded == wasRemoved ? .unknown : wasAdded ? .lateCommit : .removedCopy
  }

  private static func ofStranger(
    _ id: UInt64, _ evidence: Evidence
  ) -> DifferenceCause {
    if id >= evidence.startingID { return .lowNativeRow }
    switch evidence.changedSide(of: id) {
    case .original: return .deletedOriginal
    case .extended: return .lowNativeRow
    case nil: break
    }
    guard let copied = evidence.copied?.rowCount else { return .unknown }
    let (wasDeleted, wasAdded) = (evidence.original.rowCount < copied, evidence.extended.rowCount > copied)
    return wasDeleted == wasAdded ? .unknown : wasDeleted ? .deletedOriginal : .lowNativeRow
  }

  private static func ofDiffering(
    _ original: HistoryRecord?, _ extended: HistoryRecord?, _ evidence: Evidence
  ) -> DifferenceCause {
    guard let original, let extended else { return .unknown }
    // A save may change all of a row but the student module that it belongs to.
    if original.studentModuleID != extended.studentModuleID { return .collision }
    if let loss = loss(from: original, to: extended) { return loss }
    switch evidence.changedSide(of: original.id) {
    case .original: return .updateAfterCopy
    case .extended: return .changedCopy
    case nil: return .unknown
    }
  }

  /// What explains every difference between two records as something that a conversion has lost.
  private static func loss(from original: HistoryRecord, to extended: HistoryRecord) -> DifferenceCause? {
    var losses: [DifferenceCause] = []
    for column in original.differingColumns(from: extended) {
      let loss: DifferenceCause? =
        switch column {
        case "version": lost(original.version, extended.version)
        case "state": lost(original.state, extended.state)
        case "created": isCut(original.created, extended.created) ? .fractionLost : nil
        case "grade": isRounded(original.grade, extended.grade) ? .numberRounded : nil
        case "max_grade": isRounded(original.maxGrade, extended.maxGrade) ? .numberRounded : nil
        default: nil
        }
      guard let loss else { return nil }
      losses.append(loss)
    }
    // What is lost of a text weighs more than digits.
    return losses.contains(.characterSet) ? .characterSet : losses.first
  }

  private static func lost(_ original: String?, _ extended: String?) -> DifferenceCause? {
    guard let original, let extended, CharacterLoss.explains(original, becoming: extended) else { return nil }
    return .characterSet
  }

  /// Whether one time is the other one, cut off or rounded to fewer digits of its fraction.
  private static func isCut(_ original: HistoryTimestamp, _ extended: HistoryTimestamp) -> Bool {
    let zeros = min(6, extended.text.reversed().prefix { $0 == "0" || $0 == "." }.count { $0 == "0" })
    guard zeros > 0, original.text.prefix(16) == extended.text.prefix(16),
      let left = microseconds(original), let right = microseconds(extended)
    else { return false }
    return abs(left - right) < (0..<zeros).reduce(1) { unit, _ in unit * 10 }
  }

  /// Of the minute.
  private static func microseconds(_ time: HistoryTimestamp) -> Int? {
    Int(time.text.suffix(9).filter { $0 != "." })
  }

  private static func isRounded(_ original: Double?, _ extended: Double?) -> Bool {
    guard let original, let extended else { return false }
    return abs(original - extended) <= 1e-14 * max(abs(original), abs(extended))
  }
}
