internal import MigrationBase
internal import MigrationJournal
package import MigrationProtocol
internal import StudentModuleHistory

/// What the journal and the two tables say of a migration: for `status` and `report`, and for an operator's files.
package struct MigrationReport: Sendable, Codable {
  /// The form of the document; it grows only by new members.
  package var formatVersion = 1
  package var csmhVersion: String
  package var identity: String
  package var phase: String
  package var provisionedAt: String
  /// Nil once everything is drained, if the table or its server is gone.
  package var original: Table?
  package var extended: Table
  /// Nil where the original table is gone.
  package var route: String?
  package var startingID: UInt64
  package var nextNativeID: UInt64
  package var upperBound: UInt64?
  package var copied: Copied
  package var openRanges: UInt64
  package var ranges: [String: UInt64]
  package var verifiedRanges: UInt64
  package var idsWithoutRange: UInt64

  /// Rows that the original table has above ``upperBound``, and rows of the extended table from the starting id on.
  package var originalRowsBeyond: UInt64?
  package var nativeRows: UInt64?
  package var problems: [Problem]

  /// What is wrong with the flags of the LMS configuration; `status` only, where they are known.
  package var flagWarnings: [String]?

  /// The fence that was taken last.
  package var fence: Fence?

  /// What was drained of the original table; nil as long as no row is gone.
  package var drained: Drained?

  /// Rows that were removed unasked, as learners' student modules were deleted; nil if there were none.
  package var deletedRows: UInt64?

  /// The way back, if one was begun.
  package var wayBack: WayBack?

  /// How the last comparison with the manifest ended.
  package var lastRecheck: Event?

  /// The rest is gathered for a complete report alone.
  package var manifest: Manifest?
  package var proofs: Proofs?
  package var runs: [Run]?
  package var pauses: [Pause]?
  package var repairs: [Event]?

  /// How many repairs there are in all; the newest 1,000 are listed.
  package var repairCount: UInt64?
  package var speed: Speed?

  package var events: [Event]
  package var nextSteps: [String]

  package struct Table: Sendable, Codable {
    package var location: String
    package var name: String
    package var generation: String
    package var estimatedRows: UInt64
    package var estimatedBytes: UInt64
    package var smallestID: UInt64?
    package var largestID: UInt64?

    /// The server with its version; a complete report only.
    package var server: String?
  }

  package struct Copied: Sendable, Codable {
    package var rows: UInt64
    package var bytes: UInt64
    package var adoptedRows: UInt64
    package var ranges: UInt64
    package var attempts: UInt64

    /// When the first range that stands was begun, and the last one copied or mended (UTC).
    package var firstAt: String?
    package var lastAt: String?

    /// How long copying took in between, without the ``MigrationReport/pauses``: with them, the time from the first to the last.
    package var seconds: Double?

    /// The rows by these seconds.
    package var rowsPerSecond: Double?

    /// How many rows all processes copied in the last minute, a second.
    package var recentRowsPerSecond: Double?

    /// The share of the ids up to the bound that is copied, from 0 to 1.
    package var shareCopied: Double

    /// An estimate of the rows that are left, and the seconds that they take at the recent rate; or why that is unknown.
    package var rowsLeft: UInt64
    package var etaSeconds: Double?
    package var etaUnknownBecause: String?

    /// The digest of all copied rows together.
    package var digest: String
  }

  package struct Problem: Sendable, Codable {
    package var lowerID: UInt64
    package var upperID: UInt64
    package var state: String
    package var reason: String
  }

  package struct Event: Sendable, Codable {
    package var at: String
    package var kind: String
    package var detail: String
  }

  package struct Fence: Sendable, Codable {
    /// The largest id of the original table, its next one, and when it was taken (UTC).
    package var id: UInt64
    package var nextID: UInt64
    package var takenAt: String

    /// Whether the original table has handed out no id since; nil where it is gone.
    package var holds: Bool?
  }

  package struct Drained: Sendable, Codable {
    package var rows: UInt64
    package var ranges: UInt64

    /// Of the rows that were copied, from 0 to 1.
    package var share: Double

    /// How many of ``ranges`` are being drained: some of their rows may still stand in the original table.
    package var rangesInHand: UInt64

    /// When the last range was drained (UTC).
    package var lastAt: String?
  }

  package struct Manifest: Sendable, Codable {
    /// The SHA-256 over the manifest's lines, one for each range.
    package var sha256: String
    package var ranges: UInt64

    /// The shell command that prints the same.
    package var command: String
  }

  /// The events that something was proven by, the oldest first; at most 1,000 of each.
  package struct Proofs: Sendable, Codable {
    package var verifications: [Event]
    package var rechecks: [Event]
    /// The fence, the flags that supervision saw, the draining, and the way back.
    package var milestones: [Event]
  }

  package struct Run: Sendable, Codable {
    package var startedAt: String
    /// Nil for one that was killed, or still goes on.
    package var endedAt: String?
    /// `finished`, `interrupted`, `stoppedByProblems`.
    package var end: String?
    package var holder: String
    package var detail: String
  }

  package struct Pause: Sendable, Codable {
    package var from: String
    package var to: String
    package var seconds: Double
    package var reason: String
  }

  /// How fast it went, in equal spans of the time of copying; pauses are cut out.
  package struct Speed: Sendable, Codable {
    package struct Point: Sendable, Codable {
      /// The beginning of the span.
      package var seconds: Double
      package var rows: Double
      package var rowsPerSecond: Double
      /// How long the ranges took that ended in it.
      package var meanRangeSeconds: Double?
      package var longestRangeSeconds: Double?
    }

    /// The length of a span, and of all together.
    package var spanSeconds: Double
    package var totalSeconds: Double
    package var points: [Point]

    /// Where in the time of copying a pause was cut out.
    package var cutsAt: [Double]
  }

  /// Whether everything up to the bound is copied and was compared.
  package var isVerified: Bool { Phase(rawValue: phase)?.isVerified ?? false }
}

extension MigrationReport.Copied {
  /// `2 h 5 min of copying, without 3 pauses`; nil if the time is not known.
  package func timeSentence(pauses: [MigrationReport.Pause]) -> String? {
    guard let seconds else { return nil }
    let time = "\(Format.duration(.seconds(seconds))) of copying"
    return pauses.isEmpty ? time : time + ", without \(pauses.count) pause\(pauses.count == 1 ? "" : "s")"
  }
}
