extension HistoryRecord {
  /// The columns in which two records with the same id differ. Doubles are compared by their bits.
  package func differingColumns(from other: HistoryRecord) -> [String] {
    var columns: [String] = []
    if studentModuleID != other.studentModuleID { columns.append("student_module_id") }
    if !Self.sameBytes(version, other.version) { columns.append("version") }
    if created != other.created { columns.append("created") }
    if !Self.sameBytes(state, other.state) { columns.append("state") }
    if grade?.bitPattern != other.grade?.bitPattern { columns.append("grade") }
    if maxGrade?.bitPattern != other.maxGrade?.bitPattern { columns.append("max_grade") }
    return columns
  }

  /// Swift's `==` holds for texts that are canonically equivalent; here bytes count.
  private static func sameBytes(_ left: String?, _ right: String?) -> Bool {
    switch (left, right) {
    case (nil, nil): true
    case (let left?, let right?): left.utf8.elementsEqual(right.utf8)
    default: false
    }
  }
}
