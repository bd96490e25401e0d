package import HistoryStores
package import StudentModuleHistory

extension CheckFacts {
  /// One of the two databases.
  package struct Side: Sendable {
    package var side: HistorySide
    package var location: String

    /// The database's name; for SQLite its path.
    package var database: String

    /// The server, or why it does not answer. For SQLite the library.
    package var server: Finding<Server>

    package var databaseExists: Bool

    /// The history table; unknown if there is none or it is not one that csmh knows.
    package var table: Finding<Table>

    /// The other tables of the database that this user can see.
    package var otherTables: [String]

    /// What the account lacks for each step; nil where there are no accounts.
    package var privileges: Finding<PrivilegeFindings?>

    /// The migrations of the extended table's application that Django has recorded in this database. Of the extended side only.
    package var djangoMigrations = Finding<[String]>.known([])

    package init(
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
  package struct Server: Sendable {
    /// `MariaDB 10.11.6`
    package var summary: String
    package var isMariaDB: Bool

    /// Who csmh is there, as a GRANT names it: `'csmh'@'%'`.
    package var user: String

    /// Global variables and status values by their names in lower case.
    package var variables: [String: String]

    package var grants: GrantList

    /// Open transactions, the oldest first.
    package var transactions: Finding<[OpenTransaction]>

    /// What the server replicates from; empty if it is no replica.
    package var replication: Finding<[ReplicationSource]>

    /// How many replicas read its log now.
    package var replicaCount: Finding<Int>

    package init(
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
  package struct OpenTransaction: Sendable, Hashable {
    /// The connection's number, for KILL.
    package var threadID: UInt64
    package var seconds: Double
    package var user: String?
    package var database: String?

    /// Rows that it has changed or locked.
    package var touchedRowCount: UInt64

    package init(threadID: UInt64, seconds: Double, user: String?, database: String?, touchedRowCount: UInt64) {
      self.threadID = threadID
      self.seconds = seconds
      self.user = user
      self.database = database
      self.touchedRowCount = touchedRowCount
    }
  }

  /// A server that this one follows.
  package struct ReplicationSource: Sendable, Hashable {
    package var host: String
    package var isRunning: Bool

    /// The lag in seconds; nil if the replica does not know it.
    package var lagSeconds: UInt64?

    package init(host: String, isRunning: Bool, lagSeconds: UInt64?) {
      self.host = host
      self.isRunning = isRunning
      self.lagSeconds = lagSeconds
    }
  }

  /// A history table's form.
  package struct Table: Sendable {
    /// Without the database.
    package var name: String

    /// With the database, quoted for SQL.
    package var sqlName: String
    package var generation: String
    package var columns: [String: Column]
    package var indexes: [Index]

    /// The definitions of its foreign keys, as SHOW CREATE TABLE prints them.
    package var foreignKeys: [ForeignKey]

    /// The triggers on it.
    package var triggers: Finding<[Trigger]>

    package init(
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
  package struct Column: Sendable, Hashable {
    /// `bigint unsigned`, `datetime(6)`
    package var type: String
    package var characterSet: String?
    package var collation: String?

    /// Digits of a datetime's fraction.
    package var precision: Int

    package init(type: String, characterSet: String? = nil, collation: String? = nil, precision: Int = 0) {
      self.type = type
      self.characterSet = characterSet
      self.collation = collation
      self.precision = precision
    }
  }

  package struct Index: Sendable, Hashable {
    package var name: String
    package var columns: [String]
    package var isUnique: Bool

    package init(name: String, columns: [String], isUnique: Bool = false) {
      self.name = name
      self.columns = columns
      self.isUnique = isUnique
    }
  }

  package struct ForeignKey: Sendable, Hashable {
    package var name: String
    package var definition: String

    package init(name: String, definition: String) {
      self.name = name
      self.definition = definition
    }
  }

  package struct Trigger: Sendable, Hashable {
    package var name: String

    /// `INSERT`, `UPDATE` or `DELETE`
    package var event: String

    package init(name: String, event: String) {
      self.name = name
      self.event = event
    }
  }
}
