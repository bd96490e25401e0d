/// The generations of the two tables that are seen in the field, as their own migrations made them.
package enum Tables {
  /// A definition with a name for the test's title.
  package struct Generation: Sendable, CustomStringConvertible {
    package let description: String
    package let sql: [String]
  }

  private static let original = "courseware_studentmodulehistory"
  private static let extended = TestInstallation.extendedTable

  private static let originalKeys =
    "PRIMARY KEY (id), KEY k1 (student_module_id), KEY k2 (version), KEY k3 (created)"

  private static func originalTable(
    id: String, created: String = "datetime(6)", characterSet: String = "utf8mb4", extra: String = ""
  ) -> String {
    """
    CREATE TABLE \(original) (id \(id) NOT NULL AUTO_INCREMENT, student_module_id int NOT NULL, version varchar(255) \
    DEFAULT NULL, created \(created) NOT NULL, state longtext, grade double DEFAULT NULL, max_grade double DEFAULT NULL, \
    \(originalKeys)\(extra)) ENGINE=InnoDB DEFAULT CHARSET=\(characterSet)
    """
  }

  /// Today's original table.
  package static let today = Generation(
    description: "today: int, datetime(6), utf8mb4", sql: [originalTable(id: "int")])

  package static let latin1 = Generation(
    description: "latin1", sql: [originalTable(id: "int", created: "datetime", characterSet: "latin1")])

  package static let originals: [Generation] = [
    Generation(
      description: "Dogwood: int, datetime, utf8mb3, foreign key",
      sql: [
        "CREATE TABLE courseware_studentmodule (id int NOT NULL AUTO_INCREMENT PRIMARY KEY) ENGINE=InnoDB",
        "INSERT INTO courseware_studentmodule (id) VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9), (2147483647)",
        originalTable(
          id: "int", created: "datetime", characterSet: "utf8",
          extra: ", CONSTRAINT f FOREIGN KEY (student_module_id) REFERENCES courseware_studentmodule (id)"),
      ]),
    today,
    Generation(description: "bigint, datetime(6)", sql: [originalTable(id: "bigint")]),
    Generation(
      description: "bigint unsigned, datetime(3)", sql: [originalTable(id: "bigint unsigned", created: "datetime(3)")]),
    Generation(
      description: "other column order, one index",
      sql: [
        """
        CREATE TABLE \(original) (state longtext, max_grade double, grade double, created datetime(6) NOT NULL, \
        version varchar(255), student_module_id bigint unsigned NOT NULL, id int unsigned NOT NULL AUTO_INCREMENT, \
        PRIMARY KEY (id), KEY an_odd_name (student_module_id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4
        """
      ]),
    latin1,
  ]

  private static func extendedTable(
    _ name: String = extended, id: String = "bigint unsigned", module: String = "int", created: String = "datetime(6)",
    characterSet: String = "utf8mb4", keys: String
  ) -> String {
    """
    CREATE TABLE \(name) (version varchar(255) DEFAULT NULL, created \(created) NOT NULL, state longtext, \
    grade double DEFAULT NULL, max_grade double DEFAULT NULL, id \(id) NOT NULL AUTO_INCREMENT, \
    student_module_id \(module) NOT NULL, PRIMARY KEY (id)\(keys)) ENGINE=InnoDB DEFAULT CHARSET=\(characterSet)
    """
  }

  private static let threeKeys = ", KEY a (version), KEY b (created), KEY c (student_module_id)"

  package static let extendeds: [Generation] = [
    Generation(description: "none yet", sql: []),
    Generation(description: "Eucalyptus, utf8mb3", sql: [extendedTable(characterSet: "utf8", keys: threeKeys)]),
    Generation(
      description: "2019: two identical indexes",
      sql: [extendedTable(module: "bigint unsigned", keys: threeKeys + ", KEY d (student_module_id)")]),
    Generation(
      description: "2025: student_module_idx",
      sql: [extendedTable(module: "bigint unsigned", keys: ", KEY student_module_idx (student_module_id)")]),
    Generation(description: "signed bigint", sql: [extendedTable(id: "bigint", keys: threeKeys)]),
    Generation(
      description: "the mission's name",
      sql: [extendedTable("courseware_studentmodulehistoryextended", keys: threeKeys)]),
  ]

  /// The documented target of the old scripts: it cannot hold four-byte characters.
  package static let utf8mb3Extended = extendedTable(characterSet: "utf8", keys: threeKeys)

  /// A target that cannot hold microseconds.
  package static let secondsOnlyExtended = extendedTable(created: "datetime", keys: threeKeys)

  /// Today's extended table.
  package static let todayExtended = extendedTable(module: "bigint unsigned", keys: threeKeys)

  /// Rows for an original table of any generation, ids ascending from 1; small on purpose.
  package static func plainRows(_ count: Int, from first: Int = 1) -> String {
    let rows = (first..<first + count).map { id in
      "(\(id), \(id % 9 + 1), '2015-10-13 12:\(id / 60 % 60 < 10 ? "0" : "")\(id / 60 % 60):\(id % 60 < 10 ? "0" : "")\(id % 60)',"
        + " '{\"seed\": \(id), \"done\": true}', \(id % 3 == 0 ? "NULL" : "\(Double(id % 7) / 7)"), 1)"
    }
    return "INSERT INTO \(original) (id, student_module_id, created, state, grade, max_grade) VALUES "
      + rows.joined(separator: ", ")
  }
}
