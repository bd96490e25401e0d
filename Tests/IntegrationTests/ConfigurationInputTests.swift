import Foundation
import TestSupport
import Testing

/// Configurations as they come: from standard input, as a dump of a running LMS, with keys that stand twice, with a CMS beside.
@Suite(.limitedConcurrency) struct ConfigurationInputTests {
  private static func installation(provisioned: Bool = true) async throws -> (TestInstallation, LMSConfigurationFile) {
    let installation = try await TestInstallation(.betweenMariaDBs)
    for sql in Tables.today.sql { try await installation.original(sql) }
    try await installation.original(Tables.plainRows(50))
    let file = try LMSConfigurationFile(installation)
    if provisioned { #expect(try await Command.csmh(["provision", "--lms-config", file.path]).status == 0) }
    return (installation, file)
  }

  /// Runs csmh with a file as its standard input.
  private static func piped(_ file: String, _ arguments: String...) async throws -> Command.Result {
    try await Command.run(
      "/bin/sh", ["-c", "exec \"$@\" < \"$0\"", file, try Command.csmh] + arguments, environment: [:])
  }

  @Test("standard input is read, and refused with 64 where it would be watched or changed")
  func standardInput() async throws {
    let (_, file) = try await Self.installation()
    defer { file.remove() }
    let flags = try await Self.piped(file.path, "flags", "--lms-config", "-")
    #expect(flags.status == 0 && flags.output.contains("standard input:"), "\(flags)")
    #expect(try await Self.piped(file.path, "copy", "--lms-config", "-").status == 0)
    #expect(try await Self.piped(file.path, "migrate", "--lms-config", "-", "--quiet").status == 0)
    for arguments in [
      ["supervise"], ["serve"], ["flags", "--set", "ENABLE_CSMH_EXTENDED=true"], ["flags", "--lms-config", "-"],
    ] {
      let result = try await Command.run(
        "/bin/sh",
        ["-c", "exec \"$@\" < \"$0\"", file.path, try Command.csmh] + arguments + ["--lms-config", "-"],
        environment: [:])
      #expect(result.status == 64, "\(arguments): \(result)")
    }
    let empty = try await Command.csmh(["flags", "--lms-config", "-"])
    #expect(empty.status == 78 && empty.error.contains("standard input: is empty"), "\(empty.error)")
  }

  @Test("a dump of settings is read, and check looks at the router and the application in it")
  func dump() async throws {
    let (installation, file) = try await Self.installation()
    defer { file.remove() }
    func database(_ server: TestServer, _ name: String) -> String {
      """
      {"ENGINE": "django.db.backends.mysql", "NAME": "\(name)", "USER": "root", "PASSWORD": "", "HOST": "127.0.0.1", "PORT": \
      "\(server.port)", "OPTIONS": {}, "TIME_ZONE": null, "CONN_MAX_AGE": 0, "ATOMIC_REQUESTS": true}
      """
    }
    func text(_ router: String, _ application: String) -> String {
      """
      {"DATABASES": {"default": \(database(installation.source, installation.originalDatabase)),
        "student_module_history": \(database(installation.target, installation.extendedDatabase))},
       "ENABLE_CSMH_EXTENDED": true, "FEATURES": {"ENABLE_CSMH_EXTENDED": true}, "TIMEOUT": Infinity,
       "DATABASE_ROUTERS": ["\(router)", "edx_django_utils.db.read_replica.ReadReplicaRouter"],
       "INSTALLED_APPS": ["django.contrib.auth", "\(application)"]}
      """
    }
    let rules = ["--rule", "database-routers", "--rule", "installed-apps"]
    let dump = file.directory.appendingPathComponent("settings.json").path
    let whole = text(
      "openedx.core.lib.django_courseware_routers.StudentModuleHistoryExtendedRouter",
      "lms.djangoapps.coursewarehistoryextended")
    try whole.write(toFile: dump, atomically: true, encoding: .utf8)
    #expect(try await Command.csmh(["check", "--lms-config", dump] + rules).output.contains("2 pass"))
    #expect(try await Self.piped(dump, "check", "--lms-config", "-", "--rule", "installed-apps").status == 0)
    try text("x.Router", "x.app").write(toFile: dump, atomically: true, encoding: .utf8)
    let spoilt = try await Command.csmh(["check", "--lms-config", dump] + rules)
    #expect(spoilt.status == 1 && spoilt.output.contains("2 fail"), "\(spoilt.output)")
  }

  @Test("keys that stand twice are told and read as the LMS reads them; only what --set would change is refused")
  func repeated() async throws {
    let (_, file) = try await Self.installation()
    defer { file.remove() }
    let text = try String(contentsOfFile: file.path, encoding: .utf8)
    try file.write("STORAGE: a\n" + text + "STORAGE: b\n")
    let flags = try await Command.csmh(["flags", "--lms-config", file.path])
    #expect(flags.status == 0 && flags.error.contains("STORAGE stands more than once"), "\(flags.error)")
    #expect(
      try await Command.csmh(["flags", "--lms-config", file.path, "--set", "ENABLE_CSMH_EXTENDED=true"]).status == 0)
    // As Tutor renders a patch's value before its own.
    try file.write(text.replacingOccurrences(of: "FEATURES:\n", with: "FEATURES:\n  ENABLE_CSMH_EXTENDED: true\n"))
    let twice = try await Command.csmh(["flags", "--lms-config", file.path, "--json"])
    #expect(twice.status == 0 && twice.output.contains("\"extended_enabled\" : false"), "\(twice.output)")
    let refused = try await Command.csmh(["flags", "--lms-config", file.path, "--set", "ENABLE_CSMH_EXTENDED=true"])
    #expect(refused.status == 78 && refused.error.contains("Keep one of them"), "\(refused.error)")
  }

