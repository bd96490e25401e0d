/// What a store could not do: the one error of both adapters.
public struct HistoryStoreError: Error, Sendable, CustomStringConvertible {
  /// What the error means for whoever has to decide what happens next.
  public enum Kind: String, Sendable, Hashable {
    /// No server or file at the address.
    case unreachable
    /// A connection broke in the middle of work.
    case connectionLost
    /// A deadlock, a lock wait, a server that takes no writes for now: the transaction may be tried again.
    case transient
    /// The server or the account allows no more connections or statements now: it may later.
    case limited
    /// User or password refused, or a privilege is missing.
    case notPermitted
    /// The database, the table or its form is not what it must be.
    case misconfigured
    /// A row with the same id stands already.
    case duplicateID
    /// A column cannot hold a value exactly, or a constraint of the table refuses a row.
    case valueRejected
    /// A row is larger than a server's `max_allowed_packet`.
    case rowTooLarge
    /// The transaction is larger than the server takes: less at a time may go.
    case transactionTooLarge
    /// No room left.
    case diskFull
    /// Stopped by this program.
    case cancelled
    /// An error of the server that csmh does not know.
    case unforeseen
    /// Anything else: a defect of csmh.
    case other
  }

  /// What the error means.
  public let kind: Kind

  /// Which side of the installation it happened on, if it belongs to one.
  public let side: HistorySide?

  /// What happened and where, in one sentence.
  public let message: String

  /// What the operator can do.
  public let remedy: Remedy?

  /// The statement without its values, for `--verbose`.
  package let statement: String?

  /// Whether the database or the table does not exist at all; false where it exists and is not what it must be.
  public let isAbsence: Bool

  /// Whether a question was given up because it took longer than its session allows.
  package let isTimeLimit: Bool

  /// Whether it waited for others in vain: for a lock, or because each waited for the other.
  package let isLockWait: Bool

  package init(
    _ kind: Kind, side: HistorySide? = nil, _ message: String, remedy: Remedy? = nil, statement: String? = nil,
    isAbsence: Bool = false, isTimeLimit: Bool = false, isLockWait: Bool = false
  ) {
    self.isLockWait = isLockWait
    self.isTimeLimit = isTimeLimit
    self.kind = kind
    self.side = side
    self.message = message
    self.remedy = remedy
    self.statement = statement
    self.isAbsence = isAbsence
  }

  /// Whether the same work may succeed when it is tried again.
  public var isTransient: Bool {
    switch kind {
    case .unreachable, .connectionLost, .transient, .limited: true
    default: false
    }
  }

  public var description: String { message }
}
