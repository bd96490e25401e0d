#!/usr/bin/env bash
# Compares the same copied history with csmh verify and with bare scans of both servers, in turn, and prints the ratio.
#
#   Benchmarks/verify.sh [options]
#     --rows N            rows of about 0.9 kB (default 1500000)
#     --rounds N          csmh verify and the bare scans once a round, one after the other (default 5)
#     --workers N         ranges at the same time, which are connections to each server (default 2)
#     --source KIND       mariadb or mysql (default mariadb)
#     --target KIND       the same for the other server
#     --sample P          also a sample of so many percent, once a round
#     --keep              leave the servers running
#
# Two throw-away servers run in a folder of their own below TMPDIR; about 5 kB of disk a row are needed.
# The figures also go to benchmark-results/ as JSON. What is measured and how: Benchmarks/README.md.
#
# Exits 0 when everything was measured, whether or not the goals hold; 1 if something failed; 64 on
# wrong usage; 69 if a program is missing.
set -euo pipefail
export LC_ALL=C
unset MYSQL_PWD MYSQL_HOST

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$project/Benchmarks/lib.sh"

# The goals: how many times the speed of the bare scans csmh verify has, and how many rows of both sides it reads a second.
goals='{"ratio": 0.7, "rows_of_both_sides_per_second": 400000}'

usage() { sed -n '4,12s/^# \{0,3\}//p' "${BASH_SOURCE[0]}" >&2; exit 64; }
number() { case $1 in '' | 0* | *[!0-9]*) usage ;; *) echo "$1" ;; esac }
kind() { case $1 in mariadb | mysql) echo "$1" ;; *) usage ;; esac }

rows=1500000 rounds=5 workers=2 sample="" source_kind=mariadb target_kind=mariadb keep=""
while [ $# -gt 0 ]; do
    case $1 in --rows | --rounds | --workers | --source | --target | --sample) [ $# -ge 2 ] || usage ;; esac
    case $1 in
        --rows) rows=$(number "$2"); shift ;;
        --rounds) rounds=$(number "$2"); shift ;;
        --workers) workers=$(number "$2"); shift ;;
        --source) source_kind=$(kind "$2"); shift ;;
        --target) target_kind=$(kind "$2"); shift ;;
        --sample) sample=$(number "$2"); shift ;;
        --keep) keep=yes ;;
        *) usage ;;
    esac
    shift
done
[ "$rows" -ge 100 ] || usage

for program in jq mariadb; do
    type -P "$program" >/dev/null || { say "There is no $program: run Scripts/install.sh bench."; exit 69; }
done
prepare verify

# Servers.
read -ra source_options <<<"$(server_options "$source_kind")"
read -ra target_options <<<"$(server_options "$target_kind")"
started=$(start_server source "$source_kind" "${source_options[@]}") || { cat "$log" >&2; exit 1; }
read -r source_port source_version <<<"$started"
started=$(start_server target "$target_kind" "${target_options[@]}") || { cat "$log" >&2; exit 1; }
read -r target_port target_version <<<"$started"
urls=(--original "mysql://root@127.0.0.1:$source_port/edxapp" --extended "mysql://root@127.0.0.1:$target_port/edxapp_csmh")

say "Filling the source with $rows rows ..."
"$csmh" devstack "${urls[@]}" --rows "$rows" --fill-only --quiet >"$log" 2>&1 ||
    { cat "$log" >&2; fail "The source could not be filled."; }
rows=$(client "$source_port" -e "SELECT COUNT(*) FROM edxapp.$original_table")
say "Copying ..."
"$csmh" migrate --quiet "${urls[@]}" >"$log" 2>&1 || { cat "$log" >&2; fail "The rows could not be copied."; }

# Pairs of runs. What runs first changes from round to round.
: >"$work/verified"
failures=0
for ((round = 1; round <= rounds; round++)); do
    say "Round $round of $rounds ..."
    run_verify "$round" "$workers" >>"$work/verified" 2>"$log" ||
        { say "FAILED: round $round"; tail -n 20 "$log" >&2; failures=$((failures + 1)); }
    if [ -n "$sample" ]; then
        "$csmh" verify --sample "$sample" --json --quiet "${urls[@]}" | jq -r '"  sample: \(.seconds) s, \(.verdict)"' >&2
    fi
done

# Figures.
mkdir -p "$project/benchmark-results"
result=$project/benchmark-results/verify-$(date -u +%Y%m%dT%H%M%SZ).json
jq -n --slurpfile runs "$work/verified" --argjson goals "$goals" --argjson rows "$rows" --argjson workers "$workers" \
    --argjson failures "$failures" --argjson cores "$(nproc)" --argjson load "$load" --arg csmh "$("$csmh" --version)" \
    --arg source "$source_kind $source_version" --arg target "$target_kind $target_version" '
    def median: sort | if length == 0 then null elif length % 2 == 1 then .[length / 2 | floor]
        else (.[length / 2 - 1] + .[length / 2]) / 2 end;
    {made_at: (now | todate), csmh: $csmh, machine: {cores: $cores, load_at_start: $load}, source: $source,
     target: $target, rows: $rows, workers: $workers, failures: $failures, goals: $goals,
     verify_rows_of_both_sides_per_second: ($runs | map(2 * .rows / .verify_seconds) | median),
     scan_rows_of_both_sides_per_second: ($runs | map(2 * .rows / .scan_seconds) | median),
     ratio: ($runs | map(.scan_seconds / .verify_seconds) | median), runs: $runs}' >"$work/result"
mv "$work/result" "$result"
jq -r '
    def grouped: if . == null then "-" else round | tostring
        | [while(length > 0; .[:-3]) | if length > 3 then .[-3:] else . end] | reverse | join(",") end;
    def fixed: if . == null then "-" else (. * 100 | round) as $whole
        | "\($whole / 100 | floor).\($whole % 100 + 100 | tostring | .[1:])" end;
    def holds($is): if $is then "yes" else "NO" end;
    "csmh \(.csmh) on \(.machine.cores) cores; source: \(.source), target: \(.target)",
    (select(.machine.load_at_start > .machine.cores / 4)
        | "NOISY: the load average was \(.machine.load_at_start) before anything was started"),
    "\(.rows | grouped) rows; \(.workers) connections to each server; rounds: \(.runs | length)", "",
    "round   csmh verify    bare scans   rows of both sides/s    ratio",
    (.runs[] | "\(.round | tostring | (" " * (5 - length)) + .)   "
        + (2 * .rows / .verify_seconds | grouped | (" " * (11 - length)) + .) + "   "
        + (2 * .rows / .scan_seconds | grouped | (" " * (11 - length)) + .) + "                          "
        + (.scan_seconds / .verify_seconds | fixed)), "",
    "verify reads at least \(.goals.rows_of_both_sides_per_second | grouped) rows of both sides a second: "
        + holds(.verify_rows_of_both_sides_per_second >= .goals.rows_of_both_sides_per_second)
        + " (\(.verify_rows_of_both_sides_per_second | grouped))",
    "verify has at least \(.goals.ratio | fixed) times the speed of the bare scans: "
        + holds(.ratio >= .goals.ratio) + " (\(.ratio | fixed))"' "$result"
echo
echo "Figures: benchmark-results/${result##*/}"
if [ "$failures" -gt 0 ]; then fail "Failed: $failures."; fi
