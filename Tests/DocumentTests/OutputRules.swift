import Foundation

/// What of an output differs from run to run, or from machine to machine, and is not compared: the named wildcards of the pages.
///
/// A page shows real values: `copied 5,000 rows (2.1 MB) in 0.4 s`. On both sides they are replaced by the names of what they are:
/// `copied 5,000 rows («size») in «time»`. Counts and ids of rows are compared.
struct OutputRules {
  /// What is replaced by the name; with no name, by nothing.
  private struct Rule {
    let name: String
    let pattern: String
  }

  /// Applied in this order.
  private static let usual: [Rule] = [
    Rule(name: "date", pattern: #"\b20\d\d-\d\d-\d\d([ T]{1,2}\d{1,2}:\d\d(:\d\d(\.\d+)?)?)?Z?"#),
    Rule(name: "date", pattern: #"\b20\d{6}T\d{6}Z\b"#),
    Rule(name: "digest", pattern: #"\b([0-9a-f]{64}|[0-9a-f]{32})\b"#),
    Rule(name: "version", pattern: #"\b\d+\.\d+\.\d+(-[\w.+~:-]+)?"#),
    Rule(name: "rate", pattern: #"~?\b[\d.,]+ ([kMG]?B/s|(rows|ids|records)(/s| a (second|day|week)))"#),
    Rule(
      name: "time",
      pattern:
        #"~?\b(less than )?[\d.,]+ (µs|ms|s|min|h|d|(second|minute|hour|day|week|year)s?)\b( \d+ (s|min|h)\b)?"#),
    Rule(name: "size", pattern: #"~?\b[\d.,]+ [kMGT]?B\b"#),
    Rule(name: "share", pattern: #"~?\b[\d.,]+ %"#),
    // How the table is cut depends on how fast the servers are.
    Rule(name: "ranges", pattern: #"\b[\d,]+ (ranges?|transactions?)\b"#),
    Rule(name: "range", pattern: #"\bids \d+-\d+"#),
    // The usual port says nothing.
    Rule(name: "", pattern: #"(?<=db[12]):3306"#),
  ]

  private let rules: [(expression: NSRegularExpression, template: String)]

  /// - Parameter varies: nouns whose counts are not compared either: with `attempts`, `297 attempts` becomes `«count» attempts`.
  init(varies: [String] = []) {
    let counts = varies.map {
      Rule(name: "count", pattern: "~?\\b[\\d,]+(?= \(NSRegularExpression.escapedPattern(for: $0)))")
    }
    rules = (Self.usual + counts).compactMap { rule in
      // The patterns are those above: one that cannot be read would be seen by every test.
      guard let expression = try? NSRegularExpression(pattern: rule.pattern) else { return nil }
      return (expression, rule.name.isEmpty ? "" : "«\(rule.name)»")
    }
  }

  /// The line with names in the place of what differs. Spaces count once, as columns move with the numbers in them.
  func normalised(_ line: String) -> String {
    var text = line
    for rule in rules {
      text = rule.expression.stringByReplacingMatches(
        in: text, range: NSRange(text.startIndex..., in: text), withTemplate: rule.template)
    }
    return Self.spacesOnce(text)
  }

  private static func spacesOnce(_ line: String) -> String {
    let leading = line.prefix { $0 == " " }
    let words = line.split(separator: " ")
    return leading + words.joined(separator: " ")
  }
}
