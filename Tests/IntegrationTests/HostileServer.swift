import MariaDBClient
import TestSupport

/// A server whose global variables a test may spoil, with the connection that puts them right again.
///
/// Sessions begin with the global values; the one that spoils them was opened before, and keeps its own.
struct HostileServer: Sendable {
  /// A session variable and a value that a server may begin sessions with.
  struct Spoiling: Sendable, Hashable, CustomStringConvertible {
    let variable: String
    let value: String

    var description: String { "\(variable) = \(value)" }
  }

  let server: TestServer
  private let connection: MariaDBConnection
  private let usual: [String: String]

  /// Every session variable that has a global value, with the values that it may have beside its usual one, the first ones first.
  let spoilings: [[Spoiling]]

  /// The names of all session variables.
  let variables: Set<String>

  init(_ family: TestServer.Family, name: String) async throws {
    let binlog = family == .mariaDB ? ["--log-bin", "--server-id=7"] : ["--server-id=7", "--log-bin=binlog"]
    server = try await TestServers.shared.named(name, family, options: binlog)
    connection = try await server.connect()
    // A value beyond what a variable can have becomes the nearest that it can.
    try await connection.execute("SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'")
    var usual: [String: String] = [:]
    for row in try await connection.query("SHOW GLOBAL VARIABLES") { usual[row[0]!] = row[1] ?? "" }
    self.usual = usual
    let known = family == .mariaDB ? try await Self.mariaDB(connection) : try await Self.mySQL(connection, usual)
    variables = Set(known.keys)
    spoilings = known.sorted { $0.key < $1.key }.map { name, values in
      values.filter { $0 != usual[name] }.map { Spoiling(variable: name, value: $0) }
    }.filter { !$0.isEmpty && usual[$0[0].variable] != nil && $0[0].variable != "max_allowed_packet" }
  }

  /// Sets global values. Returns those that the server took.
  func spoil(_ spoilings: [Spoiling]) async throws -> [Spoiling] {
    var taken: [Spoiling] = []
    for spoiling in spoilings {
      do throws(MariaDBError) {
        try await connection.execute(StatementText("SET GLOBAL \(spoiling.variable) = \(Self.literal(spoiling.value))"))
        taken.append(spoiling)
      } catch {
        // Read-only, or a value of another version.
        guard !error.closesConnection else { throw error }
      }
    }
    return taken
  }

  /// Puts everything right again.
  func heal(_ spoilings: [Spoiling]) async throws {
    // Some change others: once more, so that all are as they were.
    for _ in 0..<2 {
      for spoiling in spoilings {
        _ = try? await connection.execute(
          StatementText("SET GLOBAL \(spoiling.variable) = \(Self.literal(usual[spoiling.variable]!))"))
      }
    }
  }

  func run(_ sql: String) async throws { try await connection.execute(StatementText(sql)) }

  func query(_ sql: String) async throws -> [[String?]] { try await connection.query(StatementText(sql)) }

  private static func literal(_ value: String) -> String { Double(value) != nil ? value : "'\(value)'" }

  /// MariaDB tells of each variable what it can be.
  private static func mariaDB(_ connection: MariaDBConnection) async throws -> [String: [String]] {
    var known: [String: [String]] = [:]
    for row in try await connection.query(
      """
      SELECT LOWER(VARIABLE_NAME), VARIABLE_TYPE, NUMERIC_MIN_VALUE, NUMERIC_MAX_VALUE, ENUM_VALUE_LIST \
      FROM information_schema.SYSTEM_VARIABLES WHERE VARIABLE_SCOPE LIKE 'SESSION%'
      """)
    {
      let list = row[4]?.split(separator: ",").map(String.init) ?? []
      known[row[0]!] =
        switch row[1] ?? "" {
        case "BOOLEAN": ["ON", "OFF"]
        case "ENUM": list
        case "SET": ["", list.joined(separator: ","), list.first ?? ""]
        case "FLAGSET":
          [list.map { "\($0)=off" }.joined(separator: ","), list.map { "\($0)=on" }.joined(separator: ",")]
        case "VARCHAR": texts[row[0]!] ?? []
        default: [row[2] ?? "0", "1", row[3] ?? "18446744073709551615", "2"]
        }
    }
    return known
  }

