/// Finds what somebody may have meant who misspelt a name.
package enum Suggestion {
  /// The names that are nearest to `word`, if any is near enough: a letter or two that are wrong, missing, too many or swapped, or the
  /// beginning of a name.
  package static func names(near word: String, among names: [String]) -> [String] {
    let word = word.lowercased()
    guard !word.isEmpty else { return [] }
    let longer = names.filter { word.count >= 2 && $0.hasPrefix(word) }
    if !longer.isEmpty { return longer }
    let distances = names.map { (name: $0, distance: distance(Array(word.unicodeScalars), Array($0.unicodeScalars))) }
    guard let least = distances.map(\.distance).min(), least <= min(2, word.unicodeScalars.count / 2) else { return [] }
    return distances.filter { $0.distance == least }.map(\.name)
  }

  /// How many letters have to be put in, left out, replaced, or swapped with their neighbour.
  private static func distance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
    // A word as long as that is no misspelt name, and the table would grow with it.
    guard left.count <= 64 else { return left.count }
    var rows = [Array(0...right.count)]
    for row in 1..<(left.count + 1) {
      var next = [row]
      for column in 1..<(right.count + 1) {
        let isSame = left[row - 1] == right[column - 1]
        var least = min(rows[row - 1][column] + 1, next[column - 1] + 1, rows[row - 1][column - 1] + (isSame ? 0 : 1))
        if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
          least = min(least, rows[row - 2][column - 2] + 1)
        }
        next.append(least)
      }
      rows.append(next)
    }
    return rows[left.count][right.count]
  }
}
