import Foundation
import LMSConfiguration
import StudentModuleHistory
import Testing

@Suite("Reading what a site has")
struct LMSConfigurationTests {
  @Test("lms.yml of a native installation")
  func nativeYAML() throws {
    try withFolder(["lms.yml": Fixture.nativeYAML]) { folder in
      let file = folder.path("lms.yml")
      let configuration = try LMSConfiguration(files: [file])
      let tls = DatabaseSettings.TLSFiles(
        ca: "/etc/ssl/rds.pem", certificate: "/etc/ssl/client.pem", key: "/etc/ssl/client.key")
      var expected = DatabaseSettings(
        engine: .mysql, name: "edxapp", user: "edxapp001", password: Secret("s3cret: #é"), host: "db1.example.org",
        port: 3306, tlsFiles: tls, tlsMode: .verifyIdentity, connectTimeout: .seconds(10), charset: "utf8mb4",
        file: file, line: 9)
      #expect(configuration.original == expected)
      expected.host = "2001:db8::17"
      expected.port = 3307
      expected.line = 24
      #expect(configuration.readReplica == expected)
      #expect(configuration.readReplica?.description == "mysql://edxapp001@[2001:db8::17]:3307/edxapp")
      #expect(
        configuration.extended
          == DatabaseSettings(
            engine: .mysql, name: "edxapp_csmh", user: "edxapp001", password: Secret("s3cret: #é"), port: 3306,
            socketPath: "/run/mysqld/mysqld.sock", optionFile: "/etc/mysql/csmh.cnf", file: file, line: 28))
      #expect(configuration.flags == FlagSettings(extendedEnabled: false, readOnlyFromExtended: false))
      #expect(configuration.flagPlaces.map(\.line) == [36, 37])
      #expect(configuration.startingIDOffset == 10_000)
      #expect(configuration.files == [file])
    }
  }

  @Test("lms.env.json with lms.auth.json, in either order", arguments: [false, true])
  func pairOfJSON(reversed: Bool) throws {
    try withFolder(["lms.env.json": Fixture.envJSON, "lms.auth.json": Fixture.authJSON]) { folder in
      let files = ["lms.env.json", "lms.auth.json"].map(folder.path)
      let configuration = try LMSConfiguration(files: reversed ? files.reversed() : files)
      #expect(configuration.original.password?.revealed == "päss🔑/\"\\")
      #expect(configuration.original.host == nil)
      #expect(configuration.original.socketPath == "/var/run/mysqld/mysqld.sock")
      #expect(configuration.original.port == nil)
      #expect(configuration.original.tlsFiles == nil)
      #expect(configuration.extended?.description == "mysql://edxapp001@csmh.example.org:3310/edxapp_csmh")
      #expect(configuration.extended?.password == nil)
      #expect(configuration.readReplica == nil)
      #expect(configuration.flags == FlagSettings(extendedEnabled: true))
      #expect(configuration.startingIDOffset == 250_000)
    }
  }

  @Test("A later file's DATABASES takes the place of an earlier one's as a whole")
  func laterFileWins() throws {
    try withFolder(["a.json": Fixture.authJSON, "b.yml": Fixture.yaml("HOST: other")]) { folder in
      let configuration = try LMSConfiguration(files: [folder.path("a.json"), folder.path("b.yml")])
      #expect(configuration.original.host == "other")
      #expect(configuration.extended == nil)
    }
  }

  @Test("Tutor's defaults, and a password of digits")
  func tutorDefaults() throws {
    try withFolder(["config.yml": Fixture.tutorYAML]) { folder in
      let configuration = try LMSConfiguration(tutorRoot: folder.url.path)
      let file = folder.path("config.yml")
      var expected = DatabaseSettings(
        engine: .mysql, name: "openedx", user: "openedx", password: Secret("12345678"), host: "mysql", port: 3306,
        file: file)
      #expect(configuration.original == expected)
      let root = try LMSConfiguration.tutorAdministrator(tutorRoot: folder.url.path)
      #expect(root.user == "root" && root.password?.revealed == "rootPW01" && root.name == "openedx")
      expected.name = "edxapp_csmh"
      #expect(configuration.extended == expected)
      #expect(configuration.flags == FlagSettings() && configuration.knownFlags() == .off)
      #expect(configuration.unsetMeansOff == .tutor)
      #expect(configuration.files == [file])
    }
  }

  @Test("Tutor with a server of its own, and another for the extended database")
  func tutorOverrides() throws {
    let text = """
      MYSQL_HOST: db.example.org
      MYSQL_PORT: "3307"
      OPENEDX_MYSQL_DATABASE: edx
      OPENEDX_MYSQL_USERNAME: lms
      CSMH_EXTENDED_DATABASE: history
      CSMH_EXTENDED_HOST: /run/csmh.sock
      CSMH_EXTENDED_PORT: 3308
      ENABLE_CSMH_EXTENDED: on
      """
    try withFolder(["config.yml": text]) { folder in
      let configuration = try LMSConfiguration(tutorRoot: folder.url.path + "/")
      #expect(configuration.original.description == "mysql://lms@db.example.org:3307/edx")
      #expect(configuration.extended?.description == "mysql://lms@:3308/history?socket=/run/csmh.sock")
      #expect(configuration.original.password == nil)
      #expect(configuration.flags.extendedEnabled == true)
    }
  }

  @Test("A template in Tutor's file means nothing outside of Tutor")
  func tutorTemplate() throws {
    try withFolder(["config.yml": "A: 1\nMYSQL_HOST: \"{{ DOCKER_HOST }}\"\n"]) { folder in
      let error = #expect(throws: LMSConfigurationError.self) { try LMSConfiguration(tutorRoot: folder.url.path) }
      #expect(error?.line == 2)
      #expect(error?.message.hasPrefix("MYSQL_HOST is a template") == true)
    }
  }

  @Test(
    "SQLite's file is looked for beside the configuration",
    arguments: [("edxapp.db", "/edxapp.db"), ("data/../x.db", "/x.db"), ("/abs/edxapp.db", nil)])
  func sqlitePath(name: String, below: String?) throws {
    let text = "DATABASES: {default: {ENGINE: django.db.backends.sqlite3, NAME: \(name), USER: '', PORT: x}}"
    try withFolder(["lms.yml": text]) { folder in
      let original = try LMSConfiguration(files: [folder.path("lms.yml")]).original
      #expect(original.engine == .sqlite)
      #expect(original.name == below.map { folder.url.path + $0 } ?? name)
    }
  }

  @Test("Plain values that PyYAML takes for text", arguments: ["12e45678", "089", "1e5", "0o17", "tRUE", "y", "1.2.3"])
  func plainText(password: String) throws {
    try withFolder(["lms.yml": Fixture.yaml("PASSWORD: \(password)")]) { folder in
      let original = try LMSConfiguration(files: [folder.path("lms.yml")]).original
      #expect(original.password?.revealed == password)
    }
  }

  @Test(
    "Plain values that PyYAML takes for something else than text",
    arguments: [
      "1.5", "1.5e+3", ".5", "-.inf", ".NaN", "1:30.5", "1:30", "0b1", "017", "1_000", "2024-01-02",
      "2024-1-2 03:04:05.6 +01:00", "2024-01-02T03:04:05Z", "Off",
    ])
  func plainOther(password: String) throws {
    try withFolder(["lms.yml": Fixture.yaml("PASSWORD: \(password)")]) { folder in
      #expect(folder.error("lms.yml")?.hasSuffix("where text is expected: put the value in quotes") == true)
    }
  }

  @Test("A byte order mark, Windows' line ends and a short file")
  func byteOrderMark() throws {
    let text = "\u{FEFF}" + Fixture.authJSON.replacingOccurrences(of: "\n", with: "\r\n")
    try withFolder(["lms.auth.json": text, "a.yml": "\u{FEFF}A: 1"]) { folder in
      let configuration = try LMSConfiguration(files: [folder.path("lms.auth.json"), folder.path("a.yml")])
      #expect(configuration.original.line == 3)
    }
  }

  @Test("No description, dump or mirror shows a password")
  func secretsStayHidden() throws {
    try withFolder(["lms.yml": Fixture.nativeYAML]) { folder in
      let configuration = try LMSConfiguration(files: [folder.path("lms.yml")])
      let edit = try LMSConfigurationEditor(files: configuration.files).settingFlag(.extendedEnabled, to: true)
      var shown = "\(configuration) \(configuration.original) \(configuration.original.password as Any) \(edit)"
      shown += String(reflecting: configuration) + String(reflecting: configuration.original) + String(reflecting: edit)
      dump(configuration, to: &shown)
      dump(edit, to: &shown)
      #expect(shown.contains("edxapp001"))
      #expect(!shown.contains("s3cret"))
      #expect(!shown.contains("115, 51, 99"))
    }
  }
}