  /// MySQL does not tell what a variable can be: what it is now, and a table of those that are neither numbers nor switches.
  private static func mySQL(
    _ connection: MariaDBConnection, _ usual: [String: String]
  ) async throws -> [String: [String]] {
    var known: [String: [String]] = [:]
    for row in try await connection.query("SHOW SESSION VARIABLES") {
      let (name, value) = (row[0]!, row[1] ?? "")
      do throws(MariaDBError) {
        try await connection.execute(StatementText("SET SESSION \(name) = \(literal(value))"))
      } catch {
        guard !error.closesConnection else { throw error }
        // A global variable, or one that is only read. Others do not take their own value back.
        if error.code == 1238 || error.code == 1229 { continue }
      }
      known[name] =
        if let values = texts[name] { values } else if value == "ON" || value == "OFF" {
          ["ON", "OFF"]
        } else if Double(value)
          != nil
        { ["0", "1", "18446744073709551615", "2"] } else { [] }
    }
    try await connection.execute(
      "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES', sql_select_limit = 18446744073709551615, autocommit = 1")
    return known
  }

  /// The values of variables that hold a text, where the server does not tell them.
  private static let texts: [String: [String]] = [
    "binlog_format": ["STATEMENT", "MIXED"], "binlog_row_image": ["minimal", "noblob"],
    "binlog_row_value_options": ["PARTIAL_JSON"], "block_encryption_mode": ["aes-256-cbc"],
    "character_set_client": ["latin1", "utf8mb3", "sjis"], "character_set_connection": ["latin1", "ucs2", "binary"],
    "character_set_database": ["latin1"], "character_set_filesystem": ["latin1"],
    "character_set_results": ["latin1", "ascii", "utf16"], "character_set_server": ["latin1", "ucs2"],
    "collation_connection": ["latin1_swedish_ci", "utf8mb4_tr_0900_ai_ci"], "collation_database": ["latin1_bin"],
    "collation_server": ["latin1_bin"], "completion_type": ["CHAIN", "RELEASE"],
    "default_collation_for_utf8mb4": ["utf8mb4_general_ci"], "default_storage_engine": ["MyISAM", "MEMORY"],
    "default_tmp_storage_engine": ["MyISAM"], "storage_engine": ["MyISAM"], "enforce_storage_engine": ["InnoDB"],
    "explain_format": ["JSON"], "gtid_next": ["ANONYMOUS"], "group_replication_consistency": ["BEFORE"],
    "internal_tmp_mem_storage_engine": ["MEMORY"], "lc_messages": ["fr_FR", "de_DE"], "lc_time_names": ["ja_JP"],
    "myisam_stats_method": ["nulls_equal"],
    "optimizer_switch": ["index_merge=off,derived_merge=off,mrr=on,batched_key_access=on"],
    "optimizer_trace": ["enabled=on"], "rbr_exec_mode": ["IDEMPOTENT"], "resultset_metadata": ["NONE"],
    "session_track_gtids": ["ALL_GTIDS"], "session_track_system_variables": ["*", ""],
    "session_track_transaction_info": ["CHARACTERISTICS", "STATE"],
    "sql_mode": [
      "", "ANSI", "TRADITIONAL", "PAD_CHAR_TO_FULL_LENGTH",
      "ANSI_QUOTES,PIPES_AS_CONCAT,IGNORE_SPACE,HIGH_NOT_PRECEDENCE",
      "NO_UNSIGNED_SUBTRACTION,REAL_AS_FLOAT", "NO_BACKSLASH_ESCAPES",
    ],
    "terminology_use_previous": ["BEFORE_8_0_26"], "time_zone": ["-05:00", "+14:00", "SYSTEM"],
    "transaction_isolation": ["SERIALIZABLE", "READ-UNCOMMITTED"], "updatable_views_with_limit": ["NO"],
    "use_secondary_engine": ["FORCED", "OFF"], "system_versioning_asof": ["2001-01-01 00:00:00"],
  ]
}
