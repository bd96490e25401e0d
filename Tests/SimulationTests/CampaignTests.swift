import Campaigns
import Foundation
import Testing

/// The protocol's own code against simulated servers, with learners and with faults. `make simulate` runs it for longer.
@Suite(.serialized) struct CampaignTests {
  @Test("a seed repeats a campaign exactly")
  func repeatable() async {
    for seed in 1...3 as ClosedRange<UInt64> {
      let plan = CampaignPlan(seed: seed)
      let (first, second) = (await Campaign.run(plan), await Campaign.run(plan))
      #expect(first.fingerprint == second.fingerprint, "\(plan)")
      #expect(first.stepCount == second.stepCount && first.violations == second.violations)
    }
  }

  @Test("whatever goes wrong, no row is lost, nothing is done twice, and every command ends")
  func campaigns() async {
    let seed = ProcessInfo.processInfo.environment["CSMH_SIMULATE_SEED"].flatMap(UInt64.init) ?? 1
    let search = await CampaignSearch.run(from: seed, count: 60, seconds: nil)
    #expect(search.failures.isEmpty, "\(search.failures.joined(separator: "\n\n"))")
  }
}
