internal import StudentModuleHistory

/// Tells rows that stay from rows that are about to go.
///
/// A deletion of a student module takes the original rows first, and the extended ones a moment later, on another connection. In between
/// a copy looks like a row that the LMS wrote under a low id: it is looked at again before it is called one.
struct SecondLook {
  let environment: Environment

  /// For how long rows are looked at again and again, as long as any of them is left. Default: 2 seconds.
  var patience = Duration.seconds(2)

  /// Those of these ids under which the extended table has a row all the while, and the original one has none.
  func staying(_ ids: [UInt64], _ lane: Lane) async throws -> [UInt64] {
    let end = environment.now() + patience
    var pause = Duration.milliseconds(50)
    var left = ids
    while !left.isEmpty {
      let remaining = end - environment.now()
      guard remaining > .zero else { break }
      try await environment.sleep(for: min(pause, remaining))
      pause *= 2
      let standing = Set(try await lane.target.ids(RowSelection(ids: left)))
      let known = Set(try await lane.source.ids(RowSelection(ids: left)))
      left = left.filter { standing.contains($0) && !known.contains($0) }
    }
    return left
  }
}
