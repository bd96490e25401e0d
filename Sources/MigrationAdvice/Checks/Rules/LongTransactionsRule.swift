internal import MigrationBase
internal import StudentModuleHistory

/// No transaction is open for long.
struct LongTransactionsRule: CheckRule {
  let name = "long-transactions"
  let title = "no transaction is open for long"
  let why =
    "rows that are not committed yet appear later, with low ids; locks that are held let ranges wait, and an ALTER TABLE of"
    + " provisioning, too"
  let reasonToSkipSQLite: String? = "SQLite does not tell of open transactions"

  /// What is open for longer is told, in seconds. Requests of the LMS last seconds.
  private(set) var longSeconds = 60.0

  func outcome(_ facts: CheckFacts) -> CheckOutcome {
    bothSides(facts) { side, server in
      server.transactions.outcome { transactions in
        let long = transactions.filter { $0.seconds >= longSeconds }
        guard !long.isEmpty else {
          return .pass("\(side.side.rawValue): none above \(Format.roughTime(longSeconds))")
        }
        return .all(
          long.prefix(5).map { transaction in
            CheckOutcome(
              .warn,
              "\(side.side.rawValue): connection \(transaction.threadID) of \(transaction.user ?? "?")"
                + (transaction.database.map { " in \($0)" } ?? "")
                + ", open for \(Format.roughTime(transaction.seconds)),"
                + " \(CheckText.rows(transaction.touchedRowCount)) changed or locked",
              remedy: [Remedy(.endLongTransaction, transaction.threadID, side.side.rawValue)])
          })
      }
    }
  }
}
