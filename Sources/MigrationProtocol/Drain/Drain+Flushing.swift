internal import MigrationBase
internal import StudentModuleHistory

extension Drain {
  /// For how long a server is waited for to write to its disk what it has committed: it does so each second, unless told otherwise.
  private static let flushPatience = Duration.seconds(15)

  /// Waits until all that the extended database has committed so far is on its disk: a copy that a loss of power can take back is no copy.
  ///
  /// - Throws: ``MigrationError/drainRefused(reason:remedy:)`` if it is not, or cannot be seen.
  func awaitFlush(_ extended: any HistorySession) async throws {
    guard !options.acceptsUnflushed else { return }
    let start = stop.environment.now()
    var wanted: UInt64?
    while !stop.isRequested {
      switch try await extended.logPosition() {
      case .flushedAtCommit: return
      case .unknown(let reason):
        throw MigrationError.drainRefused(
          reason: "copies may not be on the extended server's disk yet: \(reason)", remedy: Remedy(.flushAtCommit))
      case .upTo(let written, let flushed):
        let position = wanted ?? written
        wanted = position
        if flushed >= position { return }
        guard stop.environment.now() - start < Self.flushPatience else {
          throw MigrationError.drainRefused(
            reason:
              "copies are not on the extended server's disk yet: its log is written up to \(flushed), and \(position) is waited for",
            remedy: Remedy(.flushAtCommit))
        }
      }
      try await stop.sleep(for: .milliseconds(100))
    }
  }
}
