import Foundation

extension DatabaseSettings.Engine {
  /// Django's own back ends and those built on them that Open edX sites are known to run.
  static let djangoBackends: [String: DatabaseSettings.Engine] = [
    "django.db.backends.mysql": .mysql,
    "django.contrib.gis.db.backends.mysql": .mysql,
    "django_prometheus.db.backends.mysql": .mysql,
    "dj_db_conn_pool.backends.mysql": .mysql,
    "django_mysql_geventpool.backends.mysql": .mysql,
    "transaction_hooks.backends.mysql": .mysql,
    "mysql.connector.django": .mysql,
    "django.db.backends.sqlite3": .sqlite,
    "django_prometheus.db.backends.sqlite3": .sqlite,
    "transaction_hooks.backends.sqlite3": .sqlite,
  ]
}

extension DatabaseSettings {
  /// Reads one entry of Django's `DATABASES`.
  ///
  /// The rules are Django's and mysqlclient's: empty means absent, a `HOST` that begins with a slash is a socket, a
  /// port may be text, `OPTIONS` win. https://docs.djangoproject.com/en/4.2/ref/settings/#databases
  init(django mapping: ConfigurationMapping) throws(LMSConfigurationError) {
    guard let backend = try mapping.text("ENGINE") else {
      throw mapping.error("ENGINE", "is missing: it names the kind of database, such as django.db.backends.mysql")
    }
    guard let engine = Engine.djangoBackends[backend] else {
      throw mapping.error(
        "ENGINE", "is \(backend), which csmh does not know: it migrates MySQL and MariaDB, and SQLite for trials")
    }
    // Django's own example leaves the name to the option file.
    let optionFile = engine == .mysql ? try mapping.mapping("OPTIONS")?.text("read_default_file") : nil
    guard let name = try mapping.text("NAME") ?? optionFile.map({ _ in "" }) else {
      throw mapping.error("NAME", "is missing: it names the database")
    }
    self.init(engine: engine, name: name, file: mapping.file, line: mapping.line)
    switch engine {
    case .sqlite:
      guard name != ":memory:" else {
        throw mapping.error("NAME", "is a database in memory, which nothing else can reach: name a file")
      }
      self.name = Self.absolute(name, besides: mapping.file)
    case .mysql:
      try readServer(mapping)
      if let options = try mapping.mapping("OPTIONS") { try readOptions(options) }
    }
  }

  /// `path` in the folder of `file`, unless it is absolute.
  private static func absolute(_ path: String, besides file: String) -> String {
    if path.hasPrefix("/") { return path }
    let folder = URL(fileURLWithPath: file).deletingLastPathComponent()
    return folder.appendingPathComponent(path).standardizedFileURL.path
  }

  private mutating func readServer(_ mapping: ConfigurationMapping) throws(LMSConfigurationError) {
    user = try mapping.text("USER")
    password = try mapping.text("PASSWORD").map(Secret.init)
    let server = try mapping.text("HOST")
    if let server, server.hasPrefix("/") { socketPath = server } else { host = server }
    // Django takes a port of 0 for none.
    if mapping["PORT"]?.scalar?.integer != 0 {
      port = try mapping.positiveInteger("PORT", acceptingText: true, maximum: 65_535)
    }
  }

  private mutating func readOptions(_ options: ConfigurationMapping) throws(LMSConfigurationError) {
    if let path = try options.text("unix_socket") { socketPath = path }
    charset = try options.text("charset")
    optionFile = try options.text("read_default_file")
    connectTimeout = try options.positiveInteger("connect_timeout").map { .seconds($0) }
    if let ssl = try options.mapping("ssl") {
      let files = TLSFiles(ca: try ssl.text("ca"), certificate: try ssl.text("cert"), key: try ssl.text("key"))
      if files != TLSFiles() { tlsFiles = files }
    }
    if let mode = try options.text("ssl_mode") {
      guard let known = TLSMode(rawValue: mode.uppercased()) else {
        let modes = TLSMode.allCases.map(\.rawValue).joined(separator: ", ")
        throw options.error("ssl_mode", "is none of \(modes)")
      }
      tlsMode = known
    }
  }
}
