import Foundation
package import StudentModuleHistory

/// What a test run does with the remedies that csmh prints: each is read from real output, followed to the letter, and must lead on.
///
/// `CSMH_TEST_REMEDIES` names a file that collects which were followed; `Scripts/test.sh` fails for those that no test reached.
package enum FollowedRemedies {
  /// A remedy as it was printed.
  package struct Printed: Sendable {
    /// The whole of it.
    package let text: String

    /// What stands in the places of its form.
    package let places: [String]

    /// The text as one SQL statement, without its semicolon.
    package var sql: String { text.hasSuffix(";") ? String(text.dropLast()) : text }
  }

  /// Finds a remedy in what csmh printed, and does `body` with it: what the remedy says. It counts as followed if `body` throws nothing.
  ///
  /// - Parameters:
  ///   - output: what a command printed, as text or as JSON.
  ///   - body: shows, too, that it led on.
  /// - Throws: ``TestFailure`` if the output has no such remedy.
  @discardableResult
  package static func follow<Value>(
    _ name: Remedy.Name, in output: String, isolation: isolated (any Actor)? = #isolation,
    _ body: (Printed) async throws -> Value
  ) async throws -> Value {
    let printed = try printed(name, in: output)
    let value = try await body(printed)
    record("followed \(name)")
    return value
  }

  /// Finds a remedy in what csmh printed.
  package static func printed(_ name: Remedy.Name, in output: String) throws -> Printed {
    let pieces = name.rawValue.components(separatedBy: "{}").map(NSRegularExpression.escapedPattern)
    // The last place reaches to the end of its line; every other one to what follows it.
    let open = pieces.last == "" ? pieces.dropLast() : pieces[...]
    let pattern = open.joined(separator: "(.*?)") + (pieces.last == "" ? "(.+)" : "")
    let expression = try NSRegularExpression(pattern: pattern)
    for text in [output, unescaped(output)] {
      guard let match = expression.firstMatch(in: text, range: NSRange(text.startIndex..., in: text)) else { continue }
      let ranges = (0..<match.numberOfRanges).compactMap { Range(match.range(at: $0), in: text) }
      return Printed(text: String(text[ranges[0]]), places: ranges.dropFirst().map { String(text[$0]) })
    }
    throw TestFailure("the remedy \(name) was not printed: \(output)")
  }

  /// Writes down all names, for whoever compares them with those that were followed.
  package static func recordAll() {
    for name in Remedy.Name.allCases { record("known \(name)") }
  }

  private static func unescaped(_ json: String) -> String {
    json.replacingOccurrences(of: "\\\"", with: "\"").replacingOccurrences(of: "\\/", with: "/")
      .replacingOccurrences(of: "\\\\", with: "\\")
  }

  private static func record(_ line: String) {
    guard let file = ProcessInfo.processInfo.environment["CSMH_TEST_REMEDIES"],
      let handle = fopen(file, "a")
    else { return }
    // One short write in append mode: lines of tests that run at the same time stay whole.
    fputs(line + "\n", handle)
    fclose(handle)
  }
}
