internal import StudentModuleHistory

/// Finds orphans: rows whose student module was deleted, so that Open edX would have deleted them too. No row that a learner can see is one.
enum OrphanSearch {
  /// Divides rows into orphans and others.
  ///
  /// - Parameters:
  ///   - ids: of rows that stand at one end only.
  ///   - holder: the end at which they stand.
  ///   - locking: whether orphans are found by a locking read, which waits for whoever is just beginning a student module: its first row may stand
  ///     in the extended table before it. Student modules that stand are not locked: whoever saves one locks it before its history.
  static func orphans(
    among ids: [UInt64], at holder: any HistorySession, locking: Bool, _ lane: Lane
  ) async throws -> (orphans: [UInt64], kept: KeptCopies) {
    var (orphans, kept): ([UInt64], KeptCopies) = ([], KeptCopies())
    for batch in ids.batches(of: 500) {
      let keys = try await holder.keys(RowSelection(ids: Array(batch)))
      let modules = Dictionary(keys.map { ($0.id, UInt64($0.studentModuleID)) }) { first, _ in first }
      let asked = Set(modules.values.compactMap { $0 }).sorted()
      guard !asked.isEmpty, let standing = try await lane.original.studentModules(among: asked, locking: false) else {
        kept.add(keys.count, .modulesUnknown)
        continue
      }
      var deleted = asked.filter(standing.isDeleted)
      if locking, !deleted.isEmpty {
        let again = try await lane.original.studentModules(among: deleted, locking: true)
        deleted = again.map { deleted.filter($0.isDeleted) } ?? []
      }
      let gone = Set(deleted)
      for id in batch {
        // What is gone meanwhile is nobody's any more.
        guard let module = modules[id] else { continue }
        if let module, gone.contains(module) {
          orphans.append(id)
        } else if let module, !standing.ids.contains(module) {
          kept.add(1, .modulesUnknown)
        } else {
          kept.add(1, .moduleStands)
        }
      }
    }
    return (orphans, kept)
  }

  /// How many rows of a range would go unasked; counting ends above `limit`. Without locks.
  static func orphanCount(in range: IDRange, upTo limit: Int, _ lane: Lane) async throws -> Int {
    let sources = Set(try await lane.source.ids(RowSelection(in: range)))
    let targets = Set(try await lane.target.ids(RowSelection(in: range)))
    let strangers = targets.subtracting(sources).sorted()
    var count = try await orphans(among: strangers, at: lane.target, locking: false, lane).orphans.count
    guard lane.direction == .back, count <= limit else { return count }
    count += try await lane.target.idsWithoutStudentModule(in: range, limit: limit + 1).count { sources.contains($0) }
    let missing = sources.subtracting(targets).sorted()
    return count + (try await orphans(among: missing, at: lane.source, locking: false, lane).orphans.count)
  }
}

extension Array {
  func batches(of size: Int) -> [ArraySlice<Element>] {
    stride(from: 0, to: count, by: size).map { self[$0..<Swift.min($0 + size, count)] }
  }
}