  @Test("cms.yml beside lms.yml is found, or named, and must agree; --set says so where it does not")
  func studio() async throws {
    let (_, file) = try await Self.installation()
    defer { file.remove() }
    let text = try String(contentsOfFile: file.path, encoding: .utf8)
    let studio = file.directory.appendingPathComponent("cms.yml").path
    let check = ["check", "--lms-config", file.path, "--rule", "cms-configuration"]
    #expect(try await Command.csmh(check).output.contains("skipped"))
    try text.write(toFile: studio, atomically: true, encoding: .utf8)
    #expect(try await Command.csmh(check).output.contains("1 pass"))
    let set = try await Command.csmh(["flags", "--lms-config", file.path, "--set", "ENABLE_CSMH_EXTENDED=true"])
    #expect(set.status == 0 && set.error.contains("the CMS needs the same"), "\(set.error)")
    let differing = try await Command.csmh(check)
    #expect(differing.status == 1 && differing.output.contains("ENABLE_CSMH_EXTENDED is off, and on for the LMS"))
    let named = file.directory.appendingPathComponent("studio.yml").path
    try text.replacingOccurrences(of: "FEATURES:", with: "FEATURES: {}\nX:").write(
      toFile: named, atomically: true, encoding: .utf8)
    let other = try await Command.csmh(check + ["--cms-config", named])
    #expect(other.status == 1 && other.output.contains("not set, and on for the LMS"), "\(other.output)")
  }

  @Test("a Tutor project's unset flag is off; the operator may say otherwise")
  func tutor() async throws {
    let (installation, file) = try await Self.installation()
    defer { file.remove() }
    let config = """
      MYSQL_HOST: 127.0.0.1
      MYSQL_PORT: \(installation.source.port)
      OPENEDX_MYSQL_DATABASE: \(installation.originalDatabase)
      OPENEDX_MYSQL_USERNAME: root
      CSMH_EXTENDED_DATABASE: \(installation.extendedDatabase)
      CSMH_EXTENDED_PORT: \(installation.target.port)
      """
    try config.write(
      toFile: file.directory.appendingPathComponent("config.yml").path, atomically: true, encoding: .utf8)
    let arguments = ["flags", "--tutor-root", file.directory.path, "--yes"]
    let off = try await Command.csmh(arguments)
    #expect(off.status == 0 && off.output.contains("is off (not set; Tutor turns it off)"), "\(off)")
    let on = try await Command.csmh(arguments + ["--flag-defaults", "on"])
    #expect(on.status == 0 && on.output.contains("is on (not set; as --flag-defaults says)"), "\(on)")
  }
}
