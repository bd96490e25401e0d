#!/usr/bin/env bash
# Installs what the tests need, builds once, runs every test, and says at the end which servers took part.
# Needs: Debian 12 with Swift; root for the installation of packages (or the packages that it names).
set -euo pipefail
cd "$(dirname "$0")/.."

Scripts/install.sh test

mysql_lane="MySQL: ran against the server in .mysql-server"
if ! Scripts/mysql.sh; then
  mysql_lane="MySQL: DID NOT RUN, the server could not be had"
fi

django_lane="Django: ran with 4.2 and 5.2 in .django"
if ! Scripts/django.sh; then
  django_lane="Django: DID NOT RUN, or not with both versions, as they could not be had"
fi

# Servers that a broken run left behind would keep their ports and memory.
root="$(mktemp -d "${TMPDIR:-/tmp}/csmh-tests.XXXXXX")"
export CSMH_TEST_SERVERS="$root"
export CSMH_TEST_REMEDIES="$root/remedies"
clean_up() {
  Scripts/server.sh stop-all "$root" >/dev/null 2>&1 || true
  rm -rf "$root"
}
trap clean_up EXIT

echo "Building the tests (the first build takes some minutes) ..."
swift build --build-tests

echo "Running the tests ..."
status=0
missed=
api=
example=
swift test --skip-build --parallel "$@" 2>&1 | tee "$root/test.log" || status=$?

# Of a whole run: each remedy that csmh can print was followed by a test.
if [ $# -eq 0 ]; then
  missed="$(comm -23 <(sed -n 's/^known //p' "$CSMH_TEST_REMEDIES" | sort -u) \
    <(sed -n 's/^followed //p' "$CSMH_TEST_REMEDIES" | sort -u))"
  if [ -n "$missed" ]; then
    missed="Remedies that no test followed: $(echo $missed)"
    status=1
  fi
fi

Scripts/test-example.sh || { status=$? && example="Scripts/test-example.sh ended with $status (see above)"; }
Scripts/test-api.sh || { status=$? && api="Scripts/test-api.sh ended with $status (see above)"; }

echo
echo "MariaDB: ran against $(mariadbd --version 2>/dev/null | sed 's/.*Ver \([^ ]*\).*/\1/')"
echo "$mysql_lane"
echo "$django_lane"
# What failed is said once more at the end, where it is found without reading thousands of lines.
if [ "$status" -ne 0 ]; then
  echo
  echo "What failed:"
  grep -E 'recorded an issue|Caught error|^error:|unexpected(ly)? (exit|signal|terminat)|Fatal error|Exited with' "$root/test.log" |
    cut -c 1-600 | awk '!seen[$0]++' | head -n 40 || true
  [ -z "$missed" ] || echo "$missed"
  [ -z "$example" ] || echo "$example"
  [ -z "$api" ] || echo "$api"
fi
# The runner's own closing line comes last.
closing_line="$(grep -E 'Test run with [0-9]+ test' "$root/test.log" | tail -n 1 || true)"
clean_up
echo "$closing_line"
exit "$status"
