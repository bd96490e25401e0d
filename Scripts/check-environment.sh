#!/usr/bin/env bash
# Below the program nothing asks a clock, sleeps, draws a number, names the process or starts a task of its own, but by the environment:
# only then a simulation can decide all of it. Prints what does, and fails.
set -euo pipefail
cd "$(dirname "$0")/.."

# The library's own connections, and what waits for a network or the system's files, are not part of a simulation.
found="$(grep -rnE \
  'ContinuousClock\.now|ContinuousClock\(|SuspendingClock|(at|since|start|began|duration): \.now|[(= ]\.now - |Date\(\)|Date\.now|Task\.sleep|Task\.yield|Random\w*\(\)|\.random\(|UUID\(\)|processIdentifier|getpid|hostName|(^|[^A-Za-z])Task(\.detached)? \{' \
  Sources --include='*.swift' |
  grep -vE '^Sources/(csmh|MariaDBClient|StudentModuleHistory/Environment)/' |
  grep -vE '^[^:]*:[0-9]+: *//' |
  grep -vE 'environment\.random\(\)|using: &' |
  grep -vE '^Sources/LMSConfiguration/Watching/' || true)"
if [ -n "$found" ]; then
  echo "$found" >&2
  echo "These go around Sources/StudentModuleHistory/Environment: pass an Environment in and ask it." >&2
  exit 1
fi
