internal import HistoryMigration
internal import Simulation
internal import StudentModuleHistory

/// What happens in a campaign, all of it drawn from a seed: how large the site is, how it is moved, and what goes wrong.
///
/// A plan can be made smaller piece by piece, so that a campaign that failed becomes a short story.
public struct CampaignPlan: Sendable, Hashable, CustomStringConvertible {
  /// The parts of the way, in their order.
  enum Part: String, Sendable, Hashable, CaseIterable {
    case copy
    case catchUp = "the pass back"
    case emptying
    case wayBack = "the way back"
  }

  /// How the original table is emptied at the end.
  enum Emptying: String, Sendable, Hashable, CaseIterable {
    case no
    case drain
    case truncate
  }

  public let seed: UInt64

  /// The site.
  var rowCount: Int
  var gap: Int
  var isOnOneServer: Bool
  var hasLearners: Bool
  var deletions: Int
  var grades: Int

  /// Whether native rows begin so close above the original ones that stragglers reach them: an operator's mistake.
  var isHeadroomShort: Bool

  /// Whether `csmh supervise` drives the migration by the flags, and not an operator step by step.
  var isSupervised: Bool

  /// The way.
  var isFlagFirst: Bool
  var processCount: Int
  var workerCount: Int
  var rangeRowCount: Int
  var isNewestFirst: Bool
  var emptying: Emptying

  /// Whether csmh makes the extended table and the journal, or finds them; and whether an older csmh has made the journal.
  var isProvisioned: Bool
  var hasOldJournal: Bool

  /// Whether the site goes back to the original table in the end; whether that comes right behind the first copy; whether the bulk comes
  /// back while the LMS still writes to the extended table; and whether the original table's ids are too narrow for it.
  var comesBack: Bool
  var isCutShort: Bool
  var bringsBulkBack: Bool
  var isNarrow: Bool

  /// How many copies are removed by hand before the pass back, and how often in a hundred commands the operator stops one in the middle.
  var handDeletions: Int
  var stops: Int

  /// What goes wrong, and from which part of the way on.
  var faultsFrom: Part
  var faultBudget: Int
  var faultFrequency: Int

  public init(seed: UInt64) {
    self.seed = seed
    var generator = SplitMix64(seed: seed, 0xca3b)
    func below(_ bound: Int) -> Int { Int(generator.next() % UInt64(bound)) }
    rowCount = below(6) == 0 ? below(3) : 5 + below(90)
    gap = below(3) * below(4)
    isOnOneServer = below(3) == 0
    hasLearners = below(8) != 0
    deletions = below(3) == 0 ? 0 : below(14)
    grades = below(60)
    isHeadroomShort = below(8) == 0
    isFlagFirst = below(2) == 0
    isSupervised = !isHeadroomShort && below(4) == 0
    isFlagFirst = isFlagFirst || isHeadroomShort || isSupervised
    processCount = 1 + below(2)
    workerCount = 1 + below(3)
    rangeRowCount = 2 + below(20)
    isNewestFirst = below(2) == 0
    emptying = Emptying.allCases[below(3)]
    handDeletions = below(3) == 0 ? below(5) : 0
    stops = below(2) == 0 ? 0 : below(40)
    faultsFrom = [Part.copy, .catchUp, .emptying][below(3)]
    faultBudget = below(5) == 0 ? 0 : 1 + below(50)
    faultFrequency = 20 + below(180)
    // Behind everything else: what was drawn before stays what it was.
    isProvisioned = isHeadroomShort || below(2) == 0
    hasOldJournal = isProvisioned && below(6) == 0
    comesBack = below(4) == 0
    isCutShort = comesBack && deletions == 0 && below(2) == 0
    // A table that was emptied has to be told of the way back before anybody writes to it again.
    bringsBulkBack = comesBack && (below(3) != 0 || (emptying != .no && !isCutShort))
    isNarrow = comesBack && below(6) == 0
    if comesBack, below(2) == 0 { faultsFrom = .wayBack }
  }

  /// Plans that are a step smaller, the smallest first.
  var smaller: [CampaignPlan] {
    var plans: [CampaignPlan] = []
    func add(_ change: (inout CampaignPlan) -> Void) {
      var plan = self
      change(&plan)
      if plan != self { plans.append(plan) }
    }
    add { $0.faultBudget = 0 }
    add { $0.hasLearners = false }
    add { $0.emptying = .no }
    add { $0.faultBudget /= 2 }
    add { $0.rowCount /= 2 }
    add { $0.processCount = 1 }
    add { $0.workerCount = 1 }
    add { $0.deletions = 0 }
    add { $0.grades = 0 }
    add { $0.gap = 0 }
    add { $0.handDeletions = 0 }
    add { $0.stops = 0 }
    add { $0.isNewestFirst = false }
    add { $0.isSupervised = false }
    add { ($0.comesBack, $0.isCutShort, $0.bringsBulkBack, $0.isNarrow) = (false, false, false, false) }
    add { $0.bringsBulkBack = $0.emptying != .no && !$0.isCutShort }
    add { $0.isNarrow = false }
    add { ($0.isProvisioned, $0.hasOldJournal) = (true, false) }
    add { $0.isOnOneServer = false }
    add { $0.faultBudget = max(0, $0.faultBudget - 1) }
    add { $0.rowCount = max(0, $0.rowCount - 3) }
    return plans
  }

  var faults: FaultPlan {
    guard faultBudget > 0 else { return .none }
    // A server that forgets commits that it has acknowledged breaks what it has promised; the migration says so where it sees it.
    return .everything(budget: faultBudget, frequency: faultFrequency).without(.forgetfulOutage)
  }

  var copyOptions: CopyOptions {
    CopyOptions(
      workerCount: workerCount, order: isNewestFirst ? .newestFirst : .oldestFirst,
      sizer: RangeSizer(maximumRowCount: rangeRowCount))
  }

  public var description: String {
    "seed \(seed): \(rowCount) rows with gaps to \(gap), \(isOnOneServer ? "one server" : "two servers"),"
      + " \(hasLearners ? "learners who delete \(deletions) and grade \(grades) in 100" : "no learners"),"
      + "\(isHeadroomShort ? " no headroom," : "")"
      + "\(isSupervised ? " supervised," : "")"
      + " \(isFlagFirst ? "the flag first" : "the copy first"), \(processCount) processes of \(workerCount) workers,"
      + " \(isNewestFirst ? "newest" : "oldest") first, ranges to \(rangeRowCount) rows, emptied by: \(emptying.rawValue),"
      + "\(isProvisioned ? hasOldJournal ? " an older journal," : "" : " provisioned,")"
      + "\(comesBack ? " back\(isCutShort ? " behind the copy" : "")\(bringsBulkBack ? " with the bulk first" : "")," : "")"
      + "\(isNarrow ? " narrow ids," : "")"
      + " \(handDeletions) copies removed by hand, \(stops) in 100 commands stopped,"
      + " \(faultBudget) faults of \(faultFrequency) in 10,000, from \(faultsFrom.rawValue) on"
  }
}
