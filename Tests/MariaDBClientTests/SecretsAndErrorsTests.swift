import MariaDBClient
import Testing

@Suite struct SecretsAndErrorsTests {
  @Test("a password shows nowhere")
  func password() {
    var configuration = ConnectionConfiguration(
      endpoint: .tcp(host: "db1", port: 3306), user: "edxapp001", password: Password("s3cret"), database: "edxapp")
    configuration.tls.mode = .required
    var dumped = ""
    dump(configuration, to: &dumped)
    for text in [
      "\(configuration)", String(reflecting: configuration), dumped, "\(String(describing: configuration.password))",
    ] {
      #expect(!text.contains("s3cret"), "\(text)")
    }
    #expect(configuration.description == "edxapp001@db1:3306/edxapp")
  }

  @Test("an error tells statement and server, and nothing transient is taken for final")
  func transience() {
    let kinds: [(MariaDBError.Kind, Bool)] = [
      (.transient, true), (.connectionLost, true), (.unreachable, true), (.readOnly, true), (.duplicateKey, false),
      (.privilege, false), (.valueRejected, false), (.cancelled, false), (.packetTooLarge, false), (.other, false),
      (.limit, true), (.timeLimit, true),
      (.exhausted, true), (.accountLocked, false), (.unknown, false), (.statement, false),
    ]
    for (kind, expected) in kinds {
      #expect(MariaDBError(kind: kind, message: "m", server: "s").isTransient == expected, "\(kind)")
    }
  }

  @Test("an address that nobody listens at is unreachable, in time")
  func unreachable() async {
    var configuration = ConnectionConfiguration(endpoint: .tcp(host: "127.0.0.1", port: 1), user: "root")
    configuration.connectTimeout = .seconds(2)
    await #expect {
      _ = try await MariaDBConnection.connect(configuration)
    } throws: { error in
      (error as? MariaDBError)?.kind == .unreachable
    }
  }

  @Test("an option file that does not exist is an error, not passed over")
  func optionFile() async {
    var configuration = ConnectionConfiguration(endpoint: .tcp(host: "127.0.0.1", port: 1), user: "root")
    configuration.optionFile = "/nowhere/my.cnf"
    await #expect {
      _ = try await MariaDBConnection.connect(configuration)
    } throws: { error in
      (error as? MariaDBError)?.message.contains("/nowhere/my.cnf") == true
    }
  }
}
