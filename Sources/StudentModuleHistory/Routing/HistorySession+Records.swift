extension HistorySession {
  /// The newest records of student modules with ids below `id`, by descending id.
  func records(of studentModuleIDs: [UInt64], below id: UInt64?, limit: Int) async throws -> [HistoryRecord] {
    guard let newest = Self.newest(of: studentModuleIDs, below: id, limit: limit) else { return [] }
    return try await records(newest)
  }

  /// The same, outlined: see ``outlines(_:below:)``; and whether no older ones are left.
  ///
  /// For a page of one history that is longer than usual, copies that were proven are told by their ids: a server looks up every row by
  /// itself, and finds the ids of a history side by side in the index, at a quarter of the cost.
  func outlines(
    of studentModuleIDs: [UInt64], below id: UInt64?, limit: Int, outlinedBelow boundary: UInt64, provenBelow: UInt64
  ) async throws -> (rows: [OutlinedRecord], isAtEnd: Bool) {
    guard var newest = Self.newest(of: studentModuleIDs, below: id, limit: limit) else { return ([], true) }
    guard provenBelow > 0, studentModuleIDs.count == 1, limit > HistoryRouter.usualPageSize + 1 else {
      let rows = try await outlines(newest, below: boundary)
      return (rows, rows.count < limit)
    }
    let ids = try await ids(newest)
    let proven = ids.drop { $0 >= provenBelow }
    let isAtEnd = ids.count < limit
    guard proven.startIndex > 0 else { return (proven.map { .proven(id: $0) }, isAtEnd) }
    // All of them by one statement: rows above the bound may be given other ids meanwhile, those below it keep theirs.
    newest.lower = provenBelow
    let others = try await outlines(newest, below: boundary)
    // More have been written meanwhile.
    if others.count == limit { return (others, false) }
    return (others + proven.map { .proven(id: $0) }, isAtEnd)
  }

  /// The newest rows of student modules with ids below `id`, by descending id; nil where there can be none. One statement: fewer rows
  /// than `limit` are all there are, whatever is deleted meanwhile.
  private static func newest(of studentModuleIDs: [UInt64], below id: UInt64?, limit: Int) -> RowSelection? {
    guard id != 0 else { return nil }
    return RowSelection(
      through: id.map { $0 - 1 }, studentModuleIDs: studentModuleIDs, order: .descending, limit: limit)
  }

  /// The records with these ids that belong to these student modules, by descending id.
  func records(ids: [UInt64], of studentModuleIDs: [UInt64]) async throws -> [HistoryRecord] {
    guard !ids.isEmpty else { return [] }
    return try await records(RowSelection(ids: ids, studentModuleIDs: studentModuleIDs, order: .descending))
  }

  /// Removes all records of student modules; returns how many.
  func deleteRecords(of studentModuleIDs: [UInt64]) async throws -> Int {
    try await delete(RowSelection(studentModuleIDs: studentModuleIDs))
  }
}

extension HistoryRecord {
  /// A row of ``columnNames``.
  package init?(columns row: [SQLValue]) {
    guard row.count == Self.columnNames.count, let id = row[0].unsignedValue, let module = row[1].unsignedValue,
      let created = row[3].textValue.flatMap({ HistoryTimestamp($0) })
    else { return nil }
    self.init(
      id: id, studentModuleID: module, version: row[2].textValue, created: created, state: row[4].textValue,
      grade: row[5].realValue, maxGrade: row[6].realValue)
  }
}
