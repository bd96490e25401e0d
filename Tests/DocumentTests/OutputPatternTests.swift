import Testing

/// What counts as the same output, and what does not.
@Suite struct OutputPatternTests {
  private static func fits(_ shown: [String], _ output: [String], varies: [String] = []) -> Bool {
    OutputPattern(shown, rules: OutputRules(varies: varies)).compare(output) == .matches(lineCount: output.count)
  }

  @Test(
    "times, rates, sizes, dates, digests, versions and ranges are not compared",
    arguments: [
      ("copied 2 rows (2.1 MB) in 0.4 s: 500 rows/s, 3 ranges", "copied 2 rows (991 B) in 12 s: 7 rows/s, 1 ranges"),
      ("that lasts 1 h 23 min", "that lasts 58 d 16 h"),
      ("taken at 2026-03-01 12:00:00.000000 UTC", "taken at 2027-11-28 02:45:06.371413 UTC"),
      ("lms.yml.csmh-backup-20261122T162328Z", "lms.yml.csmh-backup-20270101T000000Z"),
      ("digest fbf2bd1455d07ff77fdcce2c45757dde", "digest 3cb126e5a1298560cd77bd3809b92e53"),
      ("differs: ids 41000-52999: 1 missing", "differs: ids 0-1000: 1 missing"),
      ("at its present rate of 2.00 ids a second", "at its present rate of 0.13 ids a second"),
      ("MariaDB 10.11.19-MariaDB-0+deb12u1", "MariaDB 11.4.2-MariaDB"),
      ("csmh@db2:3306/edxapp_csmh", "csmh@db2/edxapp_csmh"),
      ("a     module 1", "a  module 1"),
    ])
  func notCompared(shown: String, printed: String) {
    #expect(Self.fits([shown], [printed]))
  }

  @Test(
    "ids, counts of rows and words are compared",
    arguments: [
      ("copied 200 rows", "copied 201 rows"), ("next native id 15,001", "next native id 1"),
      ("0 retries", "1 retries"), ("it is safe", "it is not safe"), ("lms.yml, line 20", "lms.yml, line 21"),
      ("  copied", "copied"), ("up to the id 5000", "up to the id 5001"),
    ])
  func compared(shown: String, printed: String) {
    #expect(!Self.fits([shown], [printed]))
  }

  @Test("a line of dots stands for any lines, none among them; no other line is left out") func gaps() {
    #expect(Self.fits(["...", "b", "..."], ["a", "b", "c"]))
    #expect(Self.fits(["...", "b", "..."], ["b"]))
    #expect(Self.fits(["a", "...", "b"], ["a", "b", "b"]))
    #expect(!Self.fits(["b"], ["a", "b"]))
    #expect(!Self.fits(["a"], ["a", "b"]))
    #expect(!Self.fits(["...", "b", "a", "..."], ["a", "b"]))
    #expect(!Self.fits(["a", "b"], ["a"]))
  }

  @Test("dots inside a line stand for any text of that line") func dotsInside() {
    #expect(Self.fits(["migrated: all rows. ..."], ["migrated: all rows. Readers take both"]))
    #expect(Self.fits(["migrated: all rows. ..."], ["migrated: all rows."]))
    #expect(Self.fits(["{\"id\":1,...,\"table\":2}"], ["{\"id\":1,\"a\":0,\"table\":2}"]))
    #expect(!Self.fits(["migrated: all rows. ..."], ["paused: all rows."]))
    #expect(!Self.fits(["a ... z"], ["a b y"]))
  }

  @Test("counts of nouns that vary are not compared, other counts are") func varies() {
    #expect(Self.fits(["297 attempts, 3 rows"], ["1,204 attempts, 3 rows"], varies: ["attempts"]))
    #expect(!Self.fits(["297 attempts, 3 rows"], ["297 attempts, 4 rows"], varies: ["attempts"]))
  }

  @Test("an output that goes on is compared as far as it is shown") func openEnded() {
    let pattern = OutputPattern(["...", "b"], rules: OutputRules())
    #expect(pattern.compare(["a", "b", "c"], isOpenEnded: true) == .matches(lineCount: 2))
    #expect(pattern.compare(["a"], isOpenEnded: true) == .fails(line: 1, outputLine: 0))
  }

  @Test("the first line that does not hold is told") func failure() {
    let pattern = OutputPattern(["a", "b", "c"], rules: OutputRules())
    #expect(pattern.compare(["a", "x", "c"]) == .fails(line: 1, outputLine: 1))
  }
}
