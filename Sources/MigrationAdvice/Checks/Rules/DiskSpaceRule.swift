internal import HistoryStores
internal import MigrationBase
internal import StudentModuleHistory

/// Both disks have room.
struct DiskSpaceRule: CheckRule {
  let name = "disk-space"
  let title = "there is room for the copy and the binary log"
  let why = "a full disk stops every writer of the server, the LMS among them"

  /// The original side only grows by what the LMS writes; this many days of it should fit.
  private static let daysOfGrowth = 30.0

  func outcome(_ facts: CheckFacts) -> CheckOutcome {
    facts.measurements.outcome { measured in
      let disk = DiskEstimate(measured)
      let log = disk.binaryLogBytes.high > 0 ? ", binary log included" : ", without a binary log"
      let extended = room(
        "extended", measured.extendedServer, isSQLite: facts.isSQLite, needed: disk.totalBytes.high,
        what: "the copy needs up to \(Format.bytes(disk.totalBytes.high))\(log)",
        user: facts.extended.server.value?.user
      )
      let daily = Advice(measured).bytesPerDay ?? 0
      let original = room(
        "original", measured.originalServer, isSQLite: facts.isSQLite, needed: daily * Self.daysOfGrowth,
        what: "reading needs no room; a month of writes takes about \(Format.bytes(daily * Self.daysOfGrowth))",
        user: facts.original.server.value?.user)
      return .all([extended, original])
    }
  }

  private func room(
    _ side: String, _ server: StoreSurroundings, isSQLite: Bool, needed: Double, what: String, user: String?
  ) -> CheckOutcome {
    guard let free = server.freeBytes else {
      let folder = server.dataDirectory.map { " \($0)" } ?? ""
      let isMariaDB = server.server.hasPrefix("MariaDB")
      // https://mariadb.com/kb/en/disks-plugin/
      return .skipped(
        "\(side): the server does not tell its free room; \(what)",
        remedy: isMariaDB
          ? Remedy(.showDiskSpace, user ?? "csmh's user", folder, side)
          : Remedy(.askDiskSpace, folder, side))
    }
    let seen = "\(side): \(Format.bytes(Double(free))) free; \(what)"
    guard Double(free) < needed else { return .pass(seen) }
    return side == "extended"
      ? .fail(seen, remedy: Remedy(.makeRoomForCopy))
      : .warn(seen, remedy: Remedy(.makeRoomForWrites))
  }
}
