import Foundation
import MigrationAdvice

/// How checks look on the terminal: a line a rule, and below a warning or a failure why it matters and what to do.
struct CheckRendering {
  let console: Console

  func show(_ results: [CheckResult]) {
    for result in results {
      let mark = result.verdict.rawValue.padding(toLength: 8, withPad: " ", startingAt: 0)
      console.print("\(console.style(mark, style(of: result.verdict)))\(result.title) (\(result.rule)): \(result.seen)")
      if result.verdict >= .warn { console.print("        why: \(result.why)") }
      if result.verdict != .pass {
        for remedy in result.remedy { console.print("        what to do: \(remedy)") }
      }
    }
    let counts = CheckVerdict.allCases.map { verdict in "\(results.count { $0.verdict == verdict }) \(verdict.rawValue)"
    }
    console.print("\n\(results.count) rules: \(counts.joined(separator: ", "))")
  }

  private func style(of verdict: CheckVerdict) -> Console.Style {
    switch verdict {
    case .pass: .green
    case .skipped: .dim
    case .warn: .yellow
    case .fail: .red
    }
  }
}

/// The JSON document of `csmh check`.
struct CheckDocument: Encodable {
  /// The worst verdict of all rules.
  let verdict: CheckVerdict
  let checks: [CheckResult]

  init(_ results: [CheckResult]) {
    verdict = results.map(\.verdict).max() ?? .pass
    checks = results
  }
}
