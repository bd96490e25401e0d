import Foundation
import LMSConfiguration
import Testing

@Suite("What is wrong, where, and what to do")
struct ConfigurationErrorTests {
  @Test(
    "YAML",
    arguments: [
      ("", "lms.yml: is empty"),
      ("\u{FEFF}\n \n", "lms.yml: is empty"),
      ("# nothing\n", "lms.yml: is empty: it holds nothing but comments"),
      ("- a\n", "lms.yml:1: holds a list where a mapping of settings is expected"),
      ("\nhunter2", "lms.yml:2: holds text where a mapping of settings is expected"),
      ("A: 1\nB: [1\nC: 2\n", "lms.yml:3: is not valid YAML at column 2: did not find expected ',' or ']'"),
      ("A: 1\n\tB: 2\n", "lms.yml:2: is not valid YAML at column 1: found a tab character that violates indentation"),
      ("A: 1\nB: \u{7}x\n", "lms.yml:2: is not valid YAML: control characters are not allowed"),
      ("A: *gone\n", "lms.yml:1: is not valid YAML at column 4: found undefined alias"),
      ("A: 1\n---\nB: 1\n", "lms.yml:2: is not valid YAML at column 1: but found another document"),
      ("A: &a [*a]\n", "lms.yml:1: is not valid YAML at column 8: found undefined alias"),
      (String(repeating: "[", count: 300), "lms.yml:1: is not valid YAML at column 201: more than 200 levels"),
      ("A: 1\n", "lms.yml: has no DATABASES: name the file that has them as well (lms.auth.json, beside lms.env.json)"),
      ("A: 1\nDATABASES: x\n", "lms.yml:2: DATABASES is text where a mapping is expected"),
      (
        "DATABASES:\n  other: {}\n",
        "lms.yml:1: DATABASES.default is missing: it is the database with the original table"
      ),
      ("DATABASES:\n  default: [a]\n", "lms.yml:2: DATABASES.default is a list where a mapping is expected"),
      (
        "DATABASES:\n  default:\n    NAME: edxapp\n",
        "lms.yml:2: DATABASES.default.ENGINE is missing: it names the kind of database, such as django.db.backends.mysql"
      ),
      (
        "DATABASES:\n  default:\n    NAME: edxapp\n    ENGINE: django.db.backends.postgresql\n",
        "lms.yml:4: DATABASES.default.ENGINE is django.db.backends.postgresql, which csmh does not know: it migrates "
          + "MySQL and MariaDB, and SQLite for trials"
      ),
      (
        "DATABASES:\n  default:\n    ENGINE: django.db.backends.mysql\n",
        "lms.yml:2: DATABASES.default.NAME is missing: it names the database"
      ),
      (
        "DATABASES: {default: {ENGINE: django.db.backends.sqlite3, NAME: ':memory:'}}",
        "lms.yml:1: DATABASES.default.NAME is a database in memory, which nothing else can reach: name a file"
      ),
    ])
  func yaml(text: String, message: String) throws {
    try withFolder(["lms.yml": text]) { folder in
      #expect(folder.error("lms.yml") == message)
    }
  }

  @Test(
    "Values of the wrong type, never shown",
    arguments: [
      ("PASSWORD: 4711", "PASSWORD is a number where text is expected: put the value in quotes"),
      ("PASSWORD: 0x4711", "PASSWORD is a number where text is expected: put the value in quotes"),
      ("PASSWORD: yes", "PASSWORD is a boolean where text is expected: put the value in quotes"),
      ("PASSWORD: [4711]", "PASSWORD is a list where text is expected"),
      ("PASSWORD: 2024-01-01", "PASSWORD is a value of another kind where text is expected: put the value in quotes"),
      ("PORT: abc4711", "PORT must be a positive integer up to 65535"),
      ("PORT: 65536", "PORT must be a positive integer up to 65535"),
      ("PORT: -1", "PORT must be a positive integer up to 65535"),
      ("HOST: {a: 1}", "HOST is a mapping where text is expected"),
      ("OPTIONS: 4711", "OPTIONS is a number where a mapping is expected"),
      ("OPTIONS: {connect_timeout: 1.5}", "OPTIONS.connect_timeout must be a positive integer"),
      ("OPTIONS: {ssl: true}", "OPTIONS.ssl is a boolean where a mapping is expected"),
      (
        "OPTIONS: {ssl_mode: 4711x}",
        "OPTIONS.ssl_mode is none of DISABLED, PREFERRED, REQUIRED, VERIFY_CA, VERIFY_IDENTITY"
      ),
    ])
  func types(text: String, message: String) throws {
    try withFolder(["lms.yml": Fixture.yaml("USER: a\n\(text)")]) { folder in
      #expect(folder.error("lms.yml") == "lms.yml:6: DATABASES.default.\(message)")
    }
  }

