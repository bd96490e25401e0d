#!/usr/bin/env bash
# SQL texts and what sends them live in the adapters (HistoryStores, MariaDBClient). Prints what stands elsewhere, and fails.
set -euo pipefail
cd "$(dirname "$0")/.."

# DemoHistories plays the LMS and makes tables of its own; the facts of `check` are what a server tells of itself; a manifest's query
# is printed for people.
found="$(grep -rnE \
  'tableSQL|any SQLSession|\.execute\(|(session|lane\.source|lane\.target|original|extended)\.rows\(|"(SELECT|INSERT|UPDATE|DELETE FROM|ALTER TABLE|SET SESSION) ' \
  Sources --include='*.swift' |
  grep -vE '^Sources/(HistoryStores|MariaDBClient|DemoHistories)/' |
  grep -vE '^[^:]*:[0-9]+: *//' |
  grep -vE '^Sources/MigrationAdvice/Checks/CheckFacts\+(MySQL|SQLite)\.swift' |
  grep -vE '^Sources/MigrationReport/Manifest/ManifestHash\.swift' |
  grep -vE '^Sources/StudentModuleHistory/Remedies/' || true)"
# What makes, moves and proves rows names no store, no dialect and no pair of them: it takes lanes.
found+="$(grep -rnE 'import (HistoryStores|MariaDBClient)|StorePair|ProvisionableStore|SQLDialect|\bdialect\b' \
  Sources/{MigrationBase,MigrationJournal,MigrationProtocol} --include='*.swift' |
  grep -vE '^[^:]*:[0-9]+: *//' || true)"
if [ -n "$found" ]; then
  echo "$found" >&2
  echo "Give the ports in Sources/StudentModuleHistory/Ports a verb, and HistoryStores its SQL." >&2
  exit 1
fi
