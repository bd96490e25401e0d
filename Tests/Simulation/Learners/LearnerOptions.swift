/// How busy the learners of a simulated site are.
package struct LearnerOptions: Sendable, Hashable {
  /// How many processes of the LMS there are.
  package var processCount = 2

  /// How many requests each of them serves at the same time.
  package var requestCount = 2

  /// How many student modules they work on.
  package var moduleCount = 12

  /// How long a request stays away at most, and how long its transaction stays open at most.
  package var longestPause = Duration.seconds(4)
  package var longestTransaction = Duration.seconds(3)

  /// Chances in a hundred: that a request deletes a student module, begins a new one, gives the row a grade a moment later.
  package var deletions = 6
  package var beginnings = 15
  package var grades = 30

  /// Whether connections are lost and processes crash here too.
  package var haveFaults = true

  package init() {}
}
