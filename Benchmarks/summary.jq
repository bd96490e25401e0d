# Turns the runs of Benchmarks/copy.sh into medians, ratios pair by pair, and goals.

def median: sort | if length == 0 then null elif length % 2 == 1 then .[length / 2 | floor]
  else (.[length / 2 - 1] + .[length / 2]) / 2 end;

# Two lines for csmh: the copy alone, and the whole process, which also makes the table and verifies every row.
def measured: [$runs[] | . as $run
  | if .way == "csmh" then
      {way: "csmh copy", seconds: .copy_seconds}, {way: "csmh migrate", seconds: .wall_seconds}
    elif .way == "before" then {way, seconds: .copy_seconds}
    else {way, seconds: .wall_seconds} end
  | . + {round: $run.round, peak_kib: $run.peak_kib, content_equal: $run.content_equal,
         rows_per_second: ($run.rows / .seconds)}];

measured as $all
# How many times the speed of a run csmh's run of the same round has.
| def ratio($csmh; $way): [$all[] | select(.way == $way) as $peer
    | $all[] | select(.way == $csmh and .round == $peer.round) | .rows_per_second / $peer.rows_per_second] | median;
  [(reduce $all[].way as $way ([]; if index($way) then . else . + [$way] end))[] as $way
    | [$all[] | select(.way == $way)]
    | {way: $way, rounds: length, rows_per_second: (map(.rows_per_second) | {min: min, median: median, max: max}),
       peak_kib: (map(.peak_kib) | median), content_equal: (map(.content_equal) | all)}
    | if $way | startswith("csmh ") then .
      else . + {csmh_copy_ratio: ratio("csmh copy"; $way), csmh_migrate_ratio: ratio("csmh migrate"; $way)} end] as $ways
| (if ($small | length) == 0 then null else
    {rows_small: $small[0].rows, peak_kib_small: ($small | map(.peak_kib) | median),
     peak_kib: ([$runs[] | select(.way == "csmh") | .peak_kib] | median)}
    | if .peak_kib then .ratio = .peak_kib / .peak_kib_small else null end end) as $memory
| (if ($verified | length) == 0 then null else
    {workers: $verified[0].workers,
     verify_rows_per_second: ($verified | map(.rows / .verify_seconds) | median),
     scan_rows_per_second: ($verified | map(.rows / .scan_seconds) | median),
     ratio: ($verified | map(.scan_seconds / .verify_seconds) | median)} end) as $verify
| {
    made_at: (now | todate), csmh: $csmh,
    machine: {cores: $cores, memory_kib: $memory_kib, processor: $processor, load_at_start: $load},
    rows: $rows, state_bytes: $state_bytes, rounds: $rounds, failures: $failures,
    one_server: ($one_server != ""),
    source: {server: $source, options: $source_options},
    target: (if $one_server != "" then null else {server: $target, options: $target_options} end),
    ways: $ways, memory: $memory, verify: $verify,
    goals: [
      ($ways[] | select(.csmh_copy_ratio)
        | {goal: .way, at_least: $goals[.way], measured: .csmh_copy_ratio, holds: (.csmh_copy_ratio >= $goals[.way])}),
      ($verify | select(.)
        | {goal: "verify", at_least: $goals.verify, measured: .ratio, holds: (.ratio >= $goals.verify)}),
      ($memory | select(.)
        | {goal: "memory", at_most: $goals.memory, measured: .ratio, holds: (.ratio <= $goals.memory)})
    ],
    runs: $runs, verify_runs: $verified, memory_runs: $small
  }
