import Foundation
import Testing

@testable import MariaDBClient

/// Option files as operators have them: what reaches the server and logs in is taken, everything else is told.
@Suite struct OptionFileTests {
  private func file(_ text: String, mode: Int = 0o600, name: String = UUID().uuidString) throws -> String {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("csmh-\(name).cnf").path
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    return path
  }

  private func taken(
    _ text: String, into configuration: ConnectionConfiguration? = nil
  ) throws -> ConnectionConfiguration {
    var result =
      configuration ?? ConnectionConfiguration(endpoint: .tcp(host: "localhost", port: 3306))
    result.optionFile = try file(text)
    defer { try? FileManager.default.removeItem(atPath: result.optionFile!) }
    return try result.withOptionFile()
  }

  @Test(
    "values are read as the servers' clients read them",
    arguments: [
      ("password = plain", "plain"), ("password=' spaces '", " spaces "), ("password=\"a#b\"", "a#b"),
      ("password=a#b", "a"), ("password = a\\\\b\\sc\\tq", "a\\b c\tq"), ("loose_password=x", "x"),
      ("PASSWORD = 'it''s'", "it''s"), ("password=a=b", "a=b"), ("password='caf\u{e9}'", "caf\u{e9}"),
      ("password=", ""),
    ])
  func values(line: String, password: String) throws {
    #expect(try taken("[client]\n\(line)\n").password?.reveal() == password)
  }

  @Test("of several groups the last one wins, and groups of other programs are passed over")
  func groups() throws {
    let configuration = try taken(
      "; a comment\n[csmh]\nuser=mine\n[mysqld]\nuser=mysql\n[client]\nuser=all\npassword=p\n[mysqldump]\nuser=dump\n")
    #expect(configuration.user == "mine")
    #expect(configuration.password?.reveal() == "p")
  }

  @Test("what is set explicitly wins, and a host of the file counts only where none was named")
  func precedence() throws {
    var named = ConnectionConfiguration(endpoint: .tcp(host: "db1", port: 3307), user: "me")
    let text = "[client]\nuser=filed\nhost=db2\nport=4000\nssl-mode=VERIFY_CA\nssl-ca=/ca.pem\nconnect-timeout=3\n"
    var result = try taken(text, into: named)
    #expect(result.user == "me")
    #expect(result.endpoint == .tcp(host: "db1", port: 3307))
    #expect(result.tls.mode == .verifyCA)
    #expect(result.tls.certificateAuthorityFile == "/ca.pem")
    #expect(result.connectTimeout == .seconds(3))
    named.isEndpointAssumed = true
    result = try taken(text, into: named)
    #expect(result.endpoint == .tcp(host: "db2", port: 4000))
    result = try taken("[client]\nsocket=/run/s\n", into: named)
    #expect(result.endpoint == .socket(path: "/run/s"))
  }

  @Test(
    "what is said of encryption counts, and who names an authority has the certificate checked",
    arguments: [
      ("ssl-ca=/ca.pem", .verifyCA), ("ssl\nssl-ca=/ca.pem", .verifyCA),
      ("ssl-mode=REQUIRED\nssl-ca=/ca.pem", .required),
      ("ssl", .required), ("ssl=0", .disabled), ("skip-ssl", .disabled), ("ssl-verify-server-cert", .verifyIdentity),
      ("user=u", .preferred),
    ] as [(String, ConnectionConfiguration.TLS.Mode)])
  func encryption(text: String, mode: ConnectionConfiguration.TLS.Mode) throws {
    #expect(try taken("[client]\n\(text)\n").tls.mode == mode)
  }

  @Test("what would change the session is ignored and told, with its place")
  func ignored() throws {
    let path = try file(
      """
      [client]
      user = csmh
      default-character-set = latin1
      init_command = "SET sql_select_limit = 1"
      max_allowed_packet = 64M
      reconnect
      """)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let file = try OptionFile(path: path)
    #expect(file.ignored.map(\.name) == ["default-character-set", "init-command", "max-allowed-packet", "reconnect"])
    #expect(file.ignored.map(\.line) == [3, 4, 5, 6])
  }

  @Test("files are included, alone and by the folder")
  func included() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("csmh-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try Data("[client]\npassword=included\n".utf8).write(to: folder.appendingPathComponent("b.cnf"))
    try Data("[client]\nuser=first\n".utf8).write(to: folder.appendingPathComponent("a.cnf"))
    try Data("[client]\nuser=never\n".utf8).write(to: folder.appendingPathComponent("c.txt"))
    let configuration = try taken("!includedir \(folder.path)\n")
    #expect(configuration.user == "first")
    #expect(configuration.password?.reveal() == "included")
    #expect(try taken("!include \(folder.path)/b.cnf\n").password?.reveal() == "included")
  }

  @Test(
    "a file that is none is refused with its line and no password",
    arguments: [
      ("user=hunter2\n", "before the first group"), ("[client\npassword=hunter2\n", "line 1"),
      ("!use hunter\n", "!include"), ("[client]\npassword=hunter2\nport=many\n", "port is many"),
      ("[client]\npassword=hunter2\nssl-mode=perhaps\n", "ssl-mode is perhaps"),
      ("!include /nowhere.cnf\n", "/nowhere.cnf"),
    ])
  func refusals(text: String, words: String) throws {
    do {
      var configuration = ConnectionConfiguration(endpoint: .tcp(host: "localhost", port: 3306))
      configuration.isEndpointAssumed = true
      _ = try taken(text, into: configuration)
      Issue.record("it was read")
    } catch let error as MariaDBError {
      #expect(error.kind == .configuration)
      #expect(error.message.contains(words), "\(error.message)")
      #expect(!error.message.contains("hunter2"))
    }
  }

  @Test("a file that everybody may write is refused")
  func writable() throws {
    let path = try file("[client]\nuser=anybody\n", mode: 0o666)
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect {
      _ = try OptionFile(path: path)
    } throws: { ($0 as? MariaDBError)?.message.contains("everybody") == true }
  }
}
