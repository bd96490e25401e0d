#!/usr/bin/env bash
# How fast the history API answers, and what reading both tables costs.
#
#   Benchmarks/serve.sh [--rows N] [--seconds N] [--connections N]
#
# Starts two throw-away MariaDB servers on loopback, fills them by csmh devstack, and then:
#   (a) wrk asks csmh serve for histories of random student modules, in each state of the flags: requests a second, latencies;
#   (b) csmh times whole histories of 1, 20 and 500 records that stand in both tables, read from one table and from both, in
#       turns of one read and of a hundred: in long turns Linux may run everything on one core while another one sleeps.
# Servers, csmh and wrk share the machine. Scripts/install.sh bench installs what is needed.
# rows: of the site for (a), default 200000. connections: of wrk, default 32.
# seconds: for each state of (a) and each history of (b), default 10: in less, a shared machine moves medians by a tenth and more.
set -euo pipefail
project="$(cd "$(dirname "$0")/.." && pwd)"
csmh="$project/.build/release/csmh"
rows=200000 seconds=10 connections=32
while [ $# -gt 0 ]; do
  case $1 in
    --rows | --seconds | --connections) declare "${1#--}=$2"; shift 2 ;;
    *) sed -n '2,12s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
  esac
done
[ -x "$csmh" ] || { echo "build it first: swift build -c release --product csmh" >&2; exit 69; }

work="$(mktemp -d "${TMPDIR:-/tmp}/csmh-serve.XXXXXX")"
server=
clean_up() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  "$project/Scripts/server.sh" stop-all "$work" >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

start() {
  "$project/Scripts/server.sh" start mariadb "$work/$1" --innodb-buffer-pool-size=1G >"$work/log" 2>&1 || {
    cat "$work/log" >&2
    exit 69
  }
  sed -n 's/^PORT=//p' "$work/$1/server.env"
}
sql() { mariadb --no-defaults --user=root --host=127.0.0.1 --port="$1" --batch --skip-column-names -e "$2"; }

original_port="$(start original)"
extended_port="$(start extended)"
urls=(--original "mysql://root@127.0.0.1:$original_port/edxapp" --extended "mysql://root@127.0.0.1:$extended_port/edxapp_csmh")
"$csmh" devstack --rows "$rows" --live 1 --quiet "${urls[@]}" >/dev/null
original=edxapp.courseware_studentmodulehistory
extended=edxapp_csmh.coursewarehistoryextended_studentmodulehistoryextended
largest="$(sql "$original_port" "SELECT MAX(student_module_id) FROM $original")"
echo "$(sql "$original_port" "SELECT COUNT(*) FROM $original") original rows and" \
  "$(sql "$extended_port" "SELECT COUNT(*) FROM $extended") extended ones, $largest student modules;" \
  "MariaDB $(sql "$original_port" 'SELECT VERSION()'), $(nproc) cores for everything"

cat >"$work/random.lua" <<LUA
local threads = 0
function setup(thread) threads = threads + 1; thread:set("seed", threads) end
function init() math.randomseed(seed) end
function request() return wrk.format("GET", "/v1/student-modules/" .. math.random(1, $largest) .. "/history") end
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("%7.0f requests/s  p50 %.1f ms  p90 %.1f ms  p99 %.1f ms  max %.1f ms  %.1f kB each  %d not answered with 200\n",
    summary.requests / summary.duration * 1e6, latency:percentile(50) / 1e3, latency:percentile(90) / 1e3,
    latency:percentile(99) / 1e3, latency.max / 1e3, summary.bytes / summary.requests / 1e3,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
LUA

echo
echo "(a) histories of random student modules, $connections connections, $seconds s each"
for flags in off extended read-only; do
  "$csmh" serve "${urls[@]}" --flags "$flags" --bind 127.0.0.1:0 --json --quiet >"$work/serving" 2>"$work/log" &
  server=$!
  url=
  until [ -n "$url" ]; do
    kill -0 "$server" || { cat "$work/log" >&2; exit 70; }
    sleep 0.1
    url="$(sed -n 's/.*"url":"\([^"]*\)".*/\1/p' "$work/serving")"
  done
  wrk -t1 -c"$connections" -d2s -s "$work/random.lua" "$url" >/dev/null
  printf '%-10s' "$flags"
  wrk -t1 -c"$connections" -d"${seconds}s" -s "$work/random.lua" "$url" | tail -n 1
  kill "$server"
  wait "$server"
  server=
done

echo
echo "(b) whole histories that stand in both tables, one read after the other, medians, $seconds s for the three"
modules=()
for count in 1 20 500; do
  module=$((2000000000 + count))
  modules+=("$module")
  # Rows of the site itself, with its distribution of sizes.
  sql "$original_port" "INSERT INTO $original (student_module_id, created, state, grade, max_grade)
    SELECT $module, created, state, grade, max_grade FROM $original WHERE id > 5000 LIMIT $count"
done
"$csmh" copy --quiet "${urls[@]}" >/dev/null
for turn in 1 100; do
  echo "the original table, the extended one, and both, in turns of $turn:"
  "$csmh" measure-reads "${modules[@]}" --seconds "$seconds" --turn "$turn" "${urls[@]}"
done
