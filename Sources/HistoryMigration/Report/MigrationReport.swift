internal import StudentModuleHistory

/// What the journal and the two tables say of a migration: for `status` and `report`, and for an operator's files.
public struct MigrationReport: Sendable, Codable {
  /// The form of the document; it grows only by new members.
  public var formatVersion = 1
  public var csmhVersion: String
  public var identity: String
  public var phase: String
  public var provisionedAt: String
  /// Nil once everything is drained, if the table or its server is gone.
  public var original: Table?
  public var extended: Table
  /// Nil where the original table is gone.
  public var route: String?
  public var startingID: UInt64
  public var nextNativeID: UInt64
  public var upperBound: UInt64?
  public var copied: Copied
  public var openRanges: UInt64
  public var ranges: [String: UInt64]
  public var verifiedRanges: UInt64
  public var idsWithoutRange: UInt64

  /// Rows that the original table has above ``upperBound``, and rows of the extended table from the starting id on.
  public var originalRowsBeyond: UInt64?
  public var nativeRows: UInt64?
  public var problems: [Problem]

  /// What is wrong with the flags of the LMS configuration; `status` only, where they are known.
  public var flagWarnings: [String]?

  /// The fence that was taken last.
  public var fence: Fence?

  /// What was drained of the original table; nil as long as no row is gone.
  public var drained: Drained?

  /// The way back, if one was begun.
  public var wayBack: WayBack?

  /// How the last comparison with the manifest ended.
  public var lastRecheck: Event?

  /// The rest is gathered for a complete report alone.
  public var manifest: Manifest?
  public var proofs: Proofs?
  public var runs: [Run]?
  public var pauses: [Pause]?
  public var repairs: [Event]?

  /// How many repairs there are in all; the newest 1,000 are listed.
  public var repairCount: UInt64?
  public var speed: Speed?

  public var events: [Event]
  public var nextSteps: [String]

  public struct Table: Sendable, Codable {
    public var location: String
    public var name: String
    public var generation: String
    public var estimatedRows: UInt64
    public var estimatedBytes: UInt64
    public var smallestID: UInt64?
    public var largestID: UInt64?

    /// The server with its version; a complete report only.
    public var server: String?
  }

  public struct Copied: Sendable, Codable {
    public var rows: UInt64
    public var bytes: UInt64
    public var adoptedRows: UInt64
    public var ranges: UInt64
    public var attempts: UInt64

    /// When the first range that stands was begun, and the last one copied or mended (UTC).
    public var firstAt: String?
    public var lastAt: String?

    /// How long copying took in between, without the ``MigrationReport/pauses``: with them, the time from the first to the last.
    public var seconds: Double?

    /// The rows by these seconds.
    public var rowsPerSecond: Double?

    /// How many rows all processes copied in the last minute, a second.
    public var recentRowsPerSecond: Double?

    /// The share of the ids up to the bound that is copied, from 0 to 1.
    public var shareCopied: Double

    /// An estimate of the rows that are left, and the seconds that they take at the recent rate; or why that is unknown.
    public var rowsLeft: UInt64
    public var etaSeconds: Double?
    public var etaUnknownBecause: String?

    /// The digest of all copied rows together.
    public var digest: String
  }

  public struct Problem: Sendable, Codable {
    public var lowerID: UInt64
    public var upperID: UInt64
    public var state: String
    public var reason: String
  }

  public struct Event: Sendable, Codable {
    public var at: String
    public var kind: String
    public var detail: String
  }

  public struct Fence: Sendable, Codable {
    /// The largest id of the original table, its next one, and when it was taken (UTC).
    public var id: UInt64
    public var nextID: UInt64
    public var takenAt: String

    /// Whether the original table has handed out no id since; nil where it is gone.
    public var holds: Bool?
  }

  public struct Drained: Sendable, Codable {
    public var rows: UInt64
    public var ranges: UInt64

    /// Of the rows that were copied, from 0 to 1.
    public var share: Double

    /// How many of ``ranges`` are being drained: some of their rows may still stand in the original table.
    public var rangesInHand: UInt64

    /// When the last range was drained (UTC).
    public var lastAt: String?
  }

  public struct Manifest: Sendable, Codable {
    /// The SHA-256 over the manifest's lines, one for each range.
    public var sha256: String
    public var ranges: UInt64

    /// The shell command that prints the same.
    public var command: String
  }

  /// The events that something was proven by, the oldest first; at most 1,000 of each.
  public struct Proofs: Sendable, Codable {
    public var verifications: [Event]
    public var rechecks: [Event]
    /// The fence, the flags that supervision saw, the draining, and the way back.
    public var milestones: [Event]
  }

  public struct Run: Sendable, Codable {
    public var startedAt: String
    /// Nil for one that was killed, or still goes on.
    public var endedAt: String?
    /// `finished`, `interrupted`, `stoppedByProblems`.
    public var end: String?
    public var holder: String
    public var detail: String
  }

  public struct Pause: Sendable, Codable {
    public var from: String
    public var to: String
    public var seconds: Double
    public var reason: String
  }

  /// How fast it went, in equal spans of the time of copying; pauses are cut out.
  public struct Speed: Sendable, Codable {
    public struct Point: Sendable, Codable {
      /// The beginning of the span.
      public var seconds: Double
      public var rows: Double
      public var rowsPerSecond: Double
      /// How long the ranges took that ended in it.
      public var meanRangeSeconds: Double?
      public var longestRangeSeconds: Double?
    }

    /// The length of a span, and of all together.
    public var spanSeconds: Double
    public var totalSeconds: Double
    public var points: [Point]

    /// Where in the time of copying a pause was cut out.
    public var cutsAt: [Double]
  }

  /// Whether everything up to the bound is copied and was compared.
  public var isVerified: Bool { Phase(rawValue: phase)?.isVerified ?? false }
}

extension MigrationReport.Copied {
  /// `2 h 5 min of copying, without 3 pauses`; nil if the time is not known.
  public func timeSentence(pauses: [MigrationReport.Pause]) -> String? {
    guard let seconds else { return nil }
    let time = "\(Format.duration(.seconds(seconds))) of copying"
    return pauses.isEmpty ? time : time + ", without \(pauses.count) pause\(pauses.count == 1 ? "" : "s")"
  }
}
