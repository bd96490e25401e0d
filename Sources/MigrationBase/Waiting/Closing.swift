package import StudentModuleHistory

/// Runs `body` and closes the lane whatever happens.
package func withClosing<Value>(
  _ lane: Lane, _ body: (Lane) async throws -> Value
) async throws -> Value {
  do {
    let value = try await body(lane)
    await lane.close()
    return value
  } catch {
    await lane.close()
    throw error
  }
}

/// Runs `body` on a session of its own.
package func withSession<Value>(
  _ store: any HistoryStore, _ body: (any HistorySession) async throws -> Value
) async throws -> Value {
  let session = try await store.openSession()
  return try await session.closing { try await body(session) }
}
