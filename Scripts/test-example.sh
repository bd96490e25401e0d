#!/usr/bin/env bash
# Builds Examples/history, a program outside of csmh's package, and lets it write and read the history of a devstack.
#
#   Scripts/test-example.sh [CSMH]      CSMH: the program; default .build/debug/csmh, which is built if it is absent
set -euo pipefail
cd "$(dirname "$0")/.."

csmh="${1:-.build/debug/csmh}"
[ -x "$csmh" ] || swift build --product csmh
work="$(mktemp -d "${TMPDIR:-/tmp}/csmh-example.XXXXXX")"
trap 'rm -rf "$work"' EXIT

echo "Building Examples/history ..."
build=(swift build --package-path Examples/history --scratch-path .build/example --product history)
"${build[@]}" >"$work/log" 2>&1 || { tail -n 30 "$work/log" >&2; exit 1; }
history="$("${build[@]}" --show-bin-path)/history"

"$csmh" devstack --directory "$work/devstack" --rows 2000 --quiet >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
urls=("sqlite://$work/devstack/edxapp.db" "sqlite://$work/devstack/edxapp_csmh.db")
"$history" "${urls[@]}" 1 '{"attempts": 99}' | tee "$work/written"
grep -q '^kept as [1-9]' "$work/written"
[ "$(grep -c attempts "$work/written")" -ge 1 ]
"$csmh" history 1 --directory "$work/devstack" --json | grep -q '{\\"attempts\\": 99}'
echo "A program outside of the package has written and read the history."
