import HistoryStores
import MigrationAdvice
import MigrationJournal
import MigrationProtocol
import StudentModuleHistory
import Testing

/// What advice follows from which measurements.
@Suite struct AdviceTests {
  private static let intLimit = UInt64(Int32.max)
  private static let usualOptions = "--lms-config /edx/etc/lms.yml"

  /// An installation that has not begun: 0.9 kB a row without indexes, rates in ids a second.
  private func installation(
    rows: UInt64, nextID: UInt64? = nil, largestPossibleID: UInt64 = intLimit, idsPerSecond: [Double] = [0.1],
    route: Route = .betweenServers, freeBytes: UInt64? = nil, hasBinaryLog: Bool = true
  ) -> InstallationMeasurements {
    let next = nextID ?? rows + 1
    let server = StoreSurroundings(
      server: route == .betweenFiles ? "SQLite" : "MariaDB 10.11.6", dataDirectory: "/var/lib/mysql/",
      freeBytes: freeBytes, hasBinaryLog: hasBinaryLog)
    let periods: [WriteRate.Period] = [.lastThousandRows, .lastWeek, .lastMonth]
    return InstallationMeasurements(
      // 2026-01-01
      measuredAt: 1_767_225_600 * 1_000_000,
      original: .init(
        location: "csmh@db1:3306/edxapp", name: "edxapp.courseware_studentmodulehistory", generation: "id int",
        rows: rows, isRowCountExact: false, bytes: rows * 1_300, ids: rows == 0 ? nil : IDRange(1, next - 1),
        nextID: next, largestPossibleID: largestPossibleID),
      extended: nil, extendedLocation: "csmh@db2:3306/edxapp_csmh", extendedDatabaseExists: false, route: route,
      originalServer: server, extendedServer: server,
      writeRates: zip(periods, idsPerSecond).map { period, rate in
        let seconds = period.seconds ?? 1_000
        return WriteRate(
          period: period, seconds: seconds, ids: UInt64(rate * seconds), rows: UInt64(rate * seconds))
      }, progress: nil, flags: .off)
  }

  /// The same with an extended table and a journal.
  private func begun(
    _ installation: InstallationMeasurements, phase: Phase, nextNativeID: UInt64, copiedRows: UInt64,
    upperBound: UInt64?, largestExtendedID: UInt64? = nil
  ) -> InstallationMeasurements {
    var installation = installation
    installation.extended = .init(
      location: "csmh@db2:3306/edxapp_csmh", name: "edxapp_csmh.e", generation: "id bigint unsigned", rows: copiedRows,
      isRowCountExact: false, bytes: copiedRows * 1_300, ids: largestExtendedID.map { IDRange(1, $0) },
      nextID: nextNativeID, largestPossibleID: .max)
    installation.extendedDatabaseExists = true
    installation.progress = .init(
      phase: phase, startingID: nextNativeID, upperBound: upperBound, copiedRows: copiedRows, problemRanges: 0)
    return installation
  }

  private func advice(
    _ measurements: InstallationMeasurements, _ option: MigrationOption? = nil, rowsPerSecond: Double? = nil,
    flags: AdviceTerms.FlagPlace = .lmsConfiguration
  ) -> Advice {
    Advice(
      measurements,
      AdviceTerms(
        option: option, rowsPerSecond: rowsPerSecond, installationOptions: Self.usualOptions, flagPlace: flags))
  }

  // MARK: Which option fits

  @Test(
    "rows, writes and the kind of database tell the three options apart",
    arguments: [
      (0, 0, Route.betweenServers, MigrationOption.devstack),
      (50_000, 0.001, .insideServer, .devstack),
      (50_000, 0.01, .insideServer, .small),
      (50_001, 0, .insideServer, .small),
      (100_000, 1_000, .betweenFiles, .devstack),
      (10_000_001, 0, .betweenFiles, .small),
      (50_000_000, 0.1, .betweenServers, .small),
      (70_000_000, 0.1, .betweenServers, .large),
      (1_000_000, 2, .betweenServers, .small),
      (1_000_000, 3, .betweenServers, .large),
      (1_000_000_000, 2, .insideServer, .large),
    ] as [(UInt64, Double, Route, MigrationOption)])
  func options(rows: UInt64, rate: Double, route: Route, expected: MigrationOption) {
    let advice = advice(installation(rows: rows, idsPerSecond: [rate, rate, rate], route: route))
    #expect(advice.fittingOption == expected)
    #expect(advice.option == expected)
    #expect(!advice.reasons.isEmpty)
  }

