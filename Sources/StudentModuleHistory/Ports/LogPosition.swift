/// How much of what a database has committed is on its disk, so that a loss of power does not take it back.
package enum LogPosition: Sendable, Hashable {
  /// All that was committed.
  case flushedAtCommit
  /// All up to the second position; the first one is that of the last change.
  case upTo(written: UInt64, flushed: UInt64)
  /// Not all at once, and how much cannot be seen.
  case unknown(String)
}
