/// A key that stands more than once in the same mapping. The LMS takes the last one without a word, and so does csmh, which tells it.
package struct RepeatedKey: Sendable, Hashable {
  /// The file, spelt as it was given.
  package let file: String

  /// The keys that lead there from the top, itself included. Elements of lists have no name in it.
  package let keyPath: [String]

  /// The lines, from 1, on which it stands, the one that counts last.
  package let lines: [Int]

  /// What is told of it, without any value.
  package var description: String {
    let others = lines.dropLast().map(String.init).joined(separator: ", ")
    return
      "\(file):\(lines.last ?? 0): \(keyPath.joined(separator: ".")) stands more than once (also on line \(others)):"
      + " the last one counts, as for the LMS"
  }
}

extension ConfigurationDocument {
  /// Every key that stands more than once in a mapping, in the order of the file. What aliases repeat is told once.
  func findRepeatedKeys() -> [RepeatedKey] {
    var found: [RepeatedKey] = []
    var seen: Set<[Int]> = []
    collect(root, [], &found, &seen)
    return found.sorted { ($0.lines.last ?? 0, $0.keyPath.count) < ($1.lines.last ?? 0, $1.keyPath.count) }
  }

  private func collect(
    _ node: ConfigurationNode, _ keyPath: [String], _ found: inout [RepeatedKey], _ seen: inout Set<[Int]>
  ) {
    switch node.content {
    case .scalar: return
    case .sequence(let elements):
      for element in elements { collect(element, keyPath, &found, &seen) }
    case .mapping(let entries):
      var lines: [String: [Int]] = [:]
      for entry in entries {
        // Several merges are no repetition: each adds to the others.
        guard let key = entry.key.scalar, key.kind == .text else { continue }
        lines[key.text, default: []].append(entry.key.line)
        collect(entry.value, keyPath + [key.text], &found, &seen)
      }
      for (key, lines) in lines where lines.count > 1 {
        let place = [node.line, node.column, node.span?.lowerBound ?? 0] + lines
        guard seen.insert(place).inserted else { continue }
        found.append(RepeatedKey(file: path, keyPath: keyPath + [key], lines: lines))
      }
    }
  }
}
