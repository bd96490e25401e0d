internal import MigrationJournal
internal import MigrationProtocol
internal import Simulation
internal import StudentModuleHistory

/// What happens in a campaign, all of it drawn from a seed: how large the site is, how it is moved, and what goes wrong.
///
/// A plan can be made smaller piece by piece, so that a campaign that failed becomes a short story.
package struct CampaignPlan: Sendable, Hashable, CustomStringConvertible {
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

  package let seed: UInt64

  /// The site.
  var rowCount: Int
  var gap: Int
  var isOnOneServer: Bool
  var hasLearners: Bool

  /// How many student modules they work on.
  var moduleCount = 12
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

  /// Whether the operator asks for the removal of all copies without an original; and how many originals somebody removes by hand, whose
  /// student modules stand.
  var asksForDeleted: Bool
  var handRemovals: Int

  /// How many requests a process of the LMS serves behind the fence that nobody restarted: an operator's mistake.
  var stragglers: Int

  /// Whether the extended server restarts before it has native rows, forgets its counter, and hands out ids of copies that somebody has
  /// removed (MySQL 5.7, MariaDB up to 10.2.3).
  var forgetsCounter: Bool

  /// What goes wrong, and from which part of the way on.
  var faultsFrom: Part
  var faultBudget: Int
  var faultFrequency: Int

  /// How often the pass back is made while learners still write to the original table.
  var earlyPasses: Int

  /// Whether each statement takes up to 80 ms, as between distant machines: what two do at the same time meets more often.
  var isSlow: Bool

  /// The chance in 10,000 that a process stands still, with each statement and at each named place; nil for what everything else has.
  var freezes: Int?

  /// The chance in 10,000 that the source's session was silent for too long when the target's COMMIT is sent, where nothing else goes wrong;
  /// nil for what everything else has.
  var silences: Int?
  /// Whether servers that die while the table is emptied forget what they have committed last: the operator does then what csmh says.
  var isForgetful = false

  /// The one fault that happens in a small case; nil for what the chances say.
  var single: FaultPlan.Single?
  var order = JobOrder.drawn

  package init(seed: UInt64) {
    self.seed = seed
    var generator = SplitMix64(seed: seed, 0xca3b)
    func below(_ bound: Int) -> Int { Int(generator.next() % UInt64(bound)) }
    rowCount = below(5) == 0 ? below(3) : 5 + below(90)
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
    stragglers = emptying != .no && below(3) == 0 ? 1 + below(3) : 0
    forgetsCounter = below(8) == 0
    isSlow = below(4) == 0
    earlyPasses = below(4) == 0 ? 1 + below(2) : 0
    asksForDeleted = below(4) == 0
    handRemovals = below(4) == 0 ? 1 + below(3) : 0
    isForgetful = below(10) == 0
    excludeWhatDoesNotGoTogether()
  }

  /// What a search may be after.
  package enum Focus: String, Sendable, Hashable, CaseIterable {
    /// What locks keep apart: answers and deletions all the time, and nothing goes wrong.
    case locks
    /// Copies that somebody has removed, and learners who are reset while they are brought back.
    case mends
    /// Leases that are taken over: processes stand still and die while they copy.
    case leases
    /// A table that gets its first rows just when it is copied.
    case firstRows = "first-rows"
    /// Processes of the LMS that write behind the fence.
    case stragglers
    /// A server that hands out ids again.
    case counter
    /// Servers that end silent sessions while the other one commits, and learners who have waited for the locks.
    case silence
    /// The emptying, with everything that goes wrong.
    case emptying
    /// The emptying, by servers that forget what they have committed last.
    case forgetful
    /// The way back, with everything that goes wrong.
    case wayBack = "return"
    /// Learners who are reset, and originals that somebody removes by hand.
    case deletions
    /// The same while everything comes back.
    case deletionsBack = "deletions-back"
  }

  /// Makes the plan rich in one thing.
  mutating func look(at focus: Focus) {
    isForgetful = focus == .forgetful
    if focus != .wayBack, focus != .deletionsBack {
      (comesBack, isCutShort, bringsBulkBack, isNarrow) = (false, false, false, false)
      if faultsFrom == .wayBack { faultsFrom = .copy }
    }
    switch focus {
    case .locks:
      (hasLearners, deletions, grades, faultBudget, isFlagFirst, isSupervised) = (true, 13, 60, 0, false, false)
      (isHeadroomShort, isNewestFirst, rangeRowCount, isSlow) = (false, true, 2 + rangeRowCount % 4, true)
      (earlyPasses, emptying) = (3, .no)
    case .mends:
      (hasLearners, moduleCount, deletions, grades, faultBudget, isSlow) = (true, 60, 40, 0, 0, true)
      (isFlagFirst, isSupervised, isHeadroomShort, rowCount, rangeRowCount) = (false, false, false, 60, 20)
      (handDeletions, emptying) = (20, .no)
    case .leases:
      (processCount, workerCount, faultsFrom, faultBudget) = (2, 1, .copy, 60)
      (rowCount, isSupervised, freezes, emptying) = (20 + rowCount % 20, false, 100, .no)
    case .firstRows:
      (rowCount, hasLearners, isFlagFirst, isSupervised, isHeadroomShort) = (0, true, false, false, false)
      (faultBudget, emptying) = (0, .no)
    case .stragglers:
      (stragglers, faultBudget, rowCount, isHeadroomShort, isSupervised) = (9, 0, 1 + rowCount % 20, false, false)
      (emptying, isSlow) = (emptying == .no ? .truncate : emptying, true)
    case .counter:
      (forgetsCounter, isOnOneServer, isFlagFirst, isHeadroomShort) = (true, false, false, false)
      (hasLearners, isSupervised, faultBudget, rowCount, emptying) = (true, false, 0, 5 + rowCount % 20, .no)
    case .silence:
      (hasLearners, deletions, grades, isFlagFirst, isSupervised) = (true, 13, 60, false, false)
      (isHeadroomShort, rowCount, rangeRowCount, isSlow, isOnOneServer) = (
        false, 60, 2 + rangeRowCount % 8, true, false
      )
      (faultsFrom, faultBudget, silences, earlyPasses, emptying) = (.copy, 60, 3_000, 2, .no)
    case .emptying:
      (rowCount, faultsFrom, isHeadroomShort, isSupervised) = (1 + rowCount % 20, .emptying, false, false)
      (emptying, faultBudget, faultFrequency) = (emptying == .no ? .truncate : emptying, 30, 150)
    case .deletions:
      (hasLearners, deletions, moduleCount, rowCount, isHeadroomShort) = (true, 10, 20, 20 + rowCount % 40, false)
      (asksForDeleted, handRemovals, emptying, forgetsCounter, stragglers) = (false, 2, .no, false, 0)
      (isFlagFirst, isSupervised, faultBudget) = (false, false, 0)
    case .deletionsBack:
      (comesBack, bringsBulkBack, isCutShort, faultsFrom) = (true, true, false, .wayBack)
      (hasLearners, deletions, moduleCount, rowCount, isHeadroomShort) = (true, 4, 20, 1 + rowCount % 30, false)
      (asksForDeleted, freezes, faultBudget, isNarrow) = (false, 60, 20, false)
    case .forgetful:
      (rowCount, faultsFrom, isHeadroomShort, isSupervised) = (5 + rowCount % 40, .emptying, false, false)
      (emptying, faultBudget, faultFrequency, rangeRowCount) = (.drain, 6, 100, 2 + rangeRowCount % 6)
    case .wayBack:
      (comesBack, bringsBulkBack, faultsFrom, rowCount) = (true, true, .wayBack, 1 + rowCount % 30)
    }
    excludeWhatDoesNotGoTogether()
  }

  private mutating func excludeWhatDoesNotGoTogether() {
    forgetsCounter = forgetsCounter && !isFlagFirst && !isOnOneServer && !comesBack
    if forgetsCounter { (isProvisioned, hasOldJournal) = (true, false) }
    // Copies without an original stay then, and nothing is proven.
    if asksForDeleted || comesBack || emptying != .no || forgetsCounter { handRemovals = 0 }
    isForgetful = isForgetful && !comesBack && emptying != .no
    if isForgetful {
      // What learners lose is theirs, and what they had deleted stands again: it is no part of this.
      (hasLearners, stragglers, handDeletions, deletions, faultsFrom) = (false, 0, 0, 0, .emptying)
      forgetsCounter = false
    }
    // What a process deletes that nobody restarted is not told from what is to come back.
    if comesBack { stragglers = 0 }
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
    add { $0.handRemovals = 0 }
    add { $0.stragglers = 0 }
    add { $0.isSlow = false }
    add { $0.earlyPasses = 0 }
    add { $0.forgetsCounter = false }
    add { $0.isNewestFirst = false }
    add { $0.isSupervised = false }
    add { ($0.comesBack, $0.isCutShort, $0.bringsBulkBack, $0.isNarrow) = (false, false, false, false) }
    add { $0.bringsBulkBack = $0.emptying != .no && !$0.isCutShort }
    add { $0.isNarrow = false }
    add { $0.isForgetful = false }
    add { ($0.isProvisioned, $0.hasOldJournal) = (true, false) }
    add { $0.isOnOneServer = false }
    add { $0.faultBudget = max(0, $0.faultBudget - 1) }
    add { $0.rowCount = max(0, $0.rowCount - 3) }
    return plans
  }

  var faults: FaultPlan {
    var plan = FaultPlan()
    if isSlow { plan.longestLatency = .milliseconds(80) }
    if let single {
      plan.single = single
      return plan
    }
    guard faultBudget > 0 else { return plan }
    // A server that forgets commits that it has acknowledged breaks what it has promised; the migration says so where it sees it.
    let longestLatency = plan.longestLatency
    plan = FaultPlan.everything(budget: faultBudget, frequency: faultFrequency)
    if isForgetful {
      plan.chances[.forgetfulOutage] = faultFrequency / 2
    } else {
      plan = plan.without(.forgetfulOutage)
    }
    plan.longestLatency = longestLatency
    if let freezes { plan.chances[.freeze] = freezes }
    if let silences {
      (plan.chances, plan.lostCommitAnswers, plan.silencesAtCommits) = ([.silence: 20], 0, silences)
    }
    return plan
  }

  var copyOptions: CopyOptions {
    CopyOptions(
      workerCount: workerCount, order: isNewestFirst ? .newestFirst : .oldestFirst,
      sizer: RangeSizer(maximumRowCount: rangeRowCount))
  }

  package var description: String {
    "seed \(seed): \(rowCount) rows with gaps to \(gap), \(isOnOneServer ? "one server" : "two servers"),"
      + " \(hasLearners ? "learners who delete \(deletions) and grade \(grades) in 100" : "no learners"),"
      + "\(isHeadroomShort ? " no headroom," : "")"
      + "\(isSupervised ? " supervised," : "")"
      + "\(isForgetful ? " forgetful servers," : "")"
      + " \(isFlagFirst ? "the flag first" : "the copy first"), \(processCount) processes of \(workerCount) workers,"
      + " \(isNewestFirst ? "newest" : "oldest") first, ranges to \(rangeRowCount) rows, emptied by: \(emptying.rawValue),"
      + "\(isProvisioned ? hasOldJournal ? " an older journal," : "" : " provisioned,")"
      + "\(comesBack ? " back\(isCutShort ? " behind the copy" : "")\(bringsBulkBack ? " with the bulk first" : "")," : "")"
      + "\(isNarrow ? " narrow ids," : "")"
      + "\(isSlow ? " slow statements," : "")"
      + "\(earlyPasses > 0 ? " \(earlyPasses) early passes," : "")"
      + "\(forgetsCounter ? " a counter that is forgotten," : "")"
      + " \(stragglers) requests behind the fence, \(handDeletions) copies and \(handRemovals) originals removed by hand\(asksForDeleted ? ", what was deleted is asked for" : ""), \(stops) in 100 commands stopped,"
      + (single.map { " only the fault \($0.kind) at its moment \($0.number)" }
        ?? " \(faultBudget) faults of \(faultFrequency) in 10,000, from \(faultsFrom.rawValue) on")
      + (order == .drawn ? "" : ", \(order)")
  }
}
