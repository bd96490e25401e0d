internal import StudentModuleHistory

extension LMSConfiguration {
  /// Where the configuration of the CMS says something else than this one of the LMS, in sentences; none if they agree.
  ///
  /// Accounts and the ways to encrypt may differ. Names of one machine for itself are the same server.
  package func disagreements(with studio: LMSConfiguration) -> [String] {
    let files = studio.files.joined(separator: ", ")
    var found: [String] = []
    for flag in Flag.allCases where flags[flag] != studio.flags[flag] {
      // One that is not set, and means the same, is no disagreement.
      if flag == .readOnlyFromExtended, (flags[flag] ?? false) == (studio.flags[flag] ?? false) { continue }
      if flag == .extendedEnabled, knownFlags()?[flag] != nil, knownFlags()?[flag] == studio.knownFlags()?[flag] {
        continue
      }
      func text(_ value: Bool?) -> String { value.map { $0 ? "on" : "off" } ?? "not set" }
      let place = studio.flagPlaces.first { $0.spelling.flag == flag }.map { "\($0.file):\($0.line)" } ?? files
      found.append("\(place): \(flag.rawValue) is \(text(studio.flags[flag])), and \(text(flags[flag])) for the LMS")
    }
    if let difference = Self.difference(studio.original, original) {
      found.append("\(Self.place(studio.original, files)): DATABASES.default has \(difference)")
    }
    switch (studio.extended, extended) {
    case (nil, nil): break
    case (nil, _?): found.append("\(files): DATABASES has no student_module_history")
    case (_?, nil): break
    case (let theirs?, let ours?):
      if let difference = Self.difference(theirs, ours) {
        found.append("\(Self.place(theirs, files)): DATABASES.student_module_history has \(difference)")
      }
    }
    return found
  }

  private static func place(_ settings: DatabaseSettings, _ files: String) -> String {
    guard let file = settings.file else { return files }
    return settings.line.map { "\(file):\($0)" } ?? file
  }

  /// What leads to another database; nil if nothing does.
  private static func difference(_ studio: DatabaseSettings, _ lms: DatabaseSettings) -> String? {
    func host(_ settings: DatabaseSettings) -> String {
      if let socket = settings.socketPath { return "the socket \(socket)" }
      let name = settings.host?.lowercased() ?? ""
      let isHere = ["", "localhost", "127.0.0.1", "::1"].contains(name)
      return isHere ? "localhost" : name
    }
    func port(_ settings: DatabaseSettings) -> Int { settings.port ?? 3306 }
    var differences: [String] = []
    func compare(_ key: String, _ theirs: String, _ ours: String) {
      if theirs != ours { differences.append("the \(key) \(theirs), and \(ours) for the LMS") }
    }
    compare("ENGINE", studio.engine.rawValue, lms.engine.rawValue)
    compare("NAME", studio.name, lms.name)
    if studio.engine == .mysql, lms.engine == .mysql {
      compare("HOST", host(studio), host(lms))
      if studio.socketPath == nil, lms.socketPath == nil {
        compare("PORT", String(port(studio)), String(port(lms)))
      }
    }
    return differences.isEmpty ? nil : differences.joined(separator: "; ")
  }
}
