#!/usr/bin/env bash
# Copies the same history with csmh and with its peers, in turn, and prints ratios.
#
#   Benchmarks/copy.sh [options]
#     --rows N            rows of about 0.9 kB (default 1500000)
#     --rounds N          every way once a round (default 3)
#     --peers LIST        dump, insert-select (one server only), pt-archiver, mydumper; comma-separated,
#                         or none (default dump,insert-select)
#     --before CSMH       another csmh, such as one from before a change, whose copy is compared with this one's
#     --source KIND       mariadb or mysql (default mariadb)
#     --target KIND       the same for the other server
#     --one-server        both databases on one server, of the source's kind
#     --memory            also compare csmh's peak memory at N rows with that at 100,000
#     --verify            also compare csmh verify with the bare range scans that it consists of
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

# The goals: how many times a peer's speed csmh's copy has (peers), or verify has of the bare scans; and
# how many times the memory of 100,000 rows it may need.
goals='{"dump": 2.0, "insert-select": 1.0, "pt-archiver": 3.0, "mydumper": 0.8, "verify": 0.7, "before": 0.97, "memory": 1.1}'

usage() { sed -n '4,15s/^# \{0,3\}//p' "${BASH_SOURCE[0]}" >&2; exit 64; }
number() { case $1 in '' | 0* | *[!0-9]*) usage ;; *) echo "$1" ;; esac }
kind() { case $1 in mariadb | mysql) echo "$1" ;; *) usage ;; esac }

rows=1500000 rounds=3 peers=dump,insert-select chosen="" source_kind=mariadb target_kind=mariadb
one_server="" before="" memory="" verify="" keep=""
while [ $# -gt 0 ]; do
    case $1 in --rows | --rounds | --peers | --before | --source | --target) [ $# -ge 2 ] || usage ;; esac
    case $1 in
        --rows) rows=$(number "$2"); shift ;;
        --rounds) rounds=$(number "$2"); shift ;;
        --peers) peers=$2 chosen=yes; shift ;;
        --before) before=$(realpath -e "$2") || usage; shift ;;
        --source) source_kind=$(kind "$2"); shift ;;
        --target) target_kind=$(kind "$2"); shift ;;
        --one-server) one_server=yes ;;
        --memory) memory=yes ;;
        --verify) verify=yes ;;
        --keep) keep=yes ;;
        *) usage ;;
    esac
    shift
done
[ "$rows" -ge 100 ] || usage
[ -z "$one_server" ] || target_kind=$source_kind

for program in time jq mariadb mariadb-dump; do
    type -P "$program" >/dev/null || { say "There is no $program: run Scripts/install.sh bench."; exit 69; }
done
ways=(csmh)
[ -z "$before" ] || ways+=(before)
IFS=, read -ra asked <<<"$peers"
for peer in "${asked[@]}"; do
    case $peer in
        none) ;;
        dump) ways+=(dump) ;;
        insert-select)
            if [ -n "$one_server" ]; then ways+=(insert-select)
            elif [ -n "$chosen" ]; then say "insert-select works on one server only: left out."; fi ;;
        pt-archiver | mydumper)
            if type -P "$peer" >/dev/null; then ways+=("$peer")
            else say "$peer is not installed (Scripts/install.sh bench): left out."; fi ;;
        *) usage ;;
    esac
done

prepare bench

failures=0
failed() { say "FAILED: $1"; tail -n 20 "$log" >&2 || true; failures=$((failures + 1)); }

# Servers.
read -ra source_options <<<"$(server_options "$source_kind" "$peers")"
read -ra target_options <<<"$(server_options "$target_kind" "$peers")"
started=$(start_server source "$source_kind" "${source_options[@]}") || { cat "$log" >&2; exit 1; }
read -r source_port source_version <<<"$started"
if [ -n "$one_server" ]; then
    target_port=$source_port target_version=$source_version
else
    started=$(start_server target "$target_kind" "${target_options[@]}") || { cat "$log" >&2; exit 1; }
    read -r target_port target_version <<<"$started"
fi
extended=mysql://root@127.0.0.1:$target_port/edxapp_csmh

# What csmh is told: the two databases.
urls=(--original "mysql://root@127.0.0.1:$source_port/edxapp" --extended "$extended")

fill() {
    say "Filling $1 with $2 rows ..."
    "$csmh" devstack --original "mysql://root@127.0.0.1:$source_port/$1" --extended "$extended" \
        --rows "$2" --fill-only --quiet >"$log" 2>&1 || { cat "$log" >&2; fail "The source could not be filled."; }
}
fill edxapp "$rows"
expected=$(content "$source_port" "edxapp.$original_table")
rows=${expected%$'\t'*}
state_bytes=$(client "$source_port" -e "SELECT ROUND(AVG(OCTET_LENGTH(state))) FROM edxapp.$original_table")

# The ways, in turn.
: >"$work/runs"
for ((round = 1; round <= rounds; round++)); do
    for way in "${ways[@]}"; do
        say "Round $round of $rounds: $way ..."
        run_way "$way" "$round" "$expected" >>"$work/runs" 2>"$log" || failed "$way"
    done
done

# Verification, of what csmh copied.
: >"$work/verified"
if [ -n "$verify" ]; then
    say "Verification ..."
    if run_way csmh 0 "$expected" >/dev/null 2>"$log"; then
        for ((round = 1; round <= rounds; round++)); do
            run_verify "$round" 2 >>"$work/verified" 2>"$log" || failed "verify"
        done
    else
        failed "the copy before verification"
    fi
fi

# Memory.
: >"$work/small"
if [ -n "$memory" ]; then
    fill edxapp_small 100000
    urls[1]=mysql://root@127.0.0.1:$source_port/edxapp_small
    small=$(content "$source_port" "edxapp_small.$original_table")
    for ((round = 1; round <= rounds; round++)); do
        say "Memory at 100,000 rows, $round of $rounds ..."
        run_way csmh "$round" "$small" >>"$work/small" 2>"$log" || failed "memory"
    done
fi

# Figures.
mkdir -p "$project/benchmark-results"
result=$project/benchmark-results/copy-$(date -u +%Y%m%dT%H%M%SZ).json
jq -n --slurpfile runs "$work/runs" --slurpfile small "$work/small" --slurpfile verified "$work/verified" \
    --argjson goals "$goals" --argjson rows "$rows" --argjson rounds "$rounds" --argjson state_bytes "$state_bytes" \
    --argjson failures "$failures" --argjson cores "$(nproc)" --argjson load "$load" \
    --argjson memory_kib "$(sed -n 's/^MemTotal: *\([0-9]*\).*/\1/p' /proc/meminfo)" \
    --arg processor "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" \
    --arg csmh "$("$csmh" --version)" --arg one_server "$one_server" \
    --arg source "$source_kind $source_version" --arg source_options "${source_options[*]}" \
    --arg target "$target_kind $target_version" --arg target_options "${target_options[*]}" \
    -f "$project/Benchmarks/summary.jq" >"$work/result"
mv "$work/result" "$result"
jq -r -f "$project/Benchmarks/table.jq" "$result"
echo
echo "Figures: benchmark-results/${result##*/}"
if [ "$failures" -gt 0 ]; then fail "Failed: $failures."; fi
