import Foundation
import TestSupport
import Testing

/// Every page is run from top to bottom, and prints what it shows.
///
/// With `CSMH_UPDATE_DOCUMENTS` in the environment, pages are rewritten where they differ (`make documents`).
/// `CSMH_DOCUMENT=docs/migrating.md` runs one page.
@Suite(.limitedConcurrency) struct PageTests {
  private static let environment = ProcessInfo.processInfo.environment

  private static let pages = Page.all.filter { page in
    !PagePlan(page).steps.isEmpty && environment["CSMH_DOCUMENT"].map { page.path == $0 } ?? true
  }

  @Test("what a page's commands print is what the page shows", arguments: pages)
  func holds(page: Page) async throws {
    let isUpdating = Self.environment["CSMH_UPDATE_DOCUMENTS"] != nil
    let outcome = try await PageRun.run(page, isUpdating: isUpdating)
    for problem in outcome.problems { Issue.record(Comment(rawValue: problem)) }
    // After a command that failed, later outputs are not what the page means.
    guard !outcome.changes.isEmpty, outcome.problems.isEmpty else { return }
    try page.replacing(outcome.changes)
      .write(to: TestServer.project.appendingPathComponent(page.path), atomically: true, encoding: .utf8)
    print("\(page.path): \(outcome.changes.count) outputs were rewritten")
  }

  @Test("no document has a command or an output that nobody runs", arguments: Page.all)
  func isClaimed(page: Page) {
    let problems = PagePlan(page).problems
    #expect(problems.isEmpty, "\(problems.joined(separator: "\n"))")
  }
}
