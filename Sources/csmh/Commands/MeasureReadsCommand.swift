import ArgumentParser
import Foundation
import StudentModuleHistory

/// For `Benchmarks/serve.sh`: what reading both tables costs, beside reading one of them.
struct MeasureReadsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "measure-reads", abstract: "Times reads of whole histories with each state of the flags.",
    shouldDisplay: false)

  @Argument(help: "Student modules, which are read one after the other.")
  var studentModuleIDs: [UInt64]

  @OptionGroup var installation: InstallationOptions
  @OptionGroup var output: OutputOptions

  @Option(help: "How long each of them is read, in seconds, after a tenth as long that does not count.")
  var seconds: Double = 10

  @Option(help: "How many reads of one kind come before those of the next kind.")
  var turn = 1

  func validate() throws {
    guard seconds > 0, turn > 0 else { throw ValidationError("--seconds and --turn take numbers above 0.") }
  }

  func run() async throws {
    try await output.perform { console in
      let installation = try self.installation.resolve(console)
      // As csmh serve reads, with what the journal tells.
      let served = try await ServedInstallation(installation, flags: .off, poolSize: 1, options: self.installation)
      let router = served.routers.router
      try await measure(
        try [(false, false), (true, true), (true, false)].map {
          try router.with(HistoryFlags(extendedEnabled: $0.0, readOnlyFromExtended: $0.1))
        }, console)
      await served.close()
      return .done
    }
  }

  /// Off the main thread, as a server works.
  @concurrent private func measure(_ routers: [HistoryRouter], _ console: Console) async throws {
    for id in studentModuleIDs {
      var times: [[Duration]] = [[], [], []]
      var counts = [0, 0, 0]
      let counted = ContinuousClock.now + .seconds(seconds / 10)
      let end = counted + .seconds(seconds)
      // Taking turns, so that whatever else the machine does falls on all three alike.
      while ContinuousClock.now < end || times[0].isEmpty {
        for index in routers.indices {
          let turnCounts = ContinuousClock.now >= counted
          for _ in 0..<turn {
            let began = ContinuousClock.now
            counts[index] = try await routers[index].history(of: [id], limit: 1_000).entries.count
            if turnCounts { times[index].append(ContinuousClock.now - began) }
          }
        }
      }
      show(id, counts, times.map(\.median), console)
    }
  }

  private func show(_ id: UInt64, _ counts: [Int], _ medians: [Duration], _ console: Console) {
    let times = medians.map { $0 / .microseconds(1) }
    let ratio = times[2] / max(times[0], times[1])
    console.print(
      String(
        format:
          "student module %llu: %4d records original %7.0f us, %4d extended %7.0f us, %4d both %7.0f us, ratio %.2f",
        id, counts[0], times[0], counts[1], times[1], counts[2], times[2], ratio))
    console.emit(
      ReadsEvent(
        studentModuleID: id, records: counts[2], originalMicroseconds: times[0], extendedMicroseconds: times[1],
        bothMicroseconds: times[2], ratio: ratio))
  }
}

private struct ReadsEvent: Encodable {
  let event = "reads"
  let studentModuleID: UInt64
  let records: Int
  let originalMicroseconds: Double
  let extendedMicroseconds: Double
  let bothMicroseconds: Double
  let ratio: Double
}

extension [Duration] {
  fileprivate var median: Duration { sorted()[count / 2] }
}
