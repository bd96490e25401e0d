import Foundation
import MariaDBClient
import StudentModuleHistory
import TestSupport
import Testing

/// TLS with certificates of the tests' own: an authority, and a server certificate that names db.example and not 127.0.0.1.
@Suite(.limitedConcurrency) struct TransportSecurityTests {
  private static let files = TestServer.root.appendingPathComponent("certificates")

  private static let server = Task {
    try FileManager.default.createDirectory(at: files, withIntermediateDirectories: true)
    let path = files.path
    let script = """
      set -e; cd '\(path)'
      for name in ca other; do
        openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj "/CN=csmh test $name" -keyout $name.key -out $name.pem
      done
      openssl req -newkey rsa:2048 -nodes -subj /CN=localhost -keyout server.key -out server.csr
      printf 'subjectAltName=DNS:localhost,DNS:db.example' > san
      openssl x509 -req -days 30 -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile san -out server.pem
      """
    let result = try await Command.run("/bin/bash", ["-c", script], environment: [:])
    guard result.status == 0 else { throw TestFailure(result.error) }
    return try await TestServers.shared.named(
      "mariadb-tls", .mariaDB,
      options: ["--ssl-ca=\(path)/ca.pem", "--ssl-cert=\(path)/server.pem", "--ssl-key=\(path)/server.key"])
  }

  private func connect(
    _ mode: ConnectionConfiguration.TLS.Mode, authority: String?, host: String = "127.0.0.1"
  ) async throws -> String? {
    let server = try await Self.server.value
    var configuration = ConnectionConfiguration(endpoint: .tcp(host: host, port: server.port), user: "root")
    configuration.tls.mode = mode
    configuration.tls.certificateAuthorityFile = authority.map { Self.files.appendingPathComponent($0).path }
    let connection = try await MariaDBConnection.connect(configuration)
    let cipher = connection.server.tlsCipher
    await connection.close()
    return cipher
  }

  private func isRefused(
    _ mode: ConnectionConfiguration.TLS.Mode, authority: String?, host: String = "127.0.0.1"
  ) async -> Bool {
    do {
      _ = try await connect(mode, authority: authority, host: host)
      return false
    } catch let error as MariaDBError {
      return error.kind == .tls || error.kind == .configuration
    } catch {
      return false
    }
  }

  @Test("each mode asks for what its name says")
  func modes() async throws {
    #expect(try await connect(.disabled, authority: nil) == nil)
    #expect(try await connect(.preferred, authority: nil) != nil)
    #expect(try await connect(.required, authority: nil) != nil)
    #expect(
      try await connect(.verifyCA, authority: "ca.pem") != nil,
      "a good authority, a host that the certificate does not name")
    #expect(try await connect(.verifyIdentity, authority: "ca.pem", host: "localhost") != nil)
  }

  @Test("what cannot be verified is refused")
  func refusals() async throws {
    _ = try await Self.server.value
    #expect(await isRefused(.verifyCA, authority: "other.pem"), "a foreign authority")
    #expect(await isRefused(.verifyIdentity, authority: "other.pem", host: "localhost"), "a foreign authority")
    #expect(
      await isRefused(.verifyIdentity, authority: "ca.pem", host: "127.0.0.1"),
      "a name that the certificate does not have")
    #expect(await isRefused(.verifyCA, authority: nil), "nothing to verify against")
    #expect(await isRefused(.verifyIdentity, authority: nil, host: "localhost"), "nothing to verify against")
  }

  @Test("a foreign authority: with the right one in ssl-ca the connection is made")
  func authority() async throws {
    let site = try await RemedySite(try await Self.server.value)
    func arguments(_ authority: String) -> [String] {
      site.installation.arguments.map {
        $0.hasPrefix("mysql:")
          ? $0 + "?ssl-mode=verify-ca&ssl-ca=" + Self.files.appendingPathComponent(authority).path : $0
      }
    }
    let refused = try await Command.csmh(["provision"] + arguments("other.pem"))
    #expect(refused.status == 69, "\(refused.text)")
    try await FollowedRemedies.follow(.checkTLS, in: refused.error) { _ in
      try RemedySite.expectLeadsOn(try await Command.csmh(["provision"] + arguments("ca.pem")))
    }
  }

  @Test("required is refused by a server without TLS, preferred goes on without")
  func plainServer() async throws {
    let server = try await TestServers.shared.server(.mariaDB)
    var configuration = ConnectionConfiguration(endpoint: .tcp(host: "127.0.0.1", port: server.port), user: "root")
    configuration.tls.mode = .preferred
    let connection = try await MariaDBConnection.connect(configuration)
    #expect(connection.server.tlsCipher == nil)
    await connection.close()
    configuration.tls.mode = .required
    await #expect {
      _ = try await MariaDBConnection.connect(configuration)
    } throws: { error in
      (error as? MariaDBError)?.kind == .tls
    }
  }
}
