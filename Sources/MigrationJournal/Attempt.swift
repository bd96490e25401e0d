package import StudentModuleHistory
internal import Synchronization

/// One try at a step that writes, however often its statements have to be sent.
///
/// Its token is written with what it writes, so that after an answer that did not arrive there is somebody to ask: the entry that carries
/// the token was written by this attempt, and what the attempt had worked out before it committed is the result.
package final class Attempt<Value: Sendable>: Sendable {
  package let token: String
  private let kept = Mutex<Value?>(nil)

  package init(_ environment: Environment) {
    token = environment.word()
  }

  /// What will hold if the commit that is sent next arrives.
  package func willCommit(_ value: Value) { kept.withLock { $0 = value } }

  /// What was to be committed; nil where nothing was.
  package var value: Value? { kept.withLock { $0 } }
}
