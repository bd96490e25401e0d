internal import Foundation
package import MariaDBClient

/// A database named by a URL: `mysql://user@host:3306/edxapp`, `mysql://user@/edxapp?socket=/path`, `sqlite:///path/edxapp.db`.
package enum StoreLocation: Sendable, Hashable {
  case mySQL(ConnectionConfiguration)
  case sqlite(path: String)

  /// What is wrong with a URL. Never holds the URL itself, which may hold a password.
  package struct Malformed: Error, Sendable, CustomStringConvertible {
    package let description: String
  }

  /// The options that a `mysql` URL may have.
  static let options = ["connect-timeout", "socket", "ssl-ca", "ssl-cert", "ssl-key", "ssl-mode"]

  /// Reads a URL.
  ///
  /// - Throws: ``Malformed`` with one sentence.
  package init(url: String) throws(Malformed) {
    guard let components = URLComponents(string: url), let scheme = components.scheme?.lowercased() else {
      throw Malformed(description: "it is not a URL such as mysql://user@host:3306/edxapp or sqlite:///path/edxapp.db")
    }
    switch scheme {
    case "sqlite", "sqlite3":
      guard components.host ?? "" == "", !components.path.isEmpty, components.path != "/" else {
        throw Malformed(description: "a SQLite URL has three slashes and a path: sqlite:///path/edxapp.db")
      }
      guard components.queryItems ?? [] == [] else { throw Malformed(description: "a SQLite URL has no options") }
      self = .sqlite(path: components.path)
    case "mysql", "mariadb":
      self = .mySQL(try Self.mySQL(components))
    default:
      throw Malformed(description: "its scheme is \(scheme), and csmh knows mysql and sqlite")
    }
  }

  private static func mySQL(_ components: URLComponents) throws(Malformed) -> ConnectionConfiguration {
    let database = components.path.drop { $0 == "/" }
    guard !database.contains("/") else {
      throw Malformed(description: "its path is \(components.path), where the name of one database is expected")
    }
    var options: [String: String] = [:]
    for item in components.queryItems ?? [] {
      guard Self.options.contains(item.name) else {
        throw Malformed(
          description: "it has the option \(item.name); known are \(Self.options.joined(separator: ", "))")
      }
      options[item.name] = item.value ?? ""
    }
    var port: UInt16 = 3306
    if let given = components.port {
      guard let valid = UInt16(exactly: given), valid > 0 else { throw Malformed(description: "its port is \(given)") }
      port = valid
    }
    let host = components.host?.trimmingCharacters(in: ["[", "]"]) ?? ""
    let endpoint: ConnectionConfiguration.Endpoint
    if let socket = options["socket"] {
      guard !socket.isEmpty else { throw Malformed(description: "its socket has no path") }
      endpoint = .socket(path: socket)
    } else {
      guard !host.isEmpty else { throw Malformed(description: "it names neither a host nor a socket") }
      endpoint = .tcp(host: host, port: port)
    }
    var configuration = ConnectionConfiguration(
      endpoint: endpoint, user: components.user.flatMap { $0.isEmpty ? nil : $0 },
      password: components.password.map { Password($0) }, database: database.isEmpty ? nil : String(database))
    if let mode = options["ssl-mode"] {
      guard let known = ConnectionConfiguration.TLS.Mode(anySpelling: mode) else {
        let modes = ConnectionConfiguration.TLS.Mode.allCases.map(\.rawValue).joined(separator: ", ")
        throw Malformed(description: "its ssl-mode is \(mode); known are \(modes)")
      }
      configuration.tls.mode = known
    }
    configuration.tls.certificateAuthorityFile = options["ssl-ca"]
    configuration.tls.certificateFile = options["ssl-cert"]
    configuration.tls.keyFile = options["ssl-key"]
    if let timeout = options["connect-timeout"] {
      guard let seconds = Int(timeout), seconds > 0 else {
        throw Malformed(description: "its connect-timeout is \(timeout), where seconds are expected")
      }
      configuration.connectTimeout = .seconds(seconds)
    }
    return configuration
  }
}

extension ConnectionConfiguration.TLS.Mode {
  /// Reads `verify-ca`, and MySQL's own `VERIFY_CA`.
  package init?(anySpelling text: String) {
    self.init(rawValue: text.lowercased().replacing("_", with: "-"))
  }
}
