/// A whole history, the newest records first, of which a page at a time is in memory.
public struct HistoryStream: AsyncSequence, Sendable {
  let router: HistoryRouter
  let studentModuleIDs: [UInt64]
  let pageSize: Int

  public struct AsyncIterator: AsyncIteratorProtocol {
    private let stream: HistoryStream
    private var place: HistoryCursor? = .start
    private var page: ArraySlice<HistoryEntry> = []

    init(_ stream: HistoryStream) {
      self.stream = stream
    }

    public mutating func next() async throws -> HistoryEntry? {
      while page.isEmpty, let cursor = place {
        let next = try await stream.router.history(
          of: stream.studentModuleIDs, from: cursor, limit: stream.pageSize)
        page = next.entries[...]
        place = next.next
      }
      return page.popFirst()
    }
  }

  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(self) }
}
