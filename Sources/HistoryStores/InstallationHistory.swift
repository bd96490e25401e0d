public import StudentModuleHistory

/// The two history tables of an installation, opened by the URLs of their databases: what a program needs to keep and read histories
/// where the flags say.
///
///     let history = try InstallationHistory(original: "mysql://csmh@db1/edxapp", extended: "mysql://csmh@db2/edxapp_csmh")
///     let router = try history.router(HistoryFlags(extendedEnabled: true, readOnlyFromExtended: false))
///     for try await entry in router.stream(of: [4711]) { print(entry.record.created, entry.table) }
///     await history.close()
///
/// Connections are opened when they are needed, and shared by all routers that were made of it.
public struct InstallationHistory: Sendable {
  package let original: SessionPool
  package let extended: SessionPool

  /// - Parameters:
  ///   - original: the URL of the database with the original table: `mysql://user:password@host:3306/edxapp`,
  ///     `mysql://user@/edxapp?socket=/path` or `sqlite:///path/edxapp.db`. A `mysql` URL may have the options `connect-timeout`,
  ///     `socket`, `ssl-ca`, `ssl-cert`, `ssl-key` and `ssl-mode`.
  ///   - extended: the same for the extended one.
  ///   - originalTable: the original table's name. Default: found among the usual ones.
  ///   - extendedTable: the same for the extended one.
  ///   - connectionLimit: the most connections to each database. Default: 8.
  /// - Throws: ``HistoryStoreError`` `misconfigured` if a URL says nothing, or both name the same database. Nothing is connected yet.
  public init(
    original: String, extended: String, originalTable: String? = nil, extendedTable: String? = nil,
    connectionLimit: Int = 8
  ) throws {
    let pair = try StorePair(
      original: Self.location(original, .original), extended: Self.location(extended, .extended),
      originalTable: originalTable, extendedTable: extendedTable)
    try pair.refuseSameNames()
    self.init(pair, connectionLimit: connectionLimit)
  }

  package init(_ pair: StorePair, connectionLimit: Int) {
    original = SessionPool(pair.original, limit: connectionLimit)
    extended = SessionPool(pair.extended, limit: connectionLimit)
  }

  /// What keeps and reads histories with these flags. Making one costs nothing; a ``RouterSwitch`` goes over from one to the next.
  ///
  /// - Parameters:
  ///   - startingID: see ``HistoryRouter/startingID``.
  ///   - provenBelow: see ``HistoryRouter/provenBelow``.
  ///   - recordedModuleTypes: see ``HistoryRouter/recordedModuleTypes``.
  /// - Throws: ``HistoryRouterError/contradictoryFlags``.
  public func router(
    _ flags: HistoryFlags, startingID: UInt64? = nil, provenBelow: UInt64 = 0,
    recordedModuleTypes: Set<String> = ["problem"]
  ) throws(HistoryRouterError) -> HistoryRouter {
    try HistoryRouter(
      flags: flags, original: original, extended: extended, startingID: startingID, provenBelow: provenBelow,
      recordedModuleTypes: recordedModuleTypes)
  }

  /// Closes the connections; what is in use, when it comes back.
  public func close() async {
    await original.close()
    await extended.close()
  }

  private static func location(_ url: String, _ side: HistorySide) throws(HistoryStoreError) -> StoreLocation {
    do throws(StoreLocation.Malformed) {
      return try StoreLocation(url: url)
    } catch {
      throw HistoryStoreError(
        .misconfigured, side: side, "the URL of the \(side.rawValue) database cannot be used: \(error.description)")
    }
  }
}
