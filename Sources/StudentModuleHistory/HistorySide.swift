/// The two tables of an installation.
public enum HistorySide: String, Sendable, Hashable, CaseIterable {
  /// `courseware_studentmodulehistory` in the database that Open edX calls `default`.
  case original
  /// The table with 64-bit ids in the database that Open edX calls `student_module_history`.
  case extended

  /// The names under which the table is looked for, the usual one first.
  ///
  /// Open edX's first documents call the extended table `courseware_studentmodulehistoryextended`; what shipped is called after
  /// its Django application.
  public var tableNames: [String] {
    switch self {
    case .original: ["courseware_studentmodulehistory"]
    case .extended:
      ["coursewarehistoryextended_studentmodulehistoryextended", "courseware_studentmodulehistoryextended"]
    }
  }

  /// The other one of the two.
  public var other: HistorySide { self == .original ? .extended : .original }

  /// The database's usual name.
  public var usualDatabaseName: String {
    switch self {
    case .original: "edxapp"
    case .extended: "edxapp_csmh"
    }
  }
}
