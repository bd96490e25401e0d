internal import HistoryStores
internal import MigrationJournal
internal import StudentModuleHistory

/// csmh's accounts hold what every step needs.
struct PrivilegesRule: CheckRule {
  let name = "privileges"
  let title = "csmh's accounts have the privileges of every step"
  let why = "a missing privilege stops the migration in the middle, the fence, the drain or the way back"

  func outcome(_ facts: CheckFacts) -> CheckOutcome {
    bothSides(facts) { side, _ in
      switch side.privileges {
      // A file that cannot be written.
      case .unknown(let obstacle) where obstacle.kind == .notPermitted:
        CheckOutcome(.fail, obstacle.reason, remedy: obstacle.remedy.map { [$0] } ?? [])
      case .unknown(let obstacle): .skipped("\(side.name): \(obstacle.reason)", remedy: obstacle.remedy)
      case .known(nil): .pass("\(side.side.rawValue): everything that copying needs")
      case .known(let findings?): outcome(findings, facts)
      }
    }
  }

  private func outcome(_ findings: PrivilegeFindings, _ facts: CheckFacts) -> CheckOutcome {
    let needed = Self.neededSteps(facts)
    let later = Direction.there.steps.filter { !needed.contains($0) && !Self.isDone($0, facts) }
    let outcomes = [
      (CheckVerdict.fail, needed, Direction.there), (.warn, later, .there), (.warn, Direction.back.steps, .back),
    ].compactMap { verdict, steps, way in
      findings.sentence(for: steps).map { sentence in
        CheckOutcome(
          verdict, "\(findings.side.rawValue): \(sentence)", remedy: findings.remedy(for: way, namingPlace: true))
      }
    }
    let enough = "\(findings.side.rawValue): \(findings.account.sql) holds what every step needs, the way back included"
    return outcomes.isEmpty ? .pass(enough) : .all(outcomes)
  }

  /// What the migration will do for certain, from where it stands.
  private static func neededSteps(_ facts: CheckFacts) -> [PrivilegedStep] {
    guard let progress = facts.measurements.value?.progress else { return [.provision, .copy, .fence] }
    return progress.phase == Phase.drained.rawValue ? [] : [.copy, .fence]
  }

  /// What nobody will do any more.
  private static func isDone(_ step: PrivilegedStep, _ facts: CheckFacts) -> Bool {
    step == .provision && facts.measurements.value?.progress != nil
  }
}
