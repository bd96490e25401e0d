import TestSupport
import Testing

/// Every remedy that csmh can print is followed by a test: `Scripts/test.sh` compares this list with what was followed.
@Suite("The list of remedies")
struct RemedyListTests {
  @Test("all remedies are written down for the comparison with those that were followed")
  func list() { FollowedRemedies.recordAll() }
}
