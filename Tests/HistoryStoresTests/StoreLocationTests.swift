import HistoryStores
import MariaDBClient
import Testing

@Suite struct StoreLocationTests {
  @Test("the forms of the contract are understood")
  func forms() throws {
    guard
      case .mySQL(let tcp) = try StoreLocation(
        url: "mysql://user:p%40ss@db.example:3307/edxapp?ssl-mode=VERIFY_CA&ssl-ca=/ca.pem&connect-timeout=3")
    else { Issue.record("not a server"); return }
    #expect(tcp.endpoint == .tcp(host: "db.example", port: 3307))
    #expect(tcp.user == "user")
    #expect(tcp.password?.reveal() == "p@ss")
    #expect(tcp.database == "edxapp")
    #expect(tcp.tls.mode == .verifyCA)
    #expect(tcp.tls.certificateAuthorityFile == "/ca.pem")
    #expect(tcp.connectTimeout == .seconds(3))
    guard case .mySQL(let socket) = try StoreLocation(url: "mysql://user@/edxapp?socket=/run/mysqld/mysqld.sock")
    else { Issue.record("not a server"); return }
    #expect(socket.endpoint == .socket(path: "/run/mysqld/mysqld.sock"))
    #expect(try StoreLocation(url: "sqlite:///path/edxapp.db") == .sqlite(path: "/path/edxapp.db"))
    guard case .mySQL(let short) = try StoreLocation(url: "mysql://host") else { Issue.record("not a server"); return }
    #expect(short.endpoint == .tcp(host: "host", port: 3306))
    #expect(short.database == nil)
  }

  @Test(
    "what is malformed is refused in one sentence that shows no password",
    arguments: [
      "", "edxapp", "postgres://u:hunter2@h/d", "mysql://", "mysql:///edxapp", "mysql://u:hunter2@h/a/b",
      "mysql://u:hunter2@h:0/d", "mysql://u:hunter2@h:99999/d", "mysql://u:hunter2@h/d?ssl-mode=maybe",
      "mysql://u:hunter2@h/d?colour=blue", "mysql://u@h/d?connect-timeout=soon", "sqlite://edxapp.db", "sqlite:///",
      "mysql://u@/d?socket=", "sqlite:///a.db?mode=ro",
    ])
  func malformed(url: String) {
    #expect {
      _ = try StoreLocation(url: url)
    } throws: { error in
      let text = "\(error)"
      return error is StoreLocation.Malformed && !text.isEmpty && !text.contains("hunter2") && !text.contains("\n")
    }
  }
}