  @Test("the option that was asked for is planned, and the one that fits is still named")
  func asked() {
    let advice = advice(installation(rows: 1_000_000_000), .small)
    #expect(advice.option == .small && advice.fittingOption == .large)
  }

  @Test("a measured rate decides in place of the usual one")
  func measuredRate() {
    let measurements = installation(rows: 100_000_000)
    #expect(advice(measurements).option == .large)
    let fast = advice(measurements, rowsPerSecond: 100_000)
    #expect(fast.option == .small, "1,000 s of copying, 1,000 s of comparing")
    #expect(fast.time.copySeconds == EstimateRange(1_000, 1_000))
  }

  @Test("rows that are three times as large are copied three times as slowly")
  func largeRows() {
    var measurements = installation(rows: 6_000_000)
    #expect(advice(measurements).time.copySeconds == EstimateRange(100, 300))
    measurements.original.bytes *= 3
    #expect(advice(measurements).time.copySeconds == EstimateRange(300, 900))
  }

  // MARK: The end of the ids

  @Test(
    "the day on which 32-bit ids end follows from what is left and the rate",
    arguments: [
      // 86,400 ids at one a second.
      (intLimit + 1 - 86_400, intLimit, 1.0, "2026-01-02"),
      // Half of the ids at ten a second: 1,242 days.
      (1_073_741_824, intLimit, 10, "2029-05-27"),
      (UInt64(UInt32.max) + 1 - 86_400, UInt64(UInt32.max), 1, "2026-01-02"),
      // Nothing is left.
      (intLimit + 1, intLimit, 0, "2026-01-01"),
      // More than a hundred years.
      (1_000, intLimit, 0.001, nil),
      (1_000, intLimit, 0, nil),
    ] as [(UInt64, UInt64, Double, String?)])
  func lastDay(nextID: UInt64, limit: UInt64, rate: Double, day: String?) {
    let rates = [rate, rate, rate]
    let ids = advice(installation(rows: 999, nextID: nextID, largestPossibleID: limit, idsPerSecond: rates)).ids
    #expect(ids.limit == limit)
    #expect(ids.reachedOn == day)
    #expect((ids.noDayBecause == nil) == (day != nil))
  }

  @Test("64-bit ids have no limit, whatever the rate", arguments: [UInt64(Int64.max), .max])
  func noLimit(largestPossibleID: UInt64) {
    let ids = advice(
      installation(rows: 1_000, nextID: 3_000_000_000, largestPossibleID: largestPossibleID, idsPerSecond: [1e6])
    ).ids
    #expect(ids.limit == nil && ids.reachedOn == nil && ids.shareUsed == nil)
    #expect(ids.noDayBecause != nil)
  }

  @Test("the forecast goes by the longest period, and names the day of the highest rate beside it")
  func twoDays() {
    let ids = advice(installation(rows: 999, nextID: Self.intLimit + 1 - 864_000, idsPerSecond: [10, 2, 1])).ids
    #expect(ids.reachedOn == "2026-01-11")
    #expect(ids.reachedAtHighestRateOn == "2026-01-02")
  }

  @Test("a large table whose ids end before the copy turns on the flag first, and warns")
  func idsEndSoon() throws {
    let advice = advice(
      installation(rows: 2_000_000_000, nextID: Self.intLimit - 5_000_000, idsPerSecond: [10, 10, 10]))
    #expect(advice.option == .large)
    #expect(advice.warnings.contains { $0.contains("run out of ids") })
    let flag = try #require(advice.commands.firstIndex { $0.contains("ENABLE_CSMH_EXTENDED=true") })
    let copy = try #require(advice.commands.firstIndex { $0.hasPrefix("csmh copy") })
    #expect(flag < copy)
  }

  // MARK: Headroom

  @Test("a large site's headroom lasts for the slow copy and a month at the highest rate, and is a round number")
  func headroom() {
    let headroom = advice(installation(rows: 200_000_000, idsPerSecond: [5, 1, 1])).headroom
    // 10,000 s of copying, 2,000 s of comparing, 30 days; at five a second.
    #expect(headroom.seconds == 12_000 + 30 * 86_400)
    #expect(headroom.ids == 14_000_000, "13,020,000, rounded up")
    #expect(!headroom.isUsual && !headroom.coversEveryID)
  }

