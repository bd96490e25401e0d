internal import HistoryStores
internal import MigrationProtocol
internal import StudentModuleHistory

/// The steps of an option for an installation, those that are done marked as such.
struct AdvicePlan {
  let measurements: InstallationMeasurements
  let terms: AdviceTerms
  let option: MigrationOption
  let estimate: CopyEstimate
  let forecast: IDForecast
  let headroom: Headroom

  /// Whether the 32-bit ids end before a copy and what follows would: then the flag cannot wait.
  var idsEndSoon: Bool { forecast.secondsAtHighestRate.map { $0 < headroom.seconds } ?? false }

  var steps: [AdviceStep] {
    if let wayBack { return backSteps(wayBack) }
    var steps: [AdviceStep] = []
    if (measurements.progress?.problemRanges ?? 0) > 0 { steps.append(problems) }
    if measurements.route != .betweenFiles, !isProvisioned { steps.append(preview) }
    steps += [provision, offset]
    switch option {
    case .devstack: steps.append(enableExtended)
    case .small: steps += [enableExtended, migrate, fence, readOnlyFromExtended, report]
    case .large:
      // Once writes have moved, csmh migrate does both.
      let bulk = [copy, verify].filter { !measurements.writesHaveMoved || $0.isDone }
      steps += idsEndSoon ? [enableExtended] + bulk : bulk + [enableExtended]
      steps += [migrate, fence, readOnlyFromExtended, report]
    }
    return steps
  }

  /// What can be done when everything is migrated; the first one fits.
  var afterwards: [AdviceStep] {
    if let wayBack { return wayBack.isUnderWay ? [keepExtended] : [keepExtended, comeForthAgain] }
    if measurements.progress?.isDrained ?? false { return [recheck, goBack] }
    return option == .devstack ? [leaveBoth, bringOver, drain, goBack] : [drain, leaveBoth, goBack]
  }

  /// The way back, unless it has ended and the LMS writes to the extended table again.
  private var wayBack: WayBack? {
    guard let wayBack = measurements.progress?.wayBack else { return nil }
    return wayBack.isUnderWay || measurements.flags?.extendedEnabled != true ? wayBack : nil
  }

  /// A command with the installation's options.
  func command(_ words: String) -> String {
    "csmh \(words)" + (terms.installationOptions.isEmpty ? "" : " \(terms.installationOptions)")
  }

  /// Whether the journal exists, and the starting id is high enough for as long as the original table is written to.
  var isProvisioned: Bool {
    guard measurements.progress != nil, let extended = measurements.extended,
      extended.nextID > measurements.original.nextID
    else { return false }
    if measurements.writesHaveMoved || option == .devstack { return true }
    if extended.nextID > measurements.original.largestPossibleID { return true }
    let gap = Double(extended.nextID - measurements.original.nextID)
    // A day beside the work that is left: a gap that shrinks while the plan is followed is no reason to raise it again.
    return gap >= measurements.highestIDsPerSecond * (estimate.seconds.high + 86_400)
  }
}
