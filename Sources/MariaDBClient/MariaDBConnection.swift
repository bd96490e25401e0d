internal import Synchronization

/// A connection to a MariaDB or MySQL server.
///
/// Every connection runs on a thread of its own, so that blocking calls stay off Swift's cooperative pool. Cancelling a task
/// that waits for a statement stops the statement on the server (`KILL QUERY`), and the statement throws
/// ``MariaDBError/Kind/cancelled``. Results come in the text protocol and are streamed: memory does not grow with a result.
///
/// A hop into the connection costs microseconds, so results are read a batch at a time (``fetch(_:)``), not a row.
package actor MariaDBConnection {
  private let executor: ConnectionExecutor
  private let canceller: QueryCanceller
  private let watch: AnswerWatch
  private var mark: SessionMark?
  private var native: NativeConnection?
  private var streaming: StatementText?

  /// How the connection was made.
  package nonisolated let configuration: ConnectionConfiguration

  /// What the server said of itself.
  package nonisolated var server: ServerInformation { information.withLock { $0! } }
  private nonisolated let information = Mutex<ServerInformation?>(nil)

  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe executor.asUnownedSerialExecutor() }

  private init(_ configuration: ConnectionConfiguration) {
    self.configuration = configuration
    executor = ConnectionExecutor()
    watch = AnswerWatch(configuration)
    canceller = QueryCanceller { mark in
      // The kill may fail because the statement or the server is gone: either way nothing is left to stop. A session that rests would stop
      // its next statement, or never know.
      guard let second = try? NativeConnection.connect(configuration.hasty), second.proven(mark) == .running else {
        return
      }
      try? second.send(StatementText("KILL QUERY \(mark.connectionID)"))
    }
  }

  /// Connects, and makes the session csmh's own: see ``SessionContract``.
  ///
  /// - Throws: ``MariaDBError/Kind/unreachable``, ``MariaDBError/Kind/authentication``,
  ///   ``MariaDBError/Kind/unknownDatabase``, ``MariaDBError/Kind/privilege`` (no right to the database),
  ///   ``MariaDBError/Kind/tls``.
  package static func connect(_ configuration: ConnectionConfiguration) async throws(MariaDBError) -> MariaDBConnection
  {
    let connection = MariaDBConnection(configuration)
    try await connection.open()
    return connection
  }

  private func open() throws(MariaDBError) {
    let native = try NativeConnection.connect(configuration, watch)
    let mark = try native.takeMark()
    try OrphanedSessions.shared.end(over: native, configuration)
    (self.native, self.mark) = (native, mark)
    canceller.connected(as: mark)
    watch.marked(mark)
    let isMariaDB = native.versionText.contains("MariaDB")
    information.withLock {
      $0 = ServerInformation(
        family: isMariaDB ? .mariaDB : .mySQL, versionText: native.versionText, version: native.version,
        maxAllowedPacket: native.maxAllowedPacket, connectionID: native.connectionID, tlsCipher: native.tlsCipher)
    }
  }

  /// Closes the connection; an open transaction is rolled back by the server. Closing twice is harmless.
  package func close() {
    native = nil
    streaming = nil
  }

  /// Whether the connection was neither closed nor found to be lost.
  package var isOpen: Bool { native != nil }

  /// Whether the server may have closed the idle connection, or is about to; nothing is sent.
  package var mayBeClosed: Bool { native?.hasSomethingToRead ?? true }

  /// Runs a statement that returns no rows.
  @discardableResult
  package func execute(_ statement: StatementText) async throws(MariaDBError) -> StatementResult {
    try await cancellable(statement) { native throws(MariaDBError) in
      try native.send(statement)
      let result = native.statementResult
      native.discardResult()
      return result
    }
  }

  /// Runs a statement and returns all its rows as text: for small results.
  package func query(_ statement: StatementText) async throws(MariaDBError) -> [[String?]] {
    try await cancellable(statement) { native throws(MariaDBError) in
      try native.send(statement)
      var rows: [[String?]] = []
      _ = try native.fetch(of: statement) { row throws(MariaDBError) in
        rows.append((0..<row.columnCount).map { row.text($0) })
        return true
      }
      return rows
    }
  }

  /// Runs a statement and hands its rows to `body`, on the connection's thread, while their bytes are there.
  package func query(
    _ statement: StatementText, each body: @escaping @Sendable (borrowing StreamedRow) -> Void
  ) async throws(MariaDBError) {
    try await cancellable(statement) { native throws(MariaDBError) in
      try native.send(statement)
      _ = try native.fetch(of: statement) { row throws(MariaDBError) in
        body(row)
        return true
      }
    }
  }

  /// Starts a statement whose rows are then read by ``fetch(_:)``. Rows left of an earlier one are forgotten.
  package func startStreaming(_ statement: StatementText) async throws(MariaDBError) {
    try await cancellable(statement) { native throws(MariaDBError) in try native.send(statement) }
    streaming = statement
  }

  /// Reads rows of the statement that ``startStreaming(_:)`` began until `body` returns false or none is left.
  ///
  /// `body` runs on the connection's thread and must not block. Returns whether rows may be left.
  package func fetch(
    _ body: @escaping @Sendable (borrowing StreamedRow) throws(MariaDBError) -> Bool
  ) async throws(MariaDBError) -> Bool {
    guard let statement = streaming else { return false }
    let hasMore = try await cancellable(statement) { native throws(MariaDBError) in
      try native.fetch(of: statement, body)
    }
    if !hasMore { streaming = nil }
    return hasMore
  }

  /// Forgets the rows that are left of a streamed statement. The server is told to stop sending them.
  package func stopStreaming() {
    guard streaming != nil else { return }
    streaming = nil
    canceller.begin()
    canceller.cancel()
    watch.begin()
    native?.discardResult()
    _ = watch.end()
    _ = canceller.end()
  }

  /// The warnings of the statement that ran last.
  package func warnings() async throws(MariaDBError) -> [ServerWarning] {
    try await query("SHOW WARNINGS").map { row in
      ServerWarning(level: row[0] ?? "", code: row[1].flatMap { UInt32($0) } ?? 0, message: row[2] ?? "")
    }
  }

  /// Runs blocking work on the connection's thread, so that cancelling the task stops it on the server.
  private func cancellable<Value: Sendable>(
    _ statement: StatementText, _ work: @escaping @Sendable (NativeConnection) throws(MariaDBError) -> Value
  ) async throws(MariaDBError) -> Value {
    let result = await withTaskCancellationHandler { @Sendable in
      // Not isolated to the actor, so that the call hops to it. An isolated closure was seen to run on the cooperative pool
      // (Swift 6.3.1, optimised): two statements at once on one connection.
      await self.perform(statement, work)
    } onCancel: { [canceller] in
      canceller.cancel()
    }
    return try result.get()
  }

  /// The blocking part of ``cancellable(_:_:)``.
  private func perform<Value: Sendable>(
    _ statement: StatementText, _ work: @Sendable (NativeConnection) throws(MariaDBError) -> Value
  ) -> Result<Value, MariaDBError> {
    preconditionIsolated("a blocking call outside of the connection's thread")
    guard let native else {
      return .failure(
        MariaDBError(kind: .connectionLost, message: "the connection is closed", server: configuration.description))
    }
    canceller.begin()
    do throws(MariaDBError) {
      // A cancellation that came before `begin` has found nothing to stop.
      if Task.isCancelled { throw cancelled(statement) }
      watch.begin()
      let value = try work(native)
      _ = watch.end()
      // MySQL ends a killed SLEEP as if it had been slept: the answer to a cancelled statement is not to be trusted.
      return canceller.end() ? .failure(cancelled(statement)) : .success(value)
    } catch {
      let loss = watch.end()
      let wasCancelled = canceller.end()
      if error.closesConnection {
        if let mark, configuration.isEndedWhenLost { OrphanedSessions.shared.add(mark, configuration) }
        close()
      }
      if wasCancelled { return .failure(cancelled(statement)) }
      return .failure(loss.map { lost(statement, $0) } ?? error.unlessKilledByOthers)
    }
  }

  private func lost(_ statement: StatementText, _ reason: String) -> MariaDBError {
    MariaDBError(
      kind: .connectionLost, message: reason, statement: statement.fingerprint, server: configuration.description)
  }

  private func cancelled(_ statement: StatementText) -> MariaDBError {
    MariaDBError(
      kind: .cancelled, message: "cancelled", statement: statement.fingerprint, server: configuration.description)
  }
}
