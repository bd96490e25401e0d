import Foundation
import LMSConfiguration

/// Configuration files as sites have them.
enum Fixture {
  /// A native installation: comments, odd quoting, non-ASCII, merges.
  static let nativeYAML = """
    # Rendered by Ansible – geändert von Hand 🙂
    ---
    PLATFORM_NAME: "Université d'été"
    EMAIL_SIGNATURE: |
      Regards,
        # not a comment

    DATABASES:
      default: &edxapp
        ATOMIC_REQUESTS: true
        CONN_MAX_AGE: 0
        ENGINE: django.db.backends.mysql
        HOST: 'db1.example.org'   # the primary
        NAME: edxapp
        OPTIONS:
          charset: utf8mb4
          connect_timeout: 10
          ssl: {ca: /etc/ssl/rds.pem, cert: "/etc/ssl/client.pem", key: /etc/ssl/client.key}
          ssl_mode: verify_identity
          init_command: SET sql_mode='STRICT_TRANS_TABLES'
        PASSWORD: "s3cret: #\\u00e9"
        PORT: '3306'
        USER: edxapp001
      read_replica:
        <<: *edxapp
        HOST: 2001:db8::17
        PORT: 3307
      student_module_history:
        <<: *edxapp
        HOST: ""
        NAME: edxapp_csmh
        OPTIONS: {unix_socket: /run/mysqld/mysqld.sock, read_default_file: /etc/mysql/csmh.cnf}
    FEATURES:
        # Authentication
        AUTH_USE_OPENID_PROVIDER: yes
        ENABLE_CSMH_EXTENDED: false # switch with care
        ENABLE_READING_FROM_MULTIPLE_HISTORY_TABLES: true
    STUDENTMODULEHISTORYEXTENDED_OFFSET: 10000
    """

  static let envJSON = """
    {
    \t"PLATFORM_NAME": "\\ud83c\\udf93 Acad\\u00e9mie",
        "LMS_ROOT_URL": "https:\\/\\/lms.example.org",
        "FEATURES": {
            "AUTOMATIC_AUTH_FOR_TESTING": false,
            "ENABLE_CSMH_EXTENDED": true
        },
        "STUDENTMODULEHISTORYEXTENDED_OFFSET": 250000
    }

    """

  static let authJSON = """
    {
        "DATABASES": {
            "default": {
                "ATOMIC_REQUESTS": true,
                "ENGINE": "django_prometheus.db.backends.mysql",
                "HOST": "/var/run/mysqld/mysqld.sock",
                "NAME": "edxapp",
                "OPTIONS": {},
                "PASSWORD": "p\\u00e4ss\\ud83d\\udd11\\/\\"\\\\",
                "PORT": "",
                "USER": "edxapp001"
            },
            "student_module_history": {
                "ENGINE": "django.db.backends.mysql", "HOST": "csmh.example.org", "NAME": "edxapp_csmh",
                "PASSWORD": null, "PORT": 3310, "USER": "edxapp001"
            }
        },
        "SECRET_KEY": "unused"
    }
    """

  static let tutorYAML = """
    CMS_HOST: studio.local.edly.io
    ID: abcdefghijklmnopqrstuvwx
    LMS_HOST: local.edly.io
    MYSQL_ROOT_PASSWORD: rootPW01
    OPENEDX_MYSQL_PASSWORD: 12345678
    PLUGINS:
    - mfe
    - indigo
    """

  /// The smallest settings that hold together, for tests of one thing.
  static func yaml(_ database: String = "", rest: String = "") -> String {
    """
    DATABASES:
      default:
        ENGINE: django.db.backends.mysql
        NAME: edxapp
    \(database.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n"))
    \(rest)
    """
  }
}

/// A folder with files, removed when `body` returns.
func withFolder<Result>(
  _ files: [String: String] = [:], _ body: (TemporaryFolder) throws -> Result
) throws -> Result {
  let folder = TemporaryFolder(
    url: FileManager.default.temporaryDirectory.appendingPathComponent("csmh-\(UUID().uuidString)"))
  try FileManager.default.createDirectory(at: folder.url, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder.url) }
  for (name, text) in files { try folder.write(name, Array(text.utf8)) }
  return try body(folder)
}

struct TemporaryFolder {
  let url: URL

  func path(_ name: String) -> String { url.appendingPathComponent(name).path }

  func write(_ name: String, _ bytes: [UInt8]) throws {
    try Data(bytes).write(to: url.appendingPathComponent(name))
  }

  func text(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: url.appendingPathComponent(name)), as: UTF8.self)
  }

  var names: [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: url.path).sorted()) ?? []
  }

  /// The error of reading `names`, without the folder in it.
  func error(_ names: String..., extendedDefault: Bool? = nil) -> String? {
    do {
      _ = try LMSConfiguration(files: names.map(path)).validatedFlags(extendedDefault: extendedDefault)
      return nil
    } catch {
      return "\(error)".replacingOccurrences(of: url.path + "/", with: "")
    }
  }
}
