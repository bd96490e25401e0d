/// What Django has to know for the extended table, where a configuration names it at all. A rendered `lms.yml` seldom does; the
/// settings of a running LMS always do.
extension LMSConfiguration {
  /// A list of names, as `INSTALLED_APPS` and `DATABASE_ROUTERS` are.
  package struct NameList: Sendable, Hashable {
    package let names: [String]

    /// The file that it stands in, and the line, from 1, of its key.
    package let file: String
    package let line: Int

    package init(names: [String], file: String, line: Int) {
      self.names = names
      self.file = file
      self.line = line
    }
  }

  /// Why an `ENABLE_CSMH_EXTENDED` that is not set is off, whatever the LMS's release.
  package enum UnsetMeansOff: Sendable, Hashable {
    /// Tutor renders it as false, and takes the application and its router out.
    case tutor
    /// `INSTALLED_APPS` is named, and does not have the application.
    case applicationTakenOut(file: String, line: Int)
  }

  /// The application of the extended table, and the router that sends it to its database.
  package static let application = "lms.djangoapps.coursewarehistoryextended"
  package static let router = "openedx.core.lib.django_courseware_routers.StudentModuleHistoryExtendedRouter"

  /// Whether the application is installed; nil where the configuration does not name the installed ones. Its module was called
  /// `coursewarehistoryextended` in early releases, and an application may be named by its configuration's class.
  package var hasApplication: Bool? {
    installedApplications.map { Self.hasApplication(in: $0) }
  }

  static func hasApplication(in list: NameList) -> Bool {
    list.names.contains { $0.split(separator: ".").contains("coursewarehistoryextended") }
  }

  /// Whether the router is named; nil where the configuration names no routers.
  package var hasRouter: Bool? {
    databaseRouters.map { list in
      list.names.contains { $0.split(separator: ".").last == "StudentModuleHistoryExtendedRouter" }
    }
  }

  /// The texts of a list, and of one that the LMS adds to it; nil where the last of the documents that has the list has no list there.
  static func names(
    _ key: String, addedBy more: String? = nil, in documents: [ConfigurationDocument]
  ) -> NameList? {
    func texts(_ node: ConfigurationNode?) -> [String]? {
      guard case .sequence(let elements) = node?.content else { return nil }
      return elements.compactMap { $0.scalar?.kind == .text ? $0.scalar?.text : nil }
    }
    guard let document = documents.last(where: { $0.mapping[key] != nil }), let names = texts(document.mapping[key])
    else {
      return nil
    }
    let added = more.flatMap { more in documents.lazy.reversed().compactMap { texts($0.mapping[more]) }.first } ?? []
    return NameList(
      names: names + added, file: document.path,
      line: document.root.ownEntry(key)?.key.line ?? document.root[key]?.line ?? 1)
  }
}
