package import StudentModuleHistory

/// Something that was looked for: what was found, or what stood in the way.
package enum Finding<Value: Sendable>: Sendable {
  case known(Value)
  case unknown(Obstacle)

  /// The value, or nil.
  package var value: Value? {
    if case .known(let value) = self { value } else { nil }
  }

  package var obstacle: Obstacle? {
    if case .unknown(let obstacle) = self { obstacle } else { nil }
  }
}

/// Why something could not be found out.
package struct Obstacle: Sendable, Hashable {
  package var reason: String

  /// What would show it.
  package var remedy: Remedy?

  /// What the store said, if it was an error.
  package var kind: HistoryStoreError.Kind?

  /// Whether a database or table does not exist at all.
  package var isAbsence: Bool

  package init(_ reason: String, remedy: Remedy? = nil, kind: HistoryStoreError.Kind? = nil, isAbsence: Bool = false) {
    self.reason = reason
    self.remedy = remedy
    self.kind = kind
    self.isAbsence = isAbsence
  }

  init(_ error: HistoryStoreError) {
    self.init(error.message, remedy: error.remedy, kind: error.kind, isAbsence: error.isAbsence)
  }

  /// What a server does not show without a privilege.
  ///
  /// - Parameter grant: the privilege, what it is on, and the account: `PROCESS ON *.* TO 'csmh'@'%'`
  static func hidden(_ what: String, grant: String) -> Obstacle {
    Obstacle("\(what) cannot be seen without a privilege", remedy: Remedy(.grant, grant), kind: .notPermitted)
  }
}

extension Finding {
  /// The rule's outcome of a value, or skipped with what stood in the way.
  func outcome(_ body: (Value) -> CheckOutcome) -> CheckOutcome {
    switch self {
    case .known(let value): body(value)
    case .unknown(let obstacle): .skipped(obstacle.reason, remedy: obstacle.remedy)
    }
  }
}
