/// The direction in which rows move.
package enum Direction: String, Sendable, Hashable, CaseIterable {
  /// From the original to the extended table.
  case there
  /// From the extended to the original table.
  case back
}

/// The ways in which rows move.
package enum Route: String, Sendable {
  /// From one server to another, through this program.
  case betweenServers = "between two servers"
  /// Inside one server, by INSERT ... SELECT.
  case insideServer = "inside one server"
  /// Between two files.
  case betweenFiles = "between two files"
}

/// What a worker needs: a session on each end, and the transfer between them. The journal stands beside the target.
package struct Lane: Sendable {
  package let source: any HistorySession
  package let target: any HistorySession
  package let transfer: any RangeTransfer
  package let route: Route

  /// How many lanes at the same time can still gain; more would only wait for each other, holding locks.
  package let usefulLaneCount: Int

  /// Whether a transaction of the target holds the source too, as it does where one connection writes to two files: then the source
  /// needs none of its own.
  package let hasOneTransaction: Bool

  /// How long what its sessions hold locked may keep others waiting.
  package let lockLimit: LockLimit

  package init(
    source: any HistorySession, target: any HistorySession, transfer: any RangeTransfer, route: Route,
    usefulLaneCount: Int, hasOneTransaction: Bool = false, lockLimit: LockLimit = .usual
  ) {
    self.lockLimit = lockLimit
    self.source = source
    self.target = target
    self.transfer = transfer
    self.route = route
    self.usefulLaneCount = usefulLaneCount
    self.hasOneTransaction = hasOneTransaction
  }

  /// The direction in which its rows move.
  package var direction: Direction { target.side == .extended ? .there : .back }

  /// The session with the original table, in whose database the LMS keeps its student modules, and that with the extended one, in whatever
  /// direction rows move.
  package var original: any HistorySession { direction == .there ? source : target }
  package var extended: any HistorySession { direction == .there ? target : source }

  /// Closes both sessions; open transactions are rolled back.
  package func close() async {
    await source.close()
    await target.close()
  }
}

/// Opens lanes in one direction.
package protocol LaneProvider: Sendable {
  /// Where rows come from.
  var source: any HistoryStore { get }

  /// Where rows go to.
  var target: any HistoryStore { get }

  /// Opens a session on each end and finds the shortest way between them.
  ///
  /// - Throws: ``HistoryStoreError``; `misconfigured` if both are the same database.
  func openLane() async throws -> Lane

  /// Whether the target's table is there.
  func isTargetThere() async throws -> Bool

  /// The lanes between the same two tables in a direction.
  func lanes(_ direction: Direction) -> any LaneProvider

  /// What one of the two databases consists of; its refusals speak of the whole way in the lanes' direction.
  func schema(_ side: HistorySide) -> any SchemaChanges

  /// Refuses an installation whose two databases are one, whatever names were used for server and database.
  ///
  /// - Throws: ``HistoryStoreError`` `misconfigured`.
  func refuseSameDatabase() async throws

  /// Makes sure that nothing is missing for some steps, before the first of them changes anything.
  ///
  /// - Throws: `notPermitted` for one server, with the GRANTs that suffice there for the whole way.
  func requirePrivileges(for steps: [PrivilegedStep]) async throws
}

extension LaneProvider {
  /// The direction in which rows move.
  package var direction: Direction { target.side == .extended ? .there : .back }
}
