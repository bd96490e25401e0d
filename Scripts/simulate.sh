#!/usr/bin/env bash
# Builds the simulation so that it counts which parts of the protocol's code are run, attacks it for some time, and prints what was met.
#
#   Scripts/simulate.sh SECONDS [argument of simulate ...]
#
# Regions are what the compiler counts: each branch of an if, a guard, a switch, a catch. Those that no run has reached are printed by file.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=$1
shift
scratch=.build/simulate
build=(swift build --scratch-path "$scratch" --enable-code-coverage --product simulate)
"${build[@]}"
simulate=$("${build[@]}" --show-bin-path)/simulate

profile=$scratch/profile
rm -rf "$profile"
status=0
LLVM_PROFILE_FILE=$profile/%p.profraw "$simulate" --seconds "$seconds" "$@" || status=$?

tools=$(dirname "$(command -v swift)")
if ! "$tools/llvm-profdata" merge -sparse "$profile"/*.profraw -o "$profile/merged.profdata"; then
  echo "What was reached is not known: llvm-profdata failed." >&2
  exit "${status/#0/1}"
fi
mapfile -t sources < <(find Sources/MigrationBase/Waiting Sources/MigrationJournal Sources/MigrationProtocol -name '*.swift' | sort)
"$tools/llvm-cov" report "$simulate" -instr-profile "$profile/merged.profdata" "${sources[@]}" 2>/dev/null |
  awk 'BEGIN { print "\nThe protocol, by file: regions, never reached, reached" }
       /\.swift / { file = $1; sub(".*/", "", file); printf "  %-38s %5d %5d %8s\n", file, $2, $3, $4 }
       $1 == "TOTAL" { printf "  %-38s %5d %5d %8s\n", "together", $2, $3, $4 }'
exit "$status"
