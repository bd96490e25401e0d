import LMSConfiguration
import StudentModuleHistory
import Testing

/// The one sequence that the commands read.
@Suite struct FlagChangesTests {
  private static let error = LMSConfigurationError(file: "lms.yml", line: 3, message: "is half-written")

  /// What comes of readings, in words.
  private static func told(
    after first: String, _ flags: HistoryFlags, _ readings: [ConfigurationWatcher.Reading],
    look: @escaping @Sendable (LMSConfiguration) async throws -> HistoryFlags = { _ in throw error }
  ) async throws -> [String] {
    let (stream, send) = AsyncStream.makeStream(of: ConfigurationWatcher.Reading.self)
    for reading in readings { send.yield(reading) }
    send.finish()
    let first = try FlagFollowerTests.configuration(first)
    let follower = FlagFollower(flags, of: first, extendedDefault: nil)
    var told: [String] = []
    for await change in FlagChanges(stream, after: follower, look: look) {
      switch change {
      case .flags(let flags): told.append(flags.meaning)
      case .unusable(let error): told.append("\(error)")
      case .otherDatabases: told.append("other databases")
      }
    }
    return told
  }

  private static func reading(_ rest: String, host: String = "db1") throws -> ConfigurationWatcher.Reading {
    .configuration(try FlagFollowerTests.configuration(rest, host: host))
  }

  @Test("the flags come first, then every change once; what cannot be read is told and changes nothing")
  func sequence() async throws {
    let told = try await Self.told(
      after: "ENABLE_CSMH_EXTENDED: false", .off,
      [
        Self.reading("ENABLE_CSMH_EXTENDED: false"), .failure(Self.error), Self.reading("ENABLE_CSMH_EXTENDED: true"),
        Self.reading("ENABLE_CSMH_EXTENDED: true"), .failure(Self.error), Self.reading("ENABLE_CSMH_EXTENDED: true"),
        Self.reading("ENABLE_CSMH_EXTENDED: false"),
      ])
    #expect(
      told == [
        HistoryFlags.off.meaning, "\(Self.error)", FlagFollowerTests.extended.meaning, "\(Self.error)",
        HistoryFlags.off.meaning,
      ])
  }

  @Test("a flag that is not set any more is asked of the tables; while they cannot tell, the last good ones hold")
  func look() async throws {
    let unset = try Self.reading("ENABLE_TEAMS: true")
    let on = FlagFollowerTests.extended
    #expect(
      try await Self.told(after: "ENABLE_CSMH_EXTENDED: true", on, [unset, unset])
        == [on.meaning, "\(Self.error)", "\(Self.error)"])
    #expect(
      try await Self.told(after: "ENABLE_CSMH_EXTENDED: true", on, [unset, unset]) { _ in .off }
        == [on.meaning, HistoryFlags.off.meaning])
  }

  @Test("other databases are told before their flags, so that who must not follow them ends there")
  func elsewhere() async throws {
    let told = try await Self.told(
      after: "ENABLE_CSMH_EXTENDED: false", .off, [Self.reading("ENABLE_CSMH_EXTENDED: true", host: "db2")])
    #expect(told == [HistoryFlags.off.meaning, "other databases", FlagFollowerTests.extended.meaning])
  }

  @Test("a configuration to begin with was understood, and its flags make sense together")
  func usable() throws {
    #expect(throws: Self.error) {
      () throws(LMSConfigurationError) in
      try ConfigurationWatcher.Reading.failure(Self.error).usable(extendedDefault: nil)
    }
    let alone = try Self.reading("READ_ONLY_FROM_CSMHE: true")
    #expect(try alone.usable(extendedDefault: nil).flags.readOnlyFromExtended == true)
    #expect(throws: LMSConfigurationError.self) { try alone.usable(extendedDefault: false) }
  }
}
