/// What the original database has recorded of the draining of its rows, all ranges together.
package struct DrainRecord: Sendable, Hashable {
  /// What is recorded of a range; of all together, what was recorded last.
  package enum State: String, Sendable, Hashable, CaseIterable {
    /// Rows of it may have been removed.
    case draining
    /// All of its rows were removed.
    case drained
    /// All of its rows stand again: they came back, or none was removed.
    case returned

    /// The states of a range of which copies may be all there is.
    package static let live: [State] = [.draining, .drained]
  }

  /// The migration's random name.
  package var identity: String

  /// The number of the last draining that was begun, or taken back.
  package var number: UInt64

  package var last = State.draining

  /// How many ranges are being drained or are drained, and how many are drained.
  package var liveCount: UInt64 = 0
  package var drainedCount: UInt64 = 0

  package init(
    identity: String, number: UInt64, last: State = .draining, liveCount: UInt64 = 0, drainedCount: UInt64 = 0
  ) {
    self.identity = identity
    self.number = number
    self.last = last
    self.liveCount = liveCount
    self.drainedCount = drainedCount
  }
}

/// What the journal knows of the same.
package struct DrainKnowledge: Sendable, Hashable {
  package var identity: String
  package var number: UInt64

  /// How many ranges are being drained or are drained, and how many are drained.
  package var liveCount: UInt64
  package var drainedCount: UInt64

  /// How many are being drained since the last number.
  package var begunCount: UInt64

  package init(
    identity: String, number: UInt64, liveCount: UInt64 = 0, drainedCount: UInt64 = 0, begunCount: UInt64 = 0
  ) {
    self.identity = identity
    self.number = number
    self.liveCount = liveCount
    self.drainedCount = drainedCount
    self.begunCount = begunCount
  }
}
