/// In which order jobs run that are ready at the same time.
package enum JobOrder: Sendable, Hashable {
  /// By the seed.
  case drawn

  /// The one that was ready first, but for one choice: there the second one goes before it. Choices are counted from 1 on; 0 is none.
  ///
  /// All runs with one exception are a small set that can be gone through whole.
  case firstComeFirstServed(exception: Int)
}
