internal import MariaDBClient
package import StudentModuleHistory

extension StorePair {
  /// The same stores, whose refusals speak of the way back.
  package var goingBack: StorePair {
    guard case .mySQL(var original, var extended) = self else { return self }
    (original.way, extended.way) = (.back, .back)
    return .mySQL(original: original, extended: extended)
  }

  /// Makes sure that nothing is missing for some steps, before the first of them changes anything.
  ///
  /// - Throws: `notPermitted` for one server, with the GRANTs that suffice there for the whole way.
  package func requirePrivileges(for steps: [PrivilegedStep]) async throws {
    guard case .mySQL(let original, let extended) = self else {
      if let refusal = try await original.refusal(of: steps) { throw refusal }
      if let refusal = try await self.extended.refusal(of: steps) { throw refusal }
      return
    }
    let findings = [try await original.privilegeFindings(), try await extended.privilegeFindings()]
    let way = original.way
    let refusals = findings.compactMap { $0.refusal(of: steps, on: way) }
    guard let first = refusals.first else { return }
    guard original.configuration.endpoint == extended.configuration.endpoint else { throw first }
    // On one server one answer is for both databases, also for what later steps will ask for.
    throw HistoryStoreError(
      .notPermitted, side: first.side, refusals.map(\.message).joined(separator: "; "),
      remedy: .joined(findings.flatMap { $0.remedy(for: way) }.uniqued, by: " "))
  }
}

extension [Remedy] {
  /// Without what stands there already.
  fileprivate var uniqued: [Remedy] {
    var seen: Set<Remedy> = []
    return filter { seen.insert($0).inserted }
  }
}
