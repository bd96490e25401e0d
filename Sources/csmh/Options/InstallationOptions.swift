import ArgumentParser
import Foundation
import HistoryStores
import LMSConfiguration
import MariaDBClient
import MigrationBase
import StudentModuleHistory

/// Where the databases are: the options that every command has which needs an installation.
struct InstallationOptions: ParsableArguments {
  @Option(
    name: .customLong("lms-config"),
    help: ArgumentHelp(
      "The LMS configuration: lms.yml, or lms.env.json and lms.auth.json (repeat the option); - is standard input.",
      valueName: "file"))
  var lmsConfig: [String] = []

  @Option(
    name: .customLong("tutor-root"), help: ArgumentHelp("A Tutor project root (its config.yml).", valueName: "dir"))
  var tutorRoot: String?

  @Option(
    name: .customLong("flag-defaults"),
    help: ArgumentHelp(
      "What the LMS's release takes an ENABLE_CSMH_EXTENDED for that its configuration does not set: on, or off.",
      valueName: "on|off"))
  var flagDefaults: FlagDefault?

  @Option(
    help: ArgumentHelp(
      "The original database: mysql://user@host:3306/edxapp or sqlite:///path/edxapp.db.", valueName: "url"))
  var original: String?

  @Option(help: ArgumentHelp("The extended database: mysql://user@host:3306/edxapp_csmh.", valueName: "url"))
  var extended: String?

  @Option(
    help: ArgumentHelp(
      "An embedded devstack made by csmh devstack (default: ./devstack, if it exists).", valueName: "dir"))
  var directory: String?

  @Option(
    name: .customLong("defaults-file"),
    help: ArgumentHelp("An option file with user and password ([client], [csmh]).", valueName: "file"))
  var defaultsFile: String?

  @Option(
    name: .customLong("original-table"),
    help: ArgumentHelp("The original table, if its name is unusual.", valueName: "name"))
  var originalTable: String?

  @Option(
    name: .customLong("extended-table"),
    help: ArgumentHelp("The extended table, if its name is unusual.", valueName: "name"))
  var extendedTable: String?

  func validate() throws {
    let ways = [!lmsConfig.isEmpty, tutorRoot != nil, original != nil || extended != nil, directory != nil]
    if ways.count(where: { $0 }) > 1 {
      throw ValidationError(
        "Name the databases in one way: --lms-config, --tutor-root, --original with --extended, or --directory.")
    }
    if original != nil || extended != nil, flagDefaults != nil {
      throw ValidationError("--flag-defaults speaks of flags that an LMS configuration does not set; URLs name none.")
    }
    if lmsConfig.count(where: { $0 == "-" }) > 1 {
      throw ValidationError("Standard input can be read once: give --lms-config - once.")
    }
    if (original == nil) != (extended == nil) {
      throw ValidationError("--original and --extended go together.")
    }
  }

  /// Finds out where the databases are.
  ///
  /// - Parameter allowsContradiction: whether READ_ONLY_FROM_CSMHE may be on without ENABLE_CSMH_EXTENDED, for a command that mends it.
  /// - Throws: ``Failure`` (usage), `LMSConfigurationError`.
  func resolve(_ console: Console, allowsContradiction: Bool = false) throws -> Installation {
    if let original, let extended {
      let installation = Installation(
        pair: try pair(
          location(original, .original, "--original", console), location(extended, .extended, "--extended", console)),
        configuration: nil, options: self)
      try installation.pair.refuseSameNames()
      return installation
    }
    let configuration = try self.configuration()
    if !allowsContradiction { _ = try configuration.validatedFlags(extendedDefault: flagDefaults?.isOn) }
    for key in configuration.repeatedKeys { console.note(key.description) }
    return try self.installation(configuration, console)
  }

  /// Whether the LMS configuration, or a part of it, comes from standard input, which can be neither watched nor changed.
  var readsStandardInput: Bool { lmsConfig.contains("-") }

  /// Refuses standard input where a file is needed.
  ///
  /// - Parameter what: what is to be done with the file: `watched`
  func refuseStandardInput(to what: String) throws {
    guard readsStandardInput else { return }
    throw Failure(
      .usage, "standard input cannot be \(what)", remedy: Remedy(.nameFileInsteadOfInput))
  }

  /// The files of the LMS configuration, where it was not named by a Tutor project.
  func configurationFiles() throws -> [String] {
    guard lmsConfig.isEmpty else { return lmsConfig }
    let file = URL(fileURLWithPath: directory ?? "devstack").appendingPathComponent("lms.yml").path
    guard FileManager.default.fileExists(atPath: file) else {
      if let directory {
        throw Failure(.misconfigured, "\(directory) holds no devstack (no lms.yml)", remedy: Remedy(.makeDevstack))
      }
      throw Failure(
        .usage, "nothing says where the databases are",
        remedy: Remedy(.nameInstallation))
    }
    return [file]
  }

  /// Whether the databases are named by URLs, and the flags therefore not known.
  var namesURLs: Bool { original != nil }

  /// The installation that a configuration describes.
  func installation(_ configuration: LMSConfiguration, _ console: Console) throws -> Installation {
    guard let extended = configuration.extended else {
      throw Failure(
        .misconfigured, "\(configuration.files.joined(separator: ", ")): DATABASES has no student_module_history",
        remedy: Remedy(.addExtendedDatabase))
    }
    let installation = Installation(
      pair: try pair(
        location(configuration.original, .original, console), location(extended, .extended, console)),
      configuration: configuration, options: self)
    try installation.pair.refuseSameNames()
    return installation
  }

