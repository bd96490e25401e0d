public import StudentModuleHistory

/// Changes the flags in an installation's configuration files, and nothing else in them.
///
/// ```swift
/// let editor = LMSConfigurationEditor(files: ["lms.yml"])
/// let edit = try editor.settingFlag(.extendedEnabled, to: true)
/// try edit.write()
/// ```
public struct LMSConfigurationEditor: Sendable {
  /// The files that may be changed, spelt as they were given.
  public let files: [String]

  /// An editor of `files`, at least one: those that ``LMSConfiguration/init(files:)`` takes, or
  /// ``LMSConfiguration/files``.
  public init(files: [String]) {
    precondition(!files.isEmpty, "at least one configuration file is needed")
    self.files = files
  }

  /// Works out how to set `flag` to `value`; nothing is written yet.
  ///
  /// Where the flag is set, in either spelling, at the top level or under `FEATURES`, the value is changed there, at
  /// every such place, and to the opposite value for the spelling with the opposite sense. Where it is set nowhere, it
  /// is added: under `FEATURES` of the first file that has it, else at the top level of the first file. Every other
  /// byte stays.
  ///
  /// What comes out is parsed again and must be the same tree but for the flag, or the edit is refused.
  ///
  /// - Parameters:
  ///   - flag: the flag.
  ///   - value: its value, in the sense of the flag.
  ///   - spelling: the name to add the flag under where it is set nowhere. Default: the flag's own name. The LMS of
  ///     shipped Open edX heeds `ENABLE_READING_FROM_MULTIPLE_HISTORY_TABLES` only.
  /// - Returns: the edit, without changes if the flag has the value everywhere already.
  /// - Throws: ``LMSConfigurationError`` for a file that cannot be read or parsed, a flag whose value is not a boolean,
  ///   and a file in which the flag cannot be changed without changing something else.
  public func settingFlag(
    _ flag: LMSConfiguration.Flag, to value: Bool, addedAs spelling: LMSConfiguration.FlagSpelling? = nil
  ) throws(LMSConfigurationError) -> LMSConfigurationEdit {
    let documents = try LMSConfiguration.documents(files)
    var changes: [LMSConfigurationEdit.Change] = []
    var isSet = false
    for document in documents {
      // A flag that only a merge (`<<`) brings in is set anew, in the mapping itself, which wins over the merge.
      let places = try document.places(of: flag).filter { document.ownEntry(at: $0.keyPath) != nil }
      isSet = isSet || !places.isEmpty
      let wrong = places.filter { $0.value != value }
      if wrong.isEmpty { continue }
      let contents = try document.changing(wrong, to: value)
      changes.append(
        .init(
          file: document.path, lines: wrong.map(\.line), before: .init(document.fileContents),
          after: .init(contents)))
    }
    if !isSet {
      let spelling = spelling?.flag == flag ? spelling! : flag.spelling
      let document = try Self.home(documents)
      let contents = try document.adding(spelling, value: value != spelling.isInverted)
      let line = try ConfigurationDocument(path: document.path, contents: contents).places(of: flag).first?.line
      changes.append(
        .init(
          file: document.path, lines: line.map { [$0] } ?? [], before: .init(document.fileContents),
          after: .init(contents)))
    }
    try Self.check(flag, value, documents, changes)
    return LMSConfigurationEdit(flag: flag, value: value, changes: changes)
  }

  /// Refuses an edit after which a place in any of the files would still say otherwise: one that a merge brings in.
  private static func check(
    _ flag: LMSConfiguration.Flag, _ value: Bool, _ documents: [ConfigurationDocument],
    _ changes: [LMSConfigurationEdit.Change]
  ) throws(LMSConfigurationError) {
    for document in documents {
      let change = changes.first { $0.file == document.path }
      let after = try change.map { change throws(LMSConfigurationError) in
        try ConfigurationDocument(path: change.file, contents: change.after.bytes)
      }
      guard let other = try (after ?? document).places(of: flag).first(where: { $0.value != value }) else { continue }
      throw LMSConfigurationError(
        file: other.file, line: other.line, keyPath: other.keyPath,
        message: "\(other.keyPath.joined(separator: ".")) comes from a merge here, which csmh does not change: "
          + "change it by hand")
    }
  }

  /// The file to add a flag to.
  private static func home(_ documents: [ConfigurationDocument]) throws(LMSConfigurationError) -> ConfigurationDocument
  {
    for document in documents where try document.mapping.mapping(ConfigurationDocument.features) != nil {
      return document
    }
    return documents.first { $0.root[ConfigurationDocument.features] != nil } ?? documents[0]
  }
}

extension HistoryFlags.Name {
  /// The name that is the flag's own.
  var spelling: LMSConfiguration.FlagSpelling {
    switch self {
    case .extendedEnabled: .enableCSMHExtended
    case .readOnlyFromExtended: .readOnlyFromCSMHE
    }
  }
}