  @Test("headroom never exceeds what a 32-bit column can still hand out, and then lasts for ever")
  func cappedHeadroom() {
    let headroom = advice(installation(rows: 2_000_000_000, nextID: Self.intLimit - 99_999, idsPerSecond: [5])).headroom
    #expect(headroom.ids == 100_000, "the starting id is then 2^31")
    #expect(headroom.coversEveryID)
  }

  @Test("without a rate, and for what needs less, the usual headroom is left to csmh provision")
  func usualHeadroom() {
    let quiet = advice(installation(rows: 1_000_000, idsPerSecond: []))
    #expect(quiet.headroom.ids == 10_000 && quiet.headroom.isUsual)
    #expect(quiet.commands.contains("csmh provision \(Self.usualOptions)"))
  }

  // MARK: Disk

  @Test("the target's room counts table, indexes, wider ids, binary log and journal")
  func disk() {
    let disk = advice(installation(rows: 1_000_000, hasBinaryLog: true)).disk
    #expect(disk.tableBytes == EstimateRange(1_040_000_000 + 24_000_000, 1_690_000_000 + 24_000_000))
    #expect(disk.binaryLogBytes == EstimateRange(780_000_000, 2_600_000_000), "with the statements' texts")
    #expect(disk.totalBytes.high > 4.3e9 && disk.isEnough == nil)
    let inside = advice(installation(rows: 1_000_000, route: .insideServer)).disk
    #expect(inside.binaryLogBytes.high == 1_300_000_000, "INSERT ... SELECT has no text to speak of")
    #expect(advice(installation(rows: 1_000_000, hasBinaryLog: false)).disk.binaryLogBytes == .zero)
  }

  @Test("too little room is a warning; room that is not told asks for df")
  func room() {
    let tight = advice(installation(rows: 1_000_000, freeBytes: 1_000_000_000))
    #expect(tight.disk.isEnough == false && tight.warnings.contains { $0.contains("not have enough room") })
    #expect(advice(installation(rows: 1_000_000, freeBytes: 10_000_000_000)).warnings.isEmpty)
    #expect(advice(installation(rows: 1_000_000)).warnings.contains { $0.contains("df /var/lib/mysql/") })
  }

  // MARK: What to run

  private static let flagOn = "csmh flags --set ENABLE_CSMH_EXTENDED=true \(usualOptions)"
  private static let readOnly = "csmh flags --set READ_ONLY_FROM_CSMHE=true \(usualOptions)"

  private func named(_ names: String...) -> [String] {
    names.map { "csmh \($0) \(Self.usualOptions)" }
  }

  @Test("a devstack is provisioned and reads both tables: nothing is copied")
  func devstack() {
    let advice = advice(installation(rows: 1_000, route: .betweenFiles))
    #expect(advice.commands == named("provision", "offset") + [Self.flagOn])
    #expect(advice.afterwards.first?.title.hasPrefix("Leave both") == true)
    let drain = advice.afterwards.flatMap(\.commands)
    #expect(drain.contains("csmh drain --yes \(Self.usualOptions)") && drain.contains(Self.readOnly), "\(drain)")
  }