  @Test(
    "Flags and offset",
    arguments: [
      (
        "ENABLE_CSMH_EXTENDED: 'true'", "ENABLE_CSMH_EXTENDED is text where a boolean is expected: remove the quotes"
      ),
      (
        "FEATURES: {READ_ONLY_FROM_CSMHE: \"No\"}",
        "FEATURES.READ_ONLY_FROM_CSMHE is text where a boolean is expected: remove the quotes"
      ),
      (
        "ENABLE_CSMH_EXTENDED: tRue",
        "ENABLE_CSMH_EXTENDED is text where a boolean is expected: write true or false in small letters"
      ),
      (
        "ENABLE_CSMH_EXTENDED: 1",
        "ENABLE_CSMH_EXTENDED is a number where a boolean is expected: write true or false"
      ),
      (
        "ENABLE_CSMH_EXTENDED:",
        "ENABLE_CSMH_EXTENDED is nothing (null) where a boolean is expected: write true or false"
      ),
      ("FEATURES: [a]", "FEATURES is a list where a mapping is expected"),
      (
        "STUDENTMODULEHISTORYEXTENDED_OFFSET: 0", "STUDENTMODULEHISTORYEXTENDED_OFFSET must be a positive integer"
      ),
      (
        "STUDENTMODULEHISTORYEXTENDED_OFFSET: '10'", "STUDENTMODULEHISTORYEXTENDED_OFFSET must be a positive integer"
      ),
    ])
  func settings(text: String, message: String) throws {
    try withFolder(["lms.yml": Fixture.yaml(rest: text)]) { folder in
      #expect(folder.error("lms.yml") == "lms.yml:6: \(message)")
    }
  }

  @Test(
    "JSON",
    arguments: [
      ("[]", 1, "holds a list where a mapping of settings is expected"),
      ("null", nil, "is empty: it holds nothing but comments"),
      ("{\r\n\"A\": tru}", 2, "is not valid JSON at column 6: a value is expected"),
      ("{\"A\": \"é\", \"B\": 'x'}", 1, "is not valid JSON at column 17: a value is expected"),
      ("{\"A\": 01}", 1, "is not valid JSON at column 7: a value is expected"),
      ("{\"A\": 1,\n}", 2, "is not valid JSON at column 1: a key in double quotes is expected"),
      ("{\"A\": 1\n\"B\": 2}", 2, "is not valid JSON at column 1: a comma or } is expected"),
      ("{\"A\" 1}", 1, "is not valid JSON at column 6: a colon is expected after a key"),
      ("{\"A\": [1 2]}", 1, "is not valid JSON at column 10: a comma or ] is expected"),
      ("{\"A\": 1} x", 1, "is not valid JSON at column 10: something follows the end of the value"),
      ("{\"A\": \"\\ud83d\"}", 1, "is not valid JSON at column 8: half a surrogate pair"),
      ("{\"A\": \"\\x\"}", 1, "is not valid JSON at column 8: there is no such escape"),
      ("{\"A\": \"\\u12\"}", 1, "is not valid JSON at column 10: four hexadecimal digits are expected after \\u"),
      ("{\"A\": \"a\nb\"}", 1, "is not valid JSON at column 9: a line break, a tab"),
      ("{\n\"A\": \"abc", 2, "is not valid JSON at column 6: a text is not closed"),
      ("{\"A\":", 1, "is not valid JSON at column 6: the file ends where a value is expected"),
      ("{\"A\": " + String(repeating: "[", count: 300), 1, "is not valid JSON at column 206: more than 200 levels"),
    ])
  func json(text: String, line: Int?, start: String) throws {
    try withFolder(["lms.env.json": text]) { folder in
      let error = try #require(folder.error("lms.env.json"))
      #expect(error.hasPrefix("lms.env.json\(line.map { ":\($0)" } ?? ""): \(start)"), "\(error)")
    }
  }

  @Test("A broken line with a password is not quoted")
  func brokenPasswordLine() throws {
    try withFolder(["lms.yml": "A:\n  PASSWORD: \"hunter2\" x\n", "b.json": "{\"PASSWORD\": \"hunter2\" x}"]) {
      folder in
      #expect(folder.error("lms.yml")?.hasPrefix("lms.yml:2: is not valid YAML") == true)
      #expect(folder.error("lms.yml")?.contains("hunter2") == false)
      #expect(folder.error("b.json")?.contains("hunter2") == false)
    }
  }

  @Test("Files that are none")
  func files() throws {
    try withFolder { folder in
      #expect(folder.error("lms.yml") == "lms.yml: does not exist")
      try FileManager.default.createDirectory(atPath: folder.path("folder.yml"), withIntermediateDirectories: false)
      #expect(folder.error("folder.yml") == "folder.yml: is not a regular file")
      try folder.write("latin.yml", Array("A: 1\n# ".utf8) + [0xE9, 0x0A])
      #expect(folder.error("latin.yml") == "latin.yml:2: is not UTF-8 on this line: convert the file to UTF-8")
      try folder.write("large.yml", Array(repeating: UInt8(ascii: "#"), count: 4 << 20 + 1))
      #expect(folder.error("large.yml") == "large.yml: has more than 4 MiB: this cannot be a configuration file")
    }
  }

  @Test("Aliases of aliases of aliases", .timeLimit(.minutes(1)))
  func aliasBomb() throws {
    var text = "A0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...12 {
      text += "A\(level): &a\(level) [\(Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", "))]\n"
    }
    try withFolder(["lms.yml": text]) { folder in
      #expect(folder.error("lms.yml")?.contains("has more than 500000 values once its aliases are followed") == true)
    }
  }
}
