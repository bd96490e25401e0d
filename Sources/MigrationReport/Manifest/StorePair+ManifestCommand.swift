internal import HistoryStores
internal import MariaDBClient
internal import MigrationBase

extension StorePair {
  /// The shell command that computes the manifest's hash again with nothing but the database's own client. It holds no password.
  var manifestCommand: String {
    var words: [String]
    switch self {
    case .mySQL(_, let extended):
      words = ["mariadb", "-N", "-B"]
      switch extended.configuration.endpoint {
      case .tcp(let host, let port): words += ["--protocol=tcp", "-h", ShellWord.quoted(host), "-P", String(port)]
      case .socket(let path): words += ["-S", ShellWord.quoted(path)]
      }
      if let user = extended.configuration.user { words += ["-u", ShellWord.quoted(user)] }
      words += ["-e", ShellWord.quoted(ManifestHash.query), ShellWord.quoted(extended.database)]
    case .sqlite(_, let extended):
      words = [
        "sqlite3", "-batch", "-noheader", "-separator", #""$(printf '\t')""#, "-nullvalue", "NULL",
        ShellWord.quoted(extended.path), ShellWord.quoted(ManifestHash.query),
      ]
    }
    return words.joined(separator: " ") + " | sha256sum"
  }
}
