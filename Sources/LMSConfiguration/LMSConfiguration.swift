package import StudentModuleHistory

/// What an Open edX site's configuration says of its two history databases and of the two flags.
///
/// ```swift
/// let configuration = try LMSConfiguration(files: ["lms.env.json", "lms.auth.json"])
/// print(configuration.original, try configuration.validatedFlags()?.meaning ?? "not set")
/// ```
package struct LMSConfiguration: Sendable {
  /// The database with the original table: `DATABASES.default`.
  package let original: DatabaseSettings

  /// The database with the extended table, `DATABASES.student_module_history`, where one is set up.
  package let extended: DatabaseSettings?

  /// A replica of the original database, `DATABASES.read_replica`, where there is one.
  package let readReplica: DatabaseSettings?

  /// The two flags as they stand, even if they contradict each other; see ``validatedFlags(extendedDefault:)``.
  package let flags: FlagSettings

  /// Where the flags are set: none if the defaults hold.
  package let flagPlaces: [FlagPlace]

  /// Why an `ENABLE_CSMH_EXTENDED` that is not set is off here; nil where the release decides.
  package let unsetMeansOff: UnsetMeansOff?

  /// `INSTALLED_APPS` with `ADDL_INSTALLED_APPS`, and `DATABASE_ROUTERS`, where they are named.
  package let installedApplications: NameList?
  package let databaseRouters: NameList?

  /// What stands more than once in the same mapping. The last one counts, as for the LMS.
  package let repeatedKeys: [RepeatedKey]

  private let featuresFile: String?

  /// `STUDENTMODULEHISTORYEXTENDED_OFFSET`: the distance, in ids, from the original table's largest id to the starting
  /// id. Nil where it is not set, which means 10,000 to the LMS.
  package let startingIDOffset: Int?

  /// The files that all this was read from, spelt as they were given.
  package let files: [String]

  /// Reads configuration files: an `lms.yml`, or an `lms.env.json` with its `lms.auth.json`.
  ///
  /// Several files count as one, a later file's setting in the place of an earlier one's. As in the LMS, the whole of
  /// `DATABASES` is one such setting, and of a key that stands twice in a mapping the last one counts. Only the flags may
  /// not differ between files, or between the top level and `FEATURES`: that is an error.
  ///
  /// A document of settings, as a running LMS dumps them into JSON, is read in the same way. The file `-` is standard
  /// input, which is read once.
  ///
  /// A relative path of a SQLite database is taken from the folder of the file that names it.
  ///
  /// - Parameter files: paths, at least one. Each file has up to 4 MiB, in UTF-8.
  /// - Throws: ``LMSConfigurationError`` for a file that cannot be read or parsed, a missing or unknown setting, a
  ///   value of the wrong type, and a flag that is set to two different values.
  package init(files: [String]) throws(LMSConfigurationError) {
    let documents = try Self.documents(files)
    let found = try Self.last(documents) { mapping throws(LMSConfigurationError) in
      try mapping.mapping("DATABASES")
    }
    guard let databases = found else {
      throw LMSConfigurationError(
        file: files.joined(separator: ", "), keyPath: ["DATABASES"],
        message: "has no DATABASES: name the file that has them as well (lms.auth.json, beside lms.env.json)")
    }
    guard let original = try databases.mapping("default") else {
      throw databases.error("default", "is missing: it is the database with the original table")
    }
    try self.init(
      documents: documents,
      original: DatabaseSettings(django: original),
      extended: Self.database(databases, "student_module_history"),
      readReplica: Self.database(databases, "read_replica"))
  }

  init(
    documents: [ConfigurationDocument], original: DatabaseSettings, extended: DatabaseSettings?,
    readReplica: DatabaseSettings?, isTutor: Bool = false
  ) throws(LMSConfigurationError) {
    self.original = original
    self.extended = extended
    self.readReplica = readReplica
    startingIDOffset = try Self.last(documents) { mapping throws(LMSConfigurationError) in
      try mapping.positiveInteger("STUDENTMODULEHISTORYEXTENDED_OFFSET")
    }
    files = documents.map(\.path)
    featuresFile = documents.first { $0.root[ConfigurationDocument.features] != nil }?.path
    var places: [FlagPlace] = []
    flags = FlagSettings(
      extendedEnabled: try Self.agreed(.extendedEnabled, in: documents, &places),
      readOnlyFromExtended: try Self.agreed(.readOnlyFromExtended, in: documents, &places))
    flagPlaces = places
    let applications = Self.names("INSTALLED_APPS", addedBy: "ADDL_INSTALLED_APPS", in: documents)
    installedApplications = applications
    databaseRouters = Self.names("DATABASE_ROUTERS", in: documents)
    repeatedKeys = documents.flatMap { $0.findRepeatedKeys() }
    let isTakenOut = applications.map { !Self.hasApplication(in: $0) } ?? false
    unsetMeansOff =
      isTutor ? .tutor : isTakenOut ? applications.map { .applicationTakenOut(file: $0.file, line: $0.line) } : nil
  }

  /// The file that the flags belong into: the one that sets one of them, else the first that has `FEATURES`, else the first.
  package var flagsFile: String { flagPlaces.first?.file ?? featuresFile ?? files[0] }

  /// The flags as they work, even if they contradict each other; nil if nothing tells what an unset one means.
  ///
  /// - Parameter extendedDefault: as for ``validatedFlags(extendedDefault:)``.
  package func knownFlags(extendedDefault: Bool? = nil) -> HistoryFlags? {
    flags.flags(extendedDefault: extendedDefault ?? (unsetMeansOff == nil ? nil : false))
  }

  /// The flags as they work, provided that they make sense together; nil if `ENABLE_CSMH_EXTENDED` is not set and nothing
  /// tells what that means.
  ///
  /// - Parameter extendedDefault: what the LMS's release does with an `ENABLE_CSMH_EXTENDED` that is not set. Default: what the
  ///   configuration itself tells, see ``unsetMeansOff``.
  /// - Throws: ``LMSConfigurationError`` where `READ_ONLY_FROM_CSMHE` is on and `ENABLE_CSMH_EXTENDED` is off: history
  ///   would be written to the original table and read from neither.
  package func validatedFlags(
    extendedDefault: Bool? = nil
  ) throws(LMSConfigurationError) -> HistoryFlags? {
    guard let known = knownFlags(extendedDefault: extendedDefault), known.readOnlyFromExtended, !known.extendedEnabled
    else {
      return knownFlags(extendedDefault: extendedDefault)
    }
    let place = flagPlaces.first { $0.spelling.flag == .readOnlyFromExtended }
    let name = place?.keyPath.joined(separator: ".") ?? Flag.readOnlyFromExtended.rawValue
    throw LMSConfigurationError(
      file: place?.file ?? files.joined(separator: ", "), line: place?.line, keyPath: place?.keyPath ?? [],
      message:
        "\(name) is \(place?.writtenValue ?? true) without ENABLE_CSMH_EXTENDED: history would be read from neither "
        + "table. Turn ENABLE_CSMH_EXTENDED on first, or set \(name) to \(!(place?.writtenValue ?? true))")
  }

  static func documents(_ files: [String]) throws(LMSConfigurationError) -> [ConfigurationDocument] {
    precondition(!files.isEmpty, "at least one configuration file is needed")
    var documents: [ConfigurationDocument] = []
    for file in files { documents.append(try ConfigurationDocument(path: file)) }
    return documents
  }

  /// What `read` finds in the last of the documents that has it.
  private static func last<Value>(
    _ documents: [ConfigurationDocument],
    _ read: (ConfigurationMapping) throws(LMSConfigurationError) -> Value?
  ) throws(LMSConfigurationError) -> Value? {
    for document in documents.reversed() {
      if let value = try read(document.mapping) { return value }
    }
    return nil
  }

  private static func database(
    _ databases: ConfigurationMapping, _ alias: String
  ) throws(LMSConfigurationError) -> DatabaseSettings? {
    guard let mapping = try databases.mapping(alias) else { return nil }
    return try DatabaseSettings(django: mapping)
  }

  /// The value of `flag` that all its places agree on, or nil where it is not set. Adds the places to `found`.
  private static func agreed(
    _ flag: Flag, in documents: [ConfigurationDocument], _ found: inout [FlagPlace]
  ) throws(LMSConfigurationError) -> Bool? {
    var places: [FlagPlace] = []
    for document in documents { places += try document.places(of: flag) }
    found += places
    guard let first = places.first else { return nil }
    if let other = places.first(where: { $0.value != first.value }) {
      let name = other.keyPath.joined(separator: ".")
      let firstName = first.keyPath.joined(separator: ".")
      let opposite =
        first.spelling.isInverted == other.spelling.isInverted ? "" : " (the two names have opposite senses)"
      throw LMSConfigurationError(
        file: other.file, line: other.line, keyPath: other.keyPath,
        message: "\(name) is \(other.writtenValue), which contradicts \(firstName), \(first.writtenValue) at "
          + "\(first.file):\(first.line)\(opposite): make them agree or remove one")
    }
    return first.value
  }
}
