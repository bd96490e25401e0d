/// Progress on one line: the share and the time left first, then as much of the rest as fits.
package enum ProgressLine {
  /// `copy: 80 %, ETA 6 s, 1,200,000 rows done, ~300,000 left, 52,000 rows/s, 47.1 MB/s, 4 workers, 0 retries`
  ///
  /// - Parameter columns: the width that it must not be wider than; nil for all of it.
  package static func text(_ snapshot: ProgressSnapshot, columns: Int? = nil) -> String {
    let parts = parts(snapshot)
    let whole = "\(snapshot.phase): " + parts.joined(separator: ", ")
    guard let columns, VisibleText.width(VisibleText.line(whole)) > columns else { return whole }
    var line = "\(snapshot.phase): \(parts[0])"
    for part in parts.dropFirst() {
      let longer = "\(line), \(part)"
      guard VisibleText.width(VisibleText.line(longer)) <= columns else { break }
      line = longer
    }
    return VisibleText.beginning(of: line, columns: columns)
  }

  /// What there is to say, the most important first.
  private static func parts(_ snapshot: ProgressSnapshot) -> [String] {
    var parts: [String] = []
    if let share = snapshot.share { parts.append("\(Int(share * 100)) %") }
    if let eta = snapshot.eta {
      parts.append("ETA \(Format.duration(eta))")
    } else if let reason = snapshot.etaUnknownBecause {
      parts.append("ETA unknown: \(reason)")
    }
    parts.append("\(Format.count(snapshot.rowsDone)) rows done")
    if let left = snapshot.rowsLeft {
      parts.append("\(snapshot.isEstimate ? "~" : "")\(Format.count(left)) left")
    }
    parts.append("\(Format.count(Int(snapshot.rowsPerSecond))) rows/s")
    parts.append("\(Format.bytes(snapshot.bytesPerSecond))/s")
    parts.append("\(snapshot.activeWorkers) worker\(snapshot.activeWorkers == 1 ? "" : "s")")
    parts.append("\(snapshot.retryCount) retries")
    if snapshot.eta != nil, let note = snapshot.note { parts.append(note) }
    return parts
  }
}

extension ProgressSnapshot {
  /// The share of the rows that is done, from 0 to 1; nil while it is not known how many there are.
  package var share: Double? {
    guard let rowsLeft else { return nil }
    let all = Double(rowsDone) + Double(rowsLeft)
    return all > 0 ? Double(rowsDone) / all : nil
  }
}
