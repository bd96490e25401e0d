package import MigrationJournal
package import StudentModuleHistory

/// What the flags ask of the migration. Decided without I/O.
package enum SupervisionDuty: Sendable, Hashable {
  /// Provision, copy, compare; and again for what the LMS writes to the original table meanwhile.
  case migrate

  /// Go back over the original table for what was written to it since it was copied, and compare everything.
  case passBack

  /// Nothing to do until something changes.
  case rest(Rest)

  /// Why there is nothing to do.
  package enum Rest: Sendable, Hashable {
    /// Both flags are off, and no migration was begun.
    case notBegun
    /// Both flags are off, and a migration was begun.
    case paused(Phase)
    /// Everything is copied and compared; readers take both tables.
    case migrated
    /// The pass back ended well; readers take the extended table.
    case switched
  }

  /// What the journal knows.
  package struct Knowledge: Sendable, Hashable {
    package var phase: Phase

    /// Whether the original table has rows above what the migration covers.
    package var hasRowsBeyond: Bool

    /// Whether everything up to the bound was compared equal behind the fence.
    package var isProven: Bool

    /// Whether a fence was taken, and nobody has written to the original table since.
    package var isFenced: Bool

    /// Whether a pass back ended well since the flags were last changed.
    package var isPassedBack: Bool

    package init(phase: Phase, hasRowsBeyond: Bool, isProven: Bool, isFenced: Bool, isPassedBack: Bool) {
      self.isProven = isProven
      self.phase = phase
      self.hasRowsBeyond = hasRowsBeyond
      self.isFenced = isFenced
      self.isPassedBack = isPassedBack
    }
  }

  /// - Parameter knowledge: nil where no migration was provisioned.
  package init(_ flags: HistoryFlags, _ knowledge: Knowledge?) {
    let isComplete = knowledge.map { $0.phase.isVerified && !$0.hasRowsBeyond && $0.isFenced && $0.isProven } ?? false
    switch (flags.extendedEnabled, flags.readOnlyFromExtended) {
    case (false, _):
      if let phase = knowledge?.phase, phase != .provisioned {
        self = .rest(.paused(phase))
      } else {
        self = .rest(.notBegun)
      }
    case (true, false): self = isComplete ? .rest(.migrated) : .migrate
    case (true, true): self = isComplete && knowledge?.isPassedBack == true ? .rest(.switched) : .passBack
    }
  }
}

extension SupervisionDuty.Rest {
  /// The state in a sentence.
  package var sentence: String {
    switch self {
    case .notBegun:
      "waiting: ENABLE_CSMH_EXTENDED is off. Turning it on starts the migration"
    case .paused(let phase):
      "paused: ENABLE_CSMH_EXTENDED is off, so records are written to the original table and read from there alone. Nothing is"
        + " copied until it is on again; what is copied stays (phase \(phase.rawValue))"
    case .migrated:
      "migrated: all original rows stand in the extended table and compared equal. Readers take both tables until"
        + " READ_ONLY_FROM_CSMHE is on, which starts the pass back"
    case .switched:
      "done: the pass back ended with a verified verdict, and readers take the extended table alone"
    }
  }
}
