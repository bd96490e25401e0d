#!/usr/bin/env bash
# Builds Examples/history, a package of its own that sees nothing of csmh's but its library products, and compares what it prints when
# it reads and writes the history of a devstack with what it has to print.
#
#   Scripts/test-example.sh [CSMH]      CSMH: the program; default .build/debug/csmh, which is built if it is absent
#
# The example takes the versions of the dependencies that csmh takes, and shares its build folder, so that nothing is compiled twice.
set -euo pipefail
cd "$(dirname "$0")/.."

csmh="${1:-.build/debug/csmh}"
[ -x "$csmh" ] || swift build --product csmh
work="$(mktemp -d "${TMPDIR:-/tmp}/csmh-example.XXXXXX")"
trap 'rm -rf "$work"' EXIT

# docs/library.md shows parts of it.
sed -n '/^```swift$/,/^```$/p' docs/library.md | grep -v '^```' | while IFS= read -r line; do
  grep -qxF -- "$line" Examples/history/Package.swift Examples/history/Sources/history/History.swift ||
    { echo "docs/library.md shows a line that Examples/history does not have: $line" >&2; exit 1; }
done

echo "Building Examples/history ..."
[ -e Package.resolved ] || swift package resolve
cp Package.resolved Examples/history/Package.resolved
build=(swift build --package-path Examples/history --scratch-path .build --skip-update --product history)
"${build[@]}" >"$work/log" 2>&1 || { tail -n 30 "$work/log" >&2; exit 1; }
history="$("${build[@]}" --show-bin-path 2>/dev/null)/history"

"$csmh" devstack --directory "$work/devstack" --rows 2000 --live 0 --quiet >"$work/log" 2>&1 ||
  { cat "$work/log" >&2; exit 1; }
urls=("sqlite://$work/devstack/edxapp.db" "sqlite://$work/devstack/edxapp_csmh.db")

# A student module that has no history yet. Ids differ from run to run.
run() { "$history" "${urls[@]}" "$@" 2>&1 | sed -E 's/^(original|extended) [0-9]+:/\1:/'; }
{
  run off 987654321 '{"attempts": 1}'
  run extended 987654321 '{"attempts": 2}' '{"attempts": 3}'
  run read-only 987654321
  run off 987654321
  run none 987654321 || true
} >"$work/printed"
diff - "$work/printed" <<'EXPECTED' || { echo "Examples/history printed something else (>) than it has to (<)." >&2; exit 1; }
writes and reads go to the original table
kept in the original table
original: {"attempts": 1}
writes go to the extended table, reads take both tables
kept in the extended table
kept in the extended table
extended: {"attempts": 3}
extended: {"attempts": 2}
original: {"attempts": 1}
writes and reads go to the extended table
extended: {"attempts": 3}
extended: {"attempts": 2}
writes and reads go to the original table
original: {"attempts": 1}
usage: history ORIGINAL-URL EXTENDED-URL off|extended|read-only STUDENT-MODULE [STATE ...]
EXPECTED
# csmh itself reads what the example wrote.
"$csmh" history 987654321 --directory "$work/devstack" --json | grep -qF '{\"attempts\": 3}' ||
  { echo "csmh history does not show what Examples/history wrote." >&2; exit 1; }
echo "A program outside of the package has written and read the history."
