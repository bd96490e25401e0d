package import StudentModuleHistory

/// Which privileges csmh's account lacks on one side's database, and what would give them.
package struct PrivilegeFindings: Sendable, Hashable {
  package let side: HistorySide

  /// Where the database is, for people: `csmh@db1:3306/edxapp`.
  package let location: String
  package let database: String
  package let account: Account

  /// What each step lacks; steps that lack nothing are left out.
  package let missing: [PrivilegedStep: Set<Privilege>]

  /// What the account holds, as SHOW GRANTS tells it; nil if the server does not.
  package let grants: GrantList?

  /// A role that was granted to the account, but that no session of it begins with; nil where it would help nothing.
  package let idleRole: IdleRole?

  /// A role that holds what is missing, if only it were a default one.
  package struct IdleRole: Sendable, Hashable {
    /// Their names, for people.
    package let names: [String]

    /// The statement that makes them default ones.
    package let remedy: Remedy

    /// What each step lacks all the same.
    package let missing: [PrivilegedStep: Set<Privilege>]

    package init(names: [String], remedy: Remedy, missing: [PrivilegedStep: Set<Privilege>]) {
      self.names = names
      self.remedy = remedy
      self.missing = missing
    }
  }

  package init(
    side: HistorySide, location: String, database: String, account: Account,
    missing: [PrivilegedStep: Set<Privilege>], grants: GrantList? = nil, idleRole: IdleRole? = nil
  ) {
    self.side = side
    self.location = location
    self.database = database
    self.account = account
    self.missing = missing
    self.grants = grants
    self.idleRole = idleRole
  }

  /// What these steps together lack.
  package func missing(for steps: some Sequence<PrivilegedStep>) -> Set<Privilege> {
    steps.reduce(into: []) { $0.formUnion(missing[$1] ?? []) }
  }

  /// The statements that suffice for the whole way; none if nothing is missing for it.
  ///
  /// - Parameters:
  ///   - refused: what a statement was refused for, whatever the way needs.
  ///   - place: whether each names the place where it is to be run.
  package func remedy(
    for way: Direction, refused: Privilege? = nil, namingPlace place: Bool = false
  ) -> [Remedy] {
    guard refused != nil || !missing(for: way.steps).isEmpty else { return [] }
    let grant = PrivilegeGrant(
      way.privileges(on: side).union(refused.map { [$0] } ?? []), on: database, to: account, beside: grants,
      place: place ? location : nil)
    guard let idleRole else { return [grant.remedy] }
    let isEnough = way.steps.allSatisfy { idleRole.missing[$0] == nil } && refused.map(needsMore) != true
    return [idleRole.remedy] + (isEnough ? [] : [grant.remedy])
  }

  /// Whether no step of either way asks for a privilege: then no role was looked at for it.
  private func needsMore(_ privilege: Privilege) -> Bool {
    !PrivilegedStep.allCases.contains { $0.needs(on: side).contains(privilege) }
  }

  /// What is missing for some steps, as a sentence without a full stop; nil if nothing is.
  package func sentence(for steps: [PrivilegedStep]) -> String? {
    let lacking = steps.filter { missing[$0] != nil }
    guard !lacking.isEmpty else { return nil }
    let privileges = Privilege.list(missing(for: lacking))
    let commands = lacking.map(\.rawValue).joined(separator: ", ")
    var sentence = "\(commands) needs \(privileges) on \(database), which \(account.sql) lacks"
    if let idleRole {
      let isOne = idleRole.names.count == 1
      sentence +=
        "; it was granted the role\(isOne ? "" : "s") \(idleRole.names.joined(separator: ", ")), but no session begins with"
        + " \(isOne ? "it" : "them")"
    }
    return sentence
  }

  /// The refusal of some steps, with what suffices for the whole way; nil if nothing is missing for them.
  package func refusal(of steps: [PrivilegedStep], on way: Direction) -> HistoryStoreError? {
    sentence(for: steps).map { sentence in
      HistoryStoreError(
        .notPermitted, side: side, "the \(side.rawValue) database, \(location): a privilege is missing: \(sentence)",
        remedy: .joined(remedy(for: way), by: " "))
    }
  }
}
