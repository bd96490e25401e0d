/// How busy the learners of a simulated site are.
public struct LearnerOptions: Sendable, Hashable {
  /// How many processes of the LMS there are.
  public var processCount = 2

  /// How many requests each of them serves at the same time.
  public var requestCount = 2

  /// How many student modules they work on.
  public var moduleCount = 12

  /// How long a request stays away at most, and how long its transaction stays open at most.
  public var longestPause = Duration.seconds(4)
  public var longestTransaction = Duration.seconds(3)

  /// Chances in a hundred: that a request deletes a student module, begins a new one, gives the row a grade a moment later.
  public var deletions = 6
  public var beginnings = 15
  public var grades = 30

  /// Whether connections are lost and processes crash here too.
  public var haveFaults = true

  public init() {}
}
