public import HistoryStores
public import StudentModuleHistory

extension CheckFacts {
  /// One of the two databases.
  public struct Side: Sendable {
    public var side: HistorySide
    public var location: String

    /// The database's name; for SQLite its path.
    public var database: String

    /// The server, or why it does not answer. For SQLite the library.
    public var server: Finding<Server>

    public var databaseExists: Bool

    /// The history table; unknown if there is none or it is not one that csmh knows.
    public var table: Finding<Table>

    /// The other tables of the database that this user can see.
    public var otherTables: [String]

    /// What the account lacks for each step; nil where there are no accounts.
    public var privileges: Finding<PrivilegeFindings?>

    /// The migrations of the extended table's application that Django has recorded in this database. Of the extended side only.
    public var djangoMigrations = Finding<[String]>.known([])

    public init(
      side: HistorySide, location: String, database: String, server: Finding<Server>, databaseExists: Bool,
      table: Finding<Table>, otherTables: [String] = [], privileges: Finding<PrivilegeFindings?> = .known(nil)
    ) {
      self.side = side
      self.location = location
      self.database = database
      self.server = server
      self.databaseExists = databaseExists
      self.table = table
      self.otherTables = otherTables
      self.privileges = privileges
    }

    /// `the original database`
    var name: String { "the \(side.rawValue) database" }

    /// What is told of everything that a server which does not answer keeps from being seen.
    var absenceText: String { "\(name) does not answer" }
  }

  /// What a server tells of itself.
  public struct Server: Sendable {
    /// `MariaDB 10.11.6`
    public var summary: String
    public var isMariaDB: Bool

    /// Who csmh is there, as a GRANT names it: `'csmh'@'%'`.
    public var user: String

    /// Global variables and status values by their names in lower case.
    public var variables: [String: String]

    public var grants: GrantList

    /// Open transactions, the oldest first.
    public var transactions: Finding<[OpenTransaction]>

    /// What the server replicates from; empty if it is no replica.
    public var replication: Finding<[ReplicationSource]>

    /// How many replicas read its log now.
    public var replicaCount: Finding<Int>

    public init(
      summary: String, isMariaDB: Bool, user: String, variables: [String: String], grants: GrantList,
      transactions: Finding<[OpenTransaction]>, replication: Finding<[ReplicationSource]>, replicaCount: Finding<Int>
    ) {
      self.summary = summary
      self.isMariaDB = isMariaDB
      self.user = user
      self.variables = variables
      self.grants = grants
      self.transactions = transactions
      self.replication = replication
      self.replicaCount = replicaCount
    }

    /// The first of these variables that the server has: names differ between families and versions.
    func variable(_ names: String...) -> String? { names.lazy.compactMap { variables[$0] }.first }

    func isOn(_ name: String) -> Bool { ["ON", "1"].contains(variables[name]?.uppercased()) }
  }

  /// A transaction that has not ended.
  public struct OpenTransaction: Sendable, Hashable {
    /// The connection's number, for KILL.
    public var threadID: UInt64
    public var seconds: Double
    public var user: String?
    public var database: String?

    /// Rows that it has changed or locked.
    public var touchedRowCount: UInt64

    public init(threadID: UInt64, seconds: Double, user: String?, database: String?, touchedRowCount: UInt64) {
      self.threadID = threadID
      self.seconds = seconds
      self.user = user
      self.database = database
      self.touchedRowCount = touchedRowCount
    }
  }

  /// A server that this one follows.
  public struct ReplicationSource: Sendable, Hashable {
    public var host: String
    public var isRunning: Bool

    /// The lag in seconds; nil if the replica does not know it.
    public var lagSeconds: UInt64?

    public init(host: String, isRunning: Bool, lagSeconds: UInt64?) {
      self.host = host
      self.isRunning = isRunning
      self.lagSeconds = lagSeconds
    }
  }

  /// A history table's form.
  public struct Table: Sendable {
    /// Without the database.
    public var name: String

    /// With the database, quoted for SQL.
    public var sqlName: String
    public var generation: String
    public var columns: [String: Column]
    public var indexes: [Index]

    /// The definitions of its foreign keys, as SHOW CREATE TABLE prints them.
    public var foreignKeys: [ForeignKey]

    /// The triggers on it.
    public var triggers: Finding<[Trigger]>

    public init(
      name: String, sqlName: String, generation: String, columns: [String: Column] = [:], indexes: [Index] = [],
      foreignKeys: [ForeignKey] = [], triggers: Finding<[Trigger]> = .known([])
    ) {
      self.name = name
      self.sqlName = sqlName
      self.generation = generation
      self.columns = columns
      self.indexes = indexes
      self.foreignKeys = foreignKeys
      self.triggers = triggers
    }
  }

  /// A column as far as rules look at it.
  public struct Column: Sendable, Hashable {
    /// `bigint unsigned`, `datetime(6)`
    public var type: String
    public var characterSet: String?
    public var collation: String?

    /// Digits of a datetime's fraction.
    public var precision: Int

    public init(type: String, characterSet: String? = nil, collation: String? = nil, precision: Int = 0) {
      self.type = type
      self.characterSet = characterSet
      self.collation = collation
      self.precision = precision
    }
  }

  public struct Index: Sendable, Hashable {
    public var name: String
    public var columns: [String]
    public var isUnique: Bool

    public init(name: String, columns: [String], isUnique: Bool = false) {
      self.name = name
      self.columns = columns
      self.isUnique = isUnique
    }
  }

  public struct ForeignKey: Sendable, Hashable {
    public var name: String
    public var definition: String

    public init(name: String, definition: String) {
      self.name = name
      self.definition = definition
    }
  }

  public struct Trigger: Sendable, Hashable {
    public var name: String

    /// `INSERT`, `UPDATE` or `DELETE`
    public var event: String

    public init(name: String, event: String) {
      self.name = name
      self.event = event
    }
  }
}
