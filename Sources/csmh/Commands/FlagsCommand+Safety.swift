import LMSConfiguration
import MigrationProtocol
import StudentModuleHistory

extension FlagsCommand {
  /// Whether a change is safe; whether it is one at all; and what ENABLE_CSMH_EXTENDED is now, nil if nobody knows.
  func safety(
    of assignment: FlagAssignment, _ installation: Installation, _ configuration: LMSConfiguration, _ console: Console
  ) async throws -> (change: FlagChange, isNew: Bool, extendedEnabled: Bool?)? {
    let reading: FlagReading
    let advice: FlagAdvice
    do {
      reading = try await installation.flagReading()!
      advice = try await Self.advice(installation, reading, configuration)
    } catch {
      guard force else { throw error }
      console.warn("whether the change is safe is not known: \(Failure(error).message)")
      return nil
    }
    let change = advice.change(of: assignment.flag, to: assignment.value)
    if let doubt = reading.doubt, !change.isSafe, !force {
      // What is not safe from the one state may be no change at all from the other.
      throw Failure(
        .misconfigured, "whether \(assignment) is safe cannot be told: \(doubt.sentence)",
        remedy: (change.remedy ?? .joined(doubt.remedies, by: "; ")).map { Remedy(.orForce, $0) })
    }
    let isInDoubt = reading.doubt != nil && assignment.flag == .extendedEnabled
    return (
      change, isInDoubt || advice.facts.flags[assignment.flag] != assignment.value, reading.flags?.extendedEnabled
    )
  }
}