  /// Reads the LMS configuration that the options name, anew at every call; not for URLs.
  ///
  /// - Throws: ``Failure`` if nothing is named, `LMSConfigurationError`.
  func configuration() throws -> LMSConfiguration {
    if let tutorRoot { return try LMSConfiguration(tutorRoot: tutorRoot) }
    return try LMSConfiguration(files: configurationFiles())
  }

  /// Watches that configuration.
  func watcher(_ method: ConfigurationWatcher.Method) throws -> ConfigurationWatcher {
    try refuseStandardInput(to: "watched")
    if let tutorRoot { return ConfigurationWatcher(tutorRoot: tutorRoot, method: method) }
    return ConfigurationWatcher(files: try configurationFiles(), method: method)
  }

  private func pair(_ original: StoreLocation, _ extended: StoreLocation) throws -> StorePair {
    try StorePair(original: original, extended: extended, originalTable: originalTable, extendedTable: extendedTable)
  }

  private func location(
    _ url: String, _ side: HistorySide, _ option: String, _ console: Console
  ) throws -> StoreLocation {
    var location: StoreLocation
    do throws(StoreLocation.Malformed) {
      location = try StoreLocation(url: url)
    } catch {
      throw Failure(.usage, "the URL of \(option) is not understood: \(error)", remedy: Remedy(.seeURLForms))
    }
    if case .mySQL(var configuration) = location {
      if configuration.password != nil {
        console.warn(
          "a password in a URL shows in the shell's history and the process list; better: \(Self.passwordVariable(side))"
        )
      }
      try complete(&configuration, side, console)
      location = .mySQL(configuration)
    }
    return location
  }

  private func location(_ settings: DatabaseSettings, _ side: HistorySide, _ console: Console) throws -> StoreLocation {
    switch settings.engine {
    case .sqlite: return .sqlite(path: settings.name)
    case .mysql:
      var configuration = ConnectionConfiguration(settings)
      try complete(&configuration, side, console)
      return .mySQL(configuration)
    }
  }

  private static func passwordVariable(_ side: HistorySide) -> String { "CSMH_\(side.rawValue.uppercased())_PASSWORD" }

  /// Takes the name of the database from an option file where nothing else names it, and tells what csmh passes over.
  private func look(
    into file: String, for configuration: inout ConnectionConfiguration, tells: Bool, _ console: Console
  ) throws {
    let contents: OptionFile
    do throws(MariaDBError) {
      contents = try OptionFile(path: file)
    } catch {
      throw Failure(.misconfigured, error.message, remedy: Remedy(.seeOptionFiles))
    }
    configuration.database = configuration.database ?? contents.database
    guard tells, !contents.ignored.isEmpty else { return }
    console.note(
      "of the option file csmh takes what reaches the server and logs in; it ignores "
        + contents.ignored.map(\.description).joined(separator: ", "))
  }

  /// Adds what comes from beside the URL or the LMS configuration: the option file, the environment, a prompt.
  private func complete(_ configuration: inout ConnectionConfiguration, _ side: HistorySide, _ console: Console) throws
  {
    if let defaultsFile { configuration.optionFile = defaultsFile }
    if let file = configuration.optionFile {
      // One file for both sides is told of once.
      try look(into: file, for: &configuration, tells: defaultsFile == nil || side == .original, console)
    }
    if let password = ProcessInfo.processInfo.environment[Self.passwordVariable(side)] {
      configuration.password = Password(password)
    }
    let canAsk = configuration.password == nil && configuration.optionFile == nil && configuration.user != nil
    if canAsk, console.mayAsk,
      let answer = getpass("Password for \(VisibleText.line(configuration.description)) (empty for none): ")
    {
      let text = String(cString: answer)
      if !text.isEmpty { configuration.password = Password(text) }
    }
  }
}

extension ConnectionConfiguration {
  /// Where Debian's servers have their socket.
  private static var usualSocket: String { "/run/mysqld/mysqld.sock" }

  /// The connection that Django would make with an entry of `DATABASES`.
  init(_ settings: DatabaseSettings) {
    let endpoint: Endpoint
    if let socket = settings.socketPath {
      endpoint = .socket(path: socket)
    } else if ["localhost", nil].contains(settings.host), FileManager.default.fileExists(atPath: Self.usualSocket) {
      // The servers' own client, which Django uses, takes the socket for localhost and passes over the port.
      endpoint = .socket(path: Self.usualSocket)
    } else {
      endpoint = .tcp(
        host: settings.host ?? "localhost", port: settings.port.flatMap { UInt16(exactly: $0) } ?? 3306)
    }
    self.init(
      endpoint: endpoint, user: settings.user, password: settings.password.map { Password($0.revealed) },
      database: settings.name.isEmpty ? nil : settings.name)
    if let mode = settings.tlsMode { tls.mode = TLS.Mode(anySpelling: mode.rawValue) ?? .preferred }
    if let files = settings.tlsFiles {
      tls.certificateAuthorityFile = files.ca
      tls.certificateFile = files.certificate
      tls.keyFile = files.key
      // An authority without a mode means to mysqlclient that the certificate is checked.
      if settings.tlsMode == nil, files.ca != nil { tls.mode = .verifyCA }
    }
    if let timeout = settings.connectTimeout { connectTimeout = timeout }
    optionFile = settings.optionFile
    isEndpointAssumed = settings.socketPath == nil && settings.host == nil && settings.port == nil
  }
}