  @Test("a small site turns on the flag before it copies")
  func small() {
    let advice = advice(installation(rows: 1_000_000, idsPerSecond: [0.01]))
    #expect(
      advice.commands == named("provision --print-sql", "provision", "offset") + [Self.flagOn]
        + named("migrate", "catch-up") + [
          Self.readOnly, "csmh report --format json \(Self.usualOptions) > csmh-report.json",
        ]
    )
  }

  @Test("a large site copies and compares before it turns on the flag, then brings over the tail")
  func large() {
    let advice = advice(installation(rows: 500_000_000, idsPerSecond: [2, 2, 2]))
    let headroom = "provision --headroom \(advice.headroom.ids)"
    #expect(
      advice.commands == named("\(headroom) --print-sql", headroom, "offset", "copy", "verify") + [Self.flagOn]
        + named("migrate", "catch-up") + [
          Self.readOnly, "csmh report --format json \(Self.usualOptions) > csmh-report.json",
        ]
    )
    #expect(advice.afterwards.first?.commands == named("drain --yes", "recheck"))
    #expect(advice.afterwards.flatMap(\.commands).contains("csmh return \(Self.usualOptions)"))
  }

  @Test("where csmh cannot edit the flags, people are told to", arguments: [AdviceTerms.FlagPlace.tutor, .elsewhere])
  func byHand(place: AdviceTerms.FlagPlace) {
    let advice = advice(installation(rows: 1_000_000), .large, flags: place)
    #expect(!advice.commands.contains { $0.contains("flags") })
    #expect(advice.steps.contains { $0.byHand.contains { $0.contains("ENABLE_CSMH_EXTENDED=true") } })
  }

  @Test("no command is named that does not exist", arguments: MigrationOption.allCases)
  func known(option: MigrationOption) {
    let advice = advice(installation(rows: 100_000_000), option)
    let known =
      ["provision", "offset", "copy", "verify", "migrate", "status", "report", "flags", "supervise"]
      + ["catch-up", "drain", "recheck", "return"]
    for step in advice.steps + advice.afterwards {
      for command in step.commands {
        let word = command.split(separator: " ").dropFirst().first.map(String.init) ?? ""
        #expect(known.contains(word), "\(command)")
      }
    }
  }

  // MARK: What is left of a migration that has begun

  @Test("what the journal shows as done is left out of the commands")
  func remaining() {
    let fresh = installation(rows: 500_000_000, idsPerSecond: [2, 2, 2])
    let provisioned = begun(fresh, phase: .provisioned, nextNativeID: 510_000_000, copiedRows: 0, upperBound: nil)
    #expect(advice(provisioned).commands.first == named("offset").first)
    let copied = begun(
      fresh, phase: .copied, nextNativeID: 510_000_000, copiedRows: 499_000_000, upperBound: 499_000_000)
    #expect(Array(advice(copied).commands.prefix(3)) == named("offset", "verify") + [Self.flagOn])
    #expect(advice(copied).time.rows == 1_000_000, "the tail")
    let verified = begun(
      fresh, phase: .verified, nextNativeID: 510_000_000, copiedRows: 499_000_000, upperBound: 499_000_000)
    #expect(Array(advice(verified).commands.prefix(2)) == named("offset") + [Self.flagOn])
    var moved = verified
    moved.flags = HistoryFlags(extendedEnabled: true, readOnlyFromExtended: false)
    #expect(advice(moved).commands.first == named("migrate").first)
    moved.progress?.upperBound = 500_000_000
    #expect(advice(moved).commands.first == named("catch-up").first, "no fence yet")
    moved.progress?.isFenced = true
    #expect(advice(moved).commands.first == Self.readOnly)
    moved.flags?.readOnlyFromExtended = true
    #expect(advice(moved).commands == ["csmh report --format json \(Self.usualOptions) > csmh-report.json"])
    #expect(advice(moved).time.rows == 0)
  }

  @Test("a gap that would be used up before the copy is done must be raised again")
  func smallGap() {
    let fresh = installation(rows: 500_000_000, idsPerSecond: [2, 2, 2])
    let usual = begun(fresh, phase: .provisioned, nextNativeID: 500_010_001, copiedRows: 0, upperBound: nil)
    #expect(advice(usual).commands.first?.contains("provision --headroom") == true)
  }

  @Test("ranges that are stopped or differ come first")
  func problems() {
    var measurements = begun(
      installation(rows: 1_000_000), phase: .copying, nextNativeID: 2_000_000, copiedRows: 5, upperBound: 1_000_000)
    measurements.progress?.problemRanges = 2
    #expect(advice(measurements).commands.first == named("status").first)
  }

  @Test("without known flags, rows above every original id tell that the LMS writes to the extended table")
  func nativeRows() throws {
    var measurements = begun(
      installation(rows: 1_000_000), phase: .verified, nextNativeID: 1_010_005, copiedRows: 1_000_000,
      upperBound: 1_000_000, largestExtendedID: 1_010_004)
    measurements.flags = nil
    let step = try #require(advice(measurements).steps.first { $0.title.contains("ENABLE_CSMH_EXTENDED") })
    #expect(step.isDone)
  }

  @Test("an extended table whose ids would collide is a warning")
  func collision() {
    let measurements = begun(
      installation(rows: 1_000_000), phase: .provisioned, nextNativeID: 1, copiedRows: 0, upperBound: nil)
    #expect(advice(measurements).warnings.contains { $0.contains("gets the id 1,") })
    #expect(advice(measurements).commands.contains { $0.hasPrefix("csmh provision") })
  }

  @Test(
    "of a site that was drained nothing is left but to compare, whatever its original table looks like",
    arguments: [true, false])
  func drained(flagsAreKnown: Bool) {
    var measurements = begun(
      installation(rows: 0, nextID: 500_000_001, idsPerSecond: []), phase: .drained, nextNativeID: 510_000_000,
      copiedRows: 500_000_000, upperBound: 500_000_000)
    measurements.flags = flagsAreKnown ? HistoryFlags(extendedEnabled: true, readOnlyFromExtended: true) : nil
    let advice = advice(measurements)
    #expect(advice.fittingOption == .large, "the site is as large as before")
    #expect(advice.commands == ["csmh report --format json \(Self.usualOptions) > csmh-report.json"])
    #expect(advice.afterwards.map(\.commands.first) == [named("recheck").first, named("return --print-plan").first])
    measurements.progress = .init(
      phase: .verified, startingID: 1, upperBound: 500_000_000, copiedRows: 500_000_000, problemRanges: 0,
      isFenced: true,
      isDrainBegun: true)
    #expect(self.advice(measurements).afterwards.first?.title.hasPrefix("Go on") == true)
  }

  @Test("a way back that is under way is gone to its end, in the order of its steps")
  func wayBack() {
    var measurements = begun(
      installation(rows: 1_000_000), phase: .drained, nextNativeID: 2_000_000, copiedRows: 1_000_000,
      upperBound: 1_000_000)
    measurements.flags = HistoryFlags(extendedEnabled: true, readOnlyFromExtended: true)
    measurements.progress?.wayBack = WayBack(stage: .begun, at: "2026-01-01 10:00:00")
    let flagsOff = ["READ_ONLY_FROM_CSMHE=false", "ENABLE_CSMH_EXTENDED=false --force"].flatMap {
      named("flags --set \($0)")
    }
    #expect(advice(measurements).commands == named("return") + flagsOff + named("return"))
    measurements.progress?.wayBack?.stage = .bulkIsBack
    #expect(advice(measurements).commands == flagsOff + named("return"))
    #expect(advice(measurements, flags: .elsewhere).commands == named("return --writes-moved"))
    measurements.flags = .off
    #expect(advice(measurements).commands == named("return"))
    measurements.progress?.wayBack?.stage = .ended
    #expect(advice(measurements).commands.isEmpty)
    measurements.flags?.extendedEnabled = true
    #expect(advice(measurements).commands.last?.hasPrefix("csmh report") == true, "it has come forth again")
  }

  // MARK: The search by age

  @Test(
    "the first younger id is found within half a percent, in at most 64 places, gaps and late rows or not",
    arguments: [(1_000, 1), (1_000_000, 1), (2_000_000_000, 1), (1_000_000, 7)] as [(UInt64, UInt64)])
  func search(largest: UInt64, step: UInt64) {
    // An id a second, the newest now; every tenth row is a minute late.
    let limit = Double(largest) / 3
    var search = AgeSearch(ids: IDRange(1, largest), ageSeconds: limit)
    var probes = 0
    while let probe = search.nextProbe, probes < 100 {
      probes += 1
      let first = (probe + step - 1) / step * step
      search.found(
        (0..<5).map { first + $0 * step }.filter { $0 <= largest }.map { id in
          (id, Double(largest - id) + (id % 10 == 0 ? 60 : 0))
        })
    }
    #expect(probes <= 64)
    let error = abs(Double(search.youngerIDCount) - limit)
    #expect(error <= max(limit * 0.006, 20), "\(search.youngerIDCount) ids, where \(limit) are younger")
  }

  @Test("a table without young rows, or without any readable time, ends the search with none")
  func nothingYoung() {
    var old = AgeSearch(ids: IDRange(1, 1_000), ageSeconds: 10)
    while let probe = old.nextProbe { old.found([(probe, 1e9)]) }
    #expect(old.youngerIDCount == 0)
    var dateless = AgeSearch(ids: IDRange(1, .max), ageSeconds: 10)
    var probes = 0
    while let probe = dateless.nextProbe, probes < 100 {
      dateless.found([(probe, nil)])
      probes += 1
    }
    #expect(probes < 100)
  }
}
