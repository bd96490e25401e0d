import LMSConfiguration
import StudentModuleHistory
import Testing

/// Files as the field has them: a key that stands twice, as the LMS's readers take it.
@Suite("What stands more than once")
struct RepeatedKeyTests {
  @Test(
    "An unrelated key that stands twice is told with its lines, in YAML and JSON, and everything is read",
    arguments: [
      (
        "lms.yml",
        "STORAGE: a\nDATABASES: {default: {ENGINE: django.db.backends.mysql, NAME: x}}\nSTORAGE: b\nSTORAGE: c\n",
        ["STORAGE 1,3,4"]
      ),
      (
        "lms.yml",
        """
        DATABASES: {default: {ENGINE: django.db.backends.mysql, NAME: x}}
        CACHES:
          - {LOCATION: [a], LOCATION: [b]}
          - general: &g {KEY: 1, KEY: 2}
            other: *g
        """, ["CACHES.LOCATION 3,3", "CACHES.general.KEY 4,4"]
      ),
      (
        "lms.env.json",
        "{\"A\": 1,\n\"\\u0041\": NaN,\n \"DATABASES\": {\"default\": {\"NAME\": \"x\", \"ENGINE\": \"django.db.backends.mysql\"}}}",
        ["A 1,2"]
      ),
      (
        "lms.yml",
        "<<: {A: 1}\n<<: {B: 1}\nDATABASES: {default: {ENGINE: django.db.backends.mysql, NAME: x}}\n1: a\n1: b\n",
        []
      ),
    ])
  func told(name: String, text: String, expected: [String]) throws {
    try withFolder([name: text]) { folder in
      let configuration = try LMSConfiguration(files: [folder.path(name)])
      #expect(configuration.original.name == "x")
      let told = configuration.repeatedKeys.map {
        "\($0.keyPath.joined(separator: ".")) \($0.lines.map(String.init).joined(separator: ","))"
      }
      #expect(told == expected)
    }
  }

  @Test("Of DATABASES that stand twice the last one counts, as a whole; inside of it the last setting")
  func databases() throws {
    let text = """
      DATABASES:
        default: {ENGINE: django.db.backends.mysql, NAME: old, HOST: a}
        student_module_history: {ENGINE: django.db.backends.mysql, NAME: old_csmh}
      DATABASES:
        default: {ENGINE: django.db.backends.mysql, NAME: edxapp, HOST: a, HOST: b}
      """
    try withFolder(["lms.yml": text]) { folder in
      let configuration = try LMSConfiguration(files: [folder.path("lms.yml")])
      #expect(configuration.original.name == "edxapp" && configuration.original.host == "b")
      #expect(configuration.extended == nil)
      #expect(configuration.repeatedKeys.map(\.keyPath) == [["DATABASES"], ["DATABASES", "default", "HOST"]])
      #expect(
        configuration.repeatedKeys[0].description
          == "\(folder.path("lms.yml")):4: DATABASES stands more than once (also on line 1): the last one counts, as for the LMS"
      )
    }
  }

  @Test("A flag whose last value stands behind an earlier one of a patch is the last one, with both lines told")
  func flag() throws {
    let text = Fixture.yaml(rest: "FEATURES:\n  ENABLE_CSMH_EXTENDED: true\n  A: 1\n  ENABLE_CSMH_EXTENDED: false")
    try withFolder(["lms.env.yml": text]) { folder in
      let configuration = try LMSConfiguration(files: [folder.path("lms.env.yml")])
      #expect(configuration.flags.extendedEnabled == false)
      #expect(configuration.flagPlaces.map(\.line) == [9])
      #expect(configuration.repeatedKeys.map(\.lines) == [[7, 9]])
    }
  }

  @Test("The settings of a running LMS, as JSON")
  func dump() throws {
    let text = """
      {"ADMINS": [], "FLOAT": Infinity, "DATABASES": {"default": {"ATOMIC_REQUESTS": true, "AUTOCOMMIT": true,
       "CONN_MAX_AGE": 0, "ENGINE": "django.db.backends.mysql", "HOST": "db1", "NAME": "edxapp", "OPTIONS":
       {"isolation_level": "read committed", "charset": "utf8mb4"}, "PASSWORD": "x", "PORT": "3306", "TEST": {"CHARSET": null},
       "TIME_ZONE": null, "USER": "edxapp001"}, "student_module_history": {"ENGINE": "django.db.backends.mysql",
       "HOST": "db2", "NAME": "edxapp_csmh", "OPTIONS": {}, "PASSWORD": "x", "PORT": 3306, "USER": "edxapp001"}},
       "ENABLE_CSMH_EXTENDED": true, "FEATURES": {"ENABLE_CSMH_EXTENDED": true,
       "ENABLE_READING_FROM_MULTIPLE_HISTORY_TABLES": true}, "DATABASE_ROUTERS": ["\(LMSConfiguration.router)"],
       "INSTALLED_APPS": ["django.contrib.auth", "\(LMSConfiguration.application)"]}
      """
    try withFolder(["settings.json": text]) { folder in
      let configuration = try LMSConfiguration(files: [folder.path("settings.json")])
      #expect(configuration.original.description == "mysql://edxapp001@db1:3306/edxapp")
      #expect(configuration.extended?.description == "mysql://edxapp001@db2:3306/edxapp_csmh")
      #expect(configuration.knownFlags() == HistoryFlags(extendedEnabled: true, readOnlyFromExtended: false))
      #expect(configuration.hasApplication == true && configuration.hasRouter == true)
      #expect(configuration.repeatedKeys.isEmpty)
    }
  }

  @Test("An anchor that is defined a second time stands for the later value from there on")
  func anchors() throws {
    let text = """
      A: &d {ENGINE: django.db.backends.mysql, NAME: one}
      B: &d {ENGINE: django.db.backends.mysql, NAME: two}
      DATABASES: {default: *d}
      """
    try withFolder(["lms.yml": text]) { folder in
      let original = try LMSConfiguration(files: [folder.path("lms.yml")]).original
      #expect(original.name == "two")
    }
  }
}
