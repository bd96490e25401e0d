import Foundation

extension LMSConfiguration {
  /// Reads the `config.yml` of a Tutor project.
  ///
  /// Used are `MYSQL_HOST` (default `mysql`), `MYSQL_PORT` (3306), `OPENEDX_MYSQL_DATABASE` (`openedx`),
  /// `OPENEDX_MYSQL_USERNAME` (`openedx`) and `OPENEDX_MYSQL_PASSWORD`: the account that the LMS itself has.
  /// `MYSQL_ROOT_USERNAME` and `MYSQL_ROOT_PASSWORD` are used with ``tutorAdministrator(tutorRoot:)`` only. `mysql` is
  /// a name inside of Tutor's network: csmh must run there, or `MYSQL_HOST` name a server outside.
  ///
  /// Tutor sets up no extended database. Its place is taken from keys of csmh's own, which Tutor ignores:
  /// `CSMH_EXTENDED_DATABASE` (default `edxapp_csmh`), `CSMH_EXTENDED_HOST` and `CSMH_EXTENDED_PORT` (default: the
  /// original's server), with the same account. The flags are read from here too, at the top level or under `FEATURES`:
  /// one that is not set is off, as Tutor turns `ENABLE_CSMH_EXTENDED` off.
  ///
  /// - Parameter tutorRoot: the project's folder, as `tutor config printroot` prints it.
  /// - Throws: ``LMSConfigurationError`` for a file that cannot be read or parsed, a value of the wrong type or one
  ///   that is a template, and a flag that is set to two different values.
  package init(tutorRoot: String) throws(LMSConfigurationError) {
    let document = try ConfigurationDocument(path: Self.tutorConfiguration(tutorRoot))
    let user = try Self.tutorValue(document, "OPENEDX_MYSQL_USERNAME") ?? "openedx"
    let password = try Self.tutorValue(document, "OPENEDX_MYSQL_PASSWORD").map(Secret.init)
    try self.init(
      documents: [document],
      original: Self.tutorDatabase(document, extended: false, user: user, password: password),
      extended: Self.tutorDatabase(document, extended: true, user: user, password: password),
      readReplica: nil, isTutor: true)
  }

  /// The original database of a Tutor project with the server's administrator in place of the LMS's account, for what
  /// that account may not do: `MYSQL_ROOT_USERNAME` (default `root`) and `MYSQL_ROOT_PASSWORD`.
  ///
  /// - Throws: ``LMSConfigurationError`` as ``init(tutorRoot:)`` does.
  package static func tutorAdministrator(
    tutorRoot: String
  ) throws(LMSConfigurationError) -> DatabaseSettings {
    let document = try ConfigurationDocument(path: tutorConfiguration(tutorRoot))
    return try tutorDatabase(
      document, extended: false, user: tutorValue(document, "MYSQL_ROOT_USERNAME") ?? "root",
      password: tutorValue(document, "MYSQL_ROOT_PASSWORD").map(Secret.init))
  }

  /// The path of the configuration file of the Tutor project in `folder`.
  package static func tutorConfiguration(_ folder: String) -> String {
    folder.hasSuffix("/") ? folder + "config.yml" : folder + "/config.yml"
  }

  private static func tutorDatabase(
    _ document: ConfigurationDocument, extended: Bool, user: String, password: Secret?
  ) throws(LMSConfigurationError) -> DatabaseSettings {
    var host = try tutorValue(document, "MYSQL_HOST") ?? "mysql"
    var port = try tutorPort(document, "MYSQL_PORT") ?? 3306
    var name = try tutorValue(document, "OPENEDX_MYSQL_DATABASE") ?? "openedx"
    if extended {
      name = try tutorValue(document, "CSMH_EXTENDED_DATABASE") ?? "edxapp_csmh"
      host = try tutorValue(document, "CSMH_EXTENDED_HOST") ?? host
      port = try tutorPort(document, "CSMH_EXTENDED_PORT") ?? port
    }
    let isSocket = host.hasPrefix("/")
    return DatabaseSettings(
      engine: .mysql, name: name, user: user, password: password, host: isSocket ? nil : host, port: port,
      socketPath: isSocket ? host : nil, file: document.path)
  }

  /// The text at `key`. Tutor renders it through templates, so digits without quotes are text too, and a value that is
  /// a template itself means nothing here.
  private static func tutorValue(
    _ document: ConfigurationDocument, _ key: String
  ) throws(LMSConfigurationError) -> String? {
    let text = try document.mapping.text(key, acceptingNumbers: true)
    try refuseTemplate(text, document, key)
    return text
  }

  private static func tutorPort(
    _ document: ConfigurationDocument, _ key: String
  ) throws(LMSConfigurationError) -> Int? {
    try refuseTemplate(document.mapping[key]?.scalar?.text, document, key)
    return try document.mapping.positiveInteger(key, acceptingText: true, maximum: 65_535)
  }

  private static func refuseTemplate(
    _ text: String?, _ document: ConfigurationDocument, _ key: String
  ) throws(LMSConfigurationError) {
    guard let text, text.contains("{{") || text.contains("{%") else { return }
    throw document.mapping.error(
      key, "is a template: put in its place what `tutor config printvalue \(key)` prints")
  }
}
