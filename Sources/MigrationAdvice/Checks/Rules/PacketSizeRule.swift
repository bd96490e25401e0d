internal import MigrationBase
internal import StudentModuleHistory

/// The widest row passes through both servers.
struct PacketSizeRule: CheckRule {
  let name = "packet-size"
  let title = "max_allowed_packet takes the widest row"
  let why = "a row is not split: a statement that is larger than max_allowed_packet is refused, and its range stops"
  let reasonToSkipSQLite: String? = "SQLite has no packets"

  func outcome(_ facts: CheckFacts) -> CheckOutcome {
    facts.widestRow.outcome { widest in
      bothSides(facts) { side, server in
        guard let limit = server.variable("max_allowed_packet").flatMap({ UInt64($0) }) else {
          return .skipped("\(side.name) does not tell its max_allowed_packet")
        }
        let packet = "\(side.side.rawValue): max_allowed_packet is \(Format.bytes(Double(limit)))"
        guard let widest else { return .pass("\(packet), and the original table has no rows") }
        return compared(widest, limit, packet, side, isInsideServer: facts.isInsideServer)
      }
    }
  }

  private func compared(
    _ widest: WidestRow, _ limit: UInt64, _ packet: String, _ side: CheckFacts.Side, isInsideServer: Bool
  ) -> CheckOutcome {
    let sampled =
      widest.isWholeTable ? "all rows" : "\(CheckText.rows(widest.sampledRowCount)), a sample"
    let seen =
      "\(packet); of \(sampled), the widest (id \(widest.id)) takes \(Format.bytes(Double(widest.statementByteCount)))"
      + " as a statement"
      + (widest.hasGivenUp ? "; looking at more took too long, and was given up" : "")
    // What a sample does not show may be wider, and so may a row whose quotes were not counted.
    let wanted = max(widest.statementByteCount * (widest.isWholeTable ? 1 : 2), widest.possibleByteCount)
    guard wanted >= limit else { return .pass(seen) }
    // Inside a server, and on the side that is only read, no row goes into a statement; the LMS's writes do.
    let isRefused = widest.statementByteCount >= limit && side.side == .extended && !isInsideServer
    return CheckOutcome(
      isRefused ? .fail : .warn, seen,
      remedy: [Remedy(.raisePacketOfServer, Self.packet(for: wanted), side.side.rawValue)])
  }

  /// The next power of two above a size, at most the servers' limit of 1 GiB.
  /// https://dev.mysql.com/doc/refman/8.4/en/server-system-variables.html#sysvar_max_allowed_packet
  private static func packet(for byteCount: UInt64) -> UInt64 {
    var size: UInt64 = 1 << 20
    while size <= byteCount, size < 1 << 30 { size <<= 1 }
    return size
  }
}
