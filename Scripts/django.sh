#!/usr/bin/env bash
# Gets Django for tests, in the two versions that today's releases of Open edX stand on, each with its own Python folder:
# .django/4.2 and .django/5.2, or below what CSMH_DJANGO_HOME says. Nothing is installed into the system.
#
# PyMySQL speaks to the servers, as it needs neither a compiler nor headers.
# Exits 3, leaving no half a folder behind, where they cannot be had.
set -euo pipefail
cd "$(dirname "$0")/.."

home="${CSMH_DJANGO_HOME:-.django}"
common=(PyMySQL==1.2.4 PyYAML==6.0.4 asgiref==3.13.0 sqlparse==0.6.1)

cannot() { echo "Django cannot be had here: $*" >&2; exit 3; }
log="$(mktemp)"
trap 'rm -f "$log"' EXIT

[ -x /usr/bin/python3 ] || cannot "there is no /usr/bin/python3"

for version in 4.2.30 5.2.19; do
  folder="$home/${version%.*}"
  packages=("Django==$version" "${common[@]}")
  if [ "$(cat "$folder/packages" 2>/dev/null)" = "${packages[*]}" ]; then
    echo "Django $version is there already."
    continue
  fi
  echo "Getting Django $version into $folder ..."
  rm -rf "$folder"
  # The system's Python, as for the tester of the HTTP API.
  /usr/bin/python3 -m venv "$folder" >"$log" 2>&1 \
    && "$folder/bin/pip" install --quiet --disable-pip-version-check --no-input --retries 1 --timeout 20 \
      "${packages[@]}" >"$log" 2>&1 </dev/null \
    || { rm -rf "$folder"; rmdir "$home" 2>/dev/null || true; cannot "$(tail -n 1 "$log")"; }
  echo "${packages[*]}" >"$folder/packages"
done
