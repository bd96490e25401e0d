import StudentModuleHistory
import Testing

@Suite struct LockLimitTests {
  @Test(
    "what csmh does with its locks, and how long a server waits for it then, are within the limit",
    arguments: [5, 6, 7, 10, 60, 3_600])
  func parts(seconds: Int) {
    let limit = LockLimit(seconds: seconds)
    #expect(limit.waitSeconds + limit.silenceSeconds <= seconds)
    #expect(limit.waitSeconds >= 1 && limit.silenceSeconds >= 1)
    #expect(limit.work == .seconds(limit.waitSeconds))
  }

  @Test("a limit that is none becomes the nearest one") func bounds() {
    #expect(LockLimit(seconds: 0).seconds == 2)
    #expect(LockLimit(seconds: 100_000).seconds == 3_600)
    #expect(LockLimit(seconds: 2).silenceSeconds == 1 && LockLimit(seconds: 2).waitSeconds == 1)
  }
}
