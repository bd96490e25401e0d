internal import StudentModuleHistory

/// Changes the flags in an installation's configuration files, and nothing else in them.
///
/// ```swift
/// let editor = LMSConfigurationEditor(files: ["lms.yml"])
/// let edit = try editor.settingFlag(.extendedEnabled, to: true)
/// try edit.write()
/// ```
package struct LMSConfigurationEditor: Sendable {
  /// Where a flag is added that is set nowhere.
  package enum Places: Sendable, Hashable {
    /// At the top level, where code since September 2025 reads `ENABLE_CSMH_EXTENDED`, and under `FEATURES`, where older code
    /// reads it, and all code the other flag. A configuration does not tell its release, and neither place harms the other.
    case everyRelease
    /// At the top level alone: in a file that no LMS reads.
    case topLevel
  }

  /// The files that may be changed, spelt as they were given.
  package let files: [String]

  /// Where a flag is added that is set nowhere. Default: where some release reads it.
  package let places: Places

  /// An editor of `files`, at least one: those that ``LMSConfiguration/init(files:)`` takes, or
  /// ``LMSConfiguration/files``.
  package init(files: [String], places: Places = .everyRelease) {
    precondition(!files.isEmpty, "at least one configuration file is needed")
    self.files = files
    self.places = places
  }

  /// Works out how to set `flag` to `value`; nothing is written yet.
  ///
  /// Where the flag is set, in either spelling, at the top level or under `FEATURES`, the value is changed there, at
  /// every such place, and to the opposite value for the spelling with the opposite sense. Where it is set nowhere, it
  /// is added at ``places``, in the first file that has `FEATURES`, else in the first file. Every other byte stays.
  ///
  /// A flag or `FEATURES` that stands more than once in its mapping is refused: only there a repetition matters.
  ///
  /// What comes out is parsed again and must be the same tree but for the flag, or the edit is refused.
  ///
  /// - Parameters:
  ///   - flag: the flag.
  ///   - value: its value, in the sense of the flag.
  ///   - spelling: the name to add the flag under where it is set nowhere. Default: the flag's own name. With
  ///     `READ_ONLY_FROM_CSMHE`, the name that shipped Open edX heeds is added too.
  /// - Returns: the edit, without changes if the flag has the value everywhere already.
  /// - Throws: ``LMSConfigurationError`` for a file that cannot be read or parsed, a flag whose value is not a boolean,
  ///   and a file in which the flag cannot be changed without changing something else.
  package func settingFlag(
    _ flag: LMSConfiguration.Flag, to value: Bool, addedAs spelling: LMSConfiguration.FlagSpelling? = nil
  ) throws(LMSConfigurationError) -> LMSConfigurationEdit {
    let documents = try LMSConfiguration.documents(files)
    for document in documents { try document.refuseRepetition(of: flag) }
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
      let document = try Self.home(documents)
      let contents = try document.adding(Self.added(flag, value, spelling), to: places)
      let lines = try ConfigurationDocument(path: document.path, contents: contents).places(of: flag).map(\.line)
      changes.append(
        .init(file: document.path, lines: lines, before: .init(document.fileContents), after: .init(contents)))
    }
    try Self.check(flag, value, documents, changes)
    return LMSConfigurationEdit(flag: flag, value: value, changes: changes)
  }

  /// The names under which a flag is added, with the values to write.
  private static func added(
    _ flag: LMSConfiguration.Flag, _ value: Bool, _ spelling: LMSConfiguration.FlagSpelling?
  ) -> [AddedFlag] {
    let spelling = spelling?.flag == flag ? spelling! : flag.spelling
    var spellings = [spelling]
    if spelling == .readOnlyFromCSMHE { spellings.append(.enableReadingFromMultipleHistoryTables) }
    return spellings.map { AddedFlag(name: $0.rawValue, value: value != $0.isInverted) }
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
