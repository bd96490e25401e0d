import StudentModuleHistory
import TestSupport
import Testing

/// Django's own migrations and `csmh provision`, in every order.
@Suite(.limitedConcurrency) struct DjangoSchemaTests {
  private static let history = ["lms", "migrate", "--database", "student_module_history"]

  /// What csmh says that Django needs where csmh has made the table.
  private static let fake = history + ["--fake", "coursewarehistoryextended"]

  /// One step on the way, and how it ends.
  enum Step: String, Sendable {
    case provision, migrate
    case migrateFails = "migrate, which fails"
    case fake, fakeTwo = "fake up to 0002"
    case turnOn = "flag on"
  }

  struct Order: Sendable, CustomStringConvertible {
    let release: DjangoRelease
    let steps: [Step]
    var description: String { "\(release): " + steps.map(\.rawValue).joined(separator: ", ") }

    /// All orders on the newest release; on older ones those that sites are in.
    static var all: [Order] {
      let orders: [[Step]] = [
        [.migrate, .provision, .migrate, .turnOn], [.provision, .migrateFails, .fake, .turnOn],
        [.turnOn, .provision, .fake],
        [.provision, .fake, .turnOn], [.provision, .fakeTwo, .turnOn], [.turnOn, .migrate, .provision],
      ]
      return DjangoRelease.versions.flatMap { release in
        orders.prefix(release.version == DjangoRelease.versions.last?.version ? orders.count : 3)
          .map { Order(release: release, steps: $0) }
      }
    }
  }

  /// What matters of a table: columns, keys and where they begin, engine and character set; not the names of keys.
  private static func definition(_ site: DjangoSite) async throws -> [[String?]] {
    let table =
      "table_schema = '\(site.installation.extendedDatabase)' AND table_name = '\(TestInstallation.extendedTable)'"
    return try await site.installation.extendedRows(
      """
      SELECT column_name, REPLACE(REPLACE(column_type, '(20)', ''), '(11)', ''), is_nullable, extra, collation_name \
      FROM information_schema.columns WHERE \(table) ORDER BY ordinal_position
      """)
      + site.installation.extendedRows(
        """
        SELECT GROUP_CONCAT(column_name ORDER BY seq_in_index), MAX(non_unique) FROM information_schema.statistics \
        WHERE \(table) GROUP BY index_name ORDER BY 1
        """)
      + site.installation.extendedRows("SELECT engine, table_collation FROM information_schema.tables WHERE \(table)")
  }

  @Test(
    "migrate succeeds before and after provision, with the --fake that csmh tells, and the table is the same in every order",
    arguments: Order.all)
  func everyOrder(order: Order) async throws {
    try await DjangoSite.with(order.release, .betweenMariaDBs) { site in
      for sql in Tables.today.sql { try await site.installation.original(sql) }
      try await site.installation.original(Tables.plainRows(20))
      var told = ""
      for step in order.steps {
        let result: Command.Result
        switch step {
        case .provision:
          result = try await site.csmh("provision")
          // Word for word what it prints, where it prints it: Django has to be told of a table that it did not make itself.
          told = result.output
          let isMadeByDjango = order.steps.prefix { $0 != .provision }.contains(.migrate)
          #expect(told.contains("manage.py") != isMadeByDjango)
        case .migrate: result = try await site.manage(Self.history)
        case .migrateFails:
          let failed = try await site.manage(Self.history)
          #expect(failed.status == 1 && failed.error.contains("1050"), "\(failed.error)")
          continue
        case .fake, .fakeTwo:
          result = try await FollowedRemedies.follow(.fakeMigrations, in: told) { printed in
            let words = printed.text.split(separator: " ").map(String.init)
            #expect(words == ["./manage.py"] + Self.fake)
            let more = step == .fakeTwo ? ["0002"] : []
            let faked = try await site.manage(Array(words.dropFirst()) + more)
            #expect(try await site.csmh("check", "--rule", "django-migrations").output.contains("1 pass"))
            return faked
          }
        case .turnOn:
          try site.set(extendedEnabled: true)
          guard order.steps[0] != .turnOn else { continue }
          result = try await site.manage(Self.history)
        }
        #expect(result.status == 0, "\(order), \(step): \(result.output)\(result.error)")
      }
      let migrated = try await site.manage(Self.history)
      #expect(migrated.status == 0, "\(migrated.output)\(migrated.error)")
      #expect(
        try await site.installation.extendedRows(
          "SELECT COUNT(*) FROM django_migrations WHERE app = 'coursewarehistoryextended'") == [["3"]])
      #expect(try await Self.definition(site) == Self.expected)
      // Django's own raising of the starting id never runs; csmh's does.
      #expect(try await site.csmh("offset").status == 0)
    }
  }

  private static let expected: [[String?]] = {
    let text = "utf8mb4_unicode_ci"
    return [
      ["version", "varchar(255)", "YES", "", text], ["created", "datetime(6)", "NO", "", nil],
      ["state", "longtext", "YES", "", text], ["grade", "double", "YES", "", nil],
      ["max_grade", "double", "YES", "", nil],
      ["id", "bigint unsigned", "NO", "auto_increment", nil], ["student_module_id", "bigint unsigned", "NO", "", nil],
      ["created", "1"], ["id", "0"], ["student_module_id", "1"], ["version", "1"], ["InnoDB", text],
    ]
  }()

  @Test(
    "a site that ran without the application records its migrations while the flag is off; with the flag on Django refuses",
    arguments: DjangoRelease.versions)
  func withoutApplication(release: DjangoRelease) async throws {
    try await DjangoSite.with(release, .betweenMariaDBs) { site in
      try await site.makeOriginalTables()
      #expect(try await site.csmh("provision").status == 0)
      #expect(try await site.manage(Self.history).status == 1)
      try site.set(extendedEnabled: true)
      for words in [["lms", "migrate"], Self.fake] {
        let refused = try await site.manage(words)
        #expect(
          refused.status == 1 && refused.error.contains("InconsistentMigrationHistory"), "\(words): \(refused.error)")
      }
      let check = try await site.csmh("check", "--rule", "django-migrations")
      #expect(check.status == 0 && check.output.contains("1 warn"), "\(check.output)")
      // Once, and before the flag is turned on.
      try await FollowedRemedies.follow(.fakeMigrationsOnce, in: check.output) { _ in
        try site.set(extendedEnabled: false)
        let told = try FollowedRemedies.printed(.fakeMigrations, in: check.output).text
        for words in [told.split(separator: " ").dropFirst().map(String.init), ["lms", "migrate"]] {
          let result = try await site.manage(words)
          #expect(result.status == 0, "\(words): \(result.error)")
        }
        try site.set(extendedEnabled: true)
        for words in [Self.history, ["lms", "migrate"]] { #expect(try await site.manage(words).status == 0) }
      }
    }
  }
}
