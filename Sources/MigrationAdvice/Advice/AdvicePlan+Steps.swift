internal import MigrationBase
internal import StudentModuleHistory

extension AdvicePlan {
  var problems: AdviceStep {
    AdviceStep(
      "Look at the ranges that are stopped or differ", why: "they are not copied; status names them with the reason",
      commands: [command("status")],
      byHand: ["mend the causes that it names; csmh copy then takes these ranges up again"])
  }

  private var provisionWords: String { "provision" + (headroom.isUsual ? "" : " --headroom \(headroom.ids)") }

  var preview: AdviceStep {
    AdviceStep(
      "See what will be run, and which GRANTs are needed", why: "it changes nothing; run it as an administrator",
      commands: [command(provisionWords + " --print-sql")])
  }

  var provision: AdviceStep {
    let lasts: String
    if headroom.coversEveryID {
      lasts = "the starting id lies above every id that the original table can hand out"
    } else if headroom.idsPerSecond > 0 {
      let seconds = Double(headroom.ids) / headroom.idsPerSecond
      lasts =
        "at its highest measured rate the original table takes \(Format.roughTime(seconds)) to use the headroom of"
        + " \(Format.count(headroom.ids)) ids up"
    } else {
      lasts = "the starting id lies \(Format.count(headroom.ids)) ids above the original table's next one"
    }
    return AdviceStep(
      option == .devstack
        ? "Provision the devstack anew: extended database, table, journal and starting id"
        : "Create the extended database, its table, the journal and the starting id",
      why: "what exists is left as it is; \(lasts)", commands: [command(provisionWords)], isDone: isProvisioned)
  }

  var offset: AdviceStep {
    AdviceStep(
      "Verify the starting id",
      why:
        "a new row of the extended table must not get an id that an original row has; ends with status 0 if it is safe."
        + " Run it again after a restart of the server, and right before the flag is turned on",
      commands: [command("offset")], isDone: measurements.writesHaveMoved && isProvisioned)
  }

  var copy: AdviceStep {
    AdviceStep(
      "Copy, while the LMS goes on writing to the original table",
      why: "it can be stopped and run again at any moment, and several may run at once; gentler with --workers 1 or"
        + " --max-rows-per-second", commands: [command("copy")], isDone: measurements.isCopied,
      seconds: estimate.copySeconds)
  }

  var verify: AdviceStep {
    AdviceStep(
      "Compare every copied row on both sides", why: "before the LMS depends on them",
      commands: [command("verify")], isDone: measurements.isVerified, seconds: estimate.verifySeconds)
  }

  var enableExtended: AdviceStep {
    let before = option == .large && !idsEndSoon ? "Deploy with" : "Turn on"
    var why = "new rows go to the extended table from here on, and reads take both tables"
    if option == .devstack { why += "; READ_ONLY_FROM_CSMHE stays false, as both tables are to be read" }
    if option == .large, idsEndSoon { why += "; it cannot wait for the copy, as the original ids end before" }
    return flagStep(
      "\(before) ENABLE_CSMH_EXTENDED", why: why, set: "ENABLE_CSMH_EXTENDED=true", isDone: measurements.writesHaveMoved
    )
  }

  var migrate: AdviceStep {
    let isTail = option == .large && measurements.isCopied
    var why =
      isTail || (option == .large && !idsEndSoon && !measurements.writesHaveMoved)
      ? "what was written to the original table meanwhile is copied, and everything is compared again"
      : "copies everything beneath the live table and compares it; until the end histories show copied rows twice"
    if option == .small, terms.flagPlace == .lmsConfiguration {
      why +=
        ". Or start \(command("supervise")) before the flag is turned on: it then migrates by itself"
    }
    return AdviceStep(
      option == .large && !idsEndSoon ? "Bring over the tail" : "Migrate", why: why, commands: [command("migrate")],
      isDone: measurements.writesHaveMoved && measurements.isVerified && !measurements.hasTail,
      seconds: option == .large && !idsEndSoon ? estimate.verifySeconds : estimate.seconds)
  }

  var fence: AdviceStep {
    let progress = measurements.progress
    return AdviceStep(
      "Take the fence, and bring over what a process with the old flag still wrote",
      why:
        "it proves that nobody writes to the original table any more, and that everything compares equal behind it: then readers may"
        + " move. If it names a straggler, restart that process and run it again",
      commands: [command("catch-up")],
      isDone: measurements.writesHaveMoved && !measurements.hasTail && measurements.isVerified
        && (progress?.isFenced ?? false || progress?.isDrained ?? false),
      seconds: estimate.verifySeconds)
  }

  var readOnlyFromExtended: AdviceStep {
    flagStep(
      "Turn on READ_ONLY_FROM_CSMHE",
      why:
        "reads take the extended table alone: no row shows twice, and one lookup is enough. It can be taken back. csmh flags calls it"
        + " safe as long as the fence of the step before holds",
      set: "READ_ONLY_FROM_CSMHE=true",
      more: ["shipped Open edX calls it ENABLE_READING_FROM_MULTIPLE_HISTORY_TABLES, to be set to false"],
      isDone: measurements.readersHaveMoved)
  }

  var report: AdviceStep {
    AdviceStep(
      "Keep the report", why: "it says what was copied and compared, with the digest",
      commands: [command("report --format json") + " > csmh-report.json"])
  }

  var bringOver: AdviceStep {
    AdviceStep(
      "Bring the old rows over all the same", why: "one table then holds everything", commands: [command("migrate")],
      seconds: estimate.seconds)
  }

  var leaveBoth: AdviceStep {
    AdviceStep(
      "Leave both tables in place, and read both",
      why: "every history takes lookups in two databases: only for development with small databases",
      byHand: option == .devstack ? ["nothing is left to be done"] : [])
  }

  /// What has to be done after a flag was changed.
  static let restart = "restart every LMS and worker process"

  func flagStep(
    _ title: String, why: String, set assignment: String, more: [String] = [], isDone: Bool
  ) -> AdviceStep {
    let restart = Self.restart
    switch terms.flagPlace {
    case .lmsConfiguration:
      return AdviceStep(
        title, why: why, commands: [command("flags --set \(assignment)")], byHand: [restart] + more, isDone: isDone)
    case .tutor:
      return AdviceStep(
        title, why: why,
        byHand: [
          "Tutor turns the extended history off, and leaves out its application and router: set FEATURES \(assignment) and bring"
            + " these back by a Tutor plugin", "run tutor config save, and \(restart)",
        ] + more, isDone: isDone)
    case .elsewhere:
      return AdviceStep(
        title, why: why,
        byHand: ["set \(assignment) under FEATURES in the LMS configuration of every host", restart] + more,
        isDone: isDone)
    }
  }
}
