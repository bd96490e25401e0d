/// A record of a history, as Django's readers and csmh tell it alike.
struct ShownRecord: Decodable, Hashable, Sendable {
  let id: UInt64
  let studentModuleID: UInt64
  let created: String
  let grade: Double?
  let maxGrade: Double?
  let version: String?
  let state: String?
  var table: String

  private enum CodingKeys: String, CodingKey {
    case id, created, grade, version, state, table
    case studentModuleID = "student_module_id"
    case maxGrade = "max_grade"
  }

  /// It, wherever it was read.
  var anywhere: ShownRecord {
    var entry = self
    entry.table = ""
    return entry
  }
}
