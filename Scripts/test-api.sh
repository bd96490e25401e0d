#!/usr/bin/env bash
# Lets schemathesis, a tester that knows nothing of csmh, compare the API with its own OpenAPI document: made-up requests, sound
# ones and broken ones, with all of its checks. Once without tokens, once with both.
#
#   Scripts/test-api.sh [CSMH]      CSMH: the program; default .build/debug/csmh, which is built if it is absent
#
# Exits with 0 only if there is nothing to say. Two variables: EXAMPLES, how many requests it makes up for an operation
# (default 40), and SEED, a number that they follow from (default 1, so that a run can be repeated; `random` for others).
set -euo pipefail
cd "$(dirname "$0")/.."

csmh="${1:-.build/debug/csmh}"
examples="${EXAMPLES:-40}"
version=4.32.5
home=.schemathesis
pinned="$home/version-$version"

if [ ! -e "$pinned" ]; then
  Scripts/install.sh api
  echo "Getting schemathesis $version into $home ..."
  rm -rf "$home"
  /usr/bin/python3 -m venv "$home"
  "$home/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$version"
  touch "$pinned"
fi
[ -x "$csmh" ] || swift build --product csmh

work="$(mktemp -d "${TMPDIR:-/tmp}/csmh-api.XXXXXX")"
server=
clean_up() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Starts the server; its URL is in $url.
serve() {
  "$csmh" serve --directory "$work/devstack" --bind 127.0.0.1:0 --json >"$work/serving" 2>"$work/log" &
  server=$!
  for _ in $(seq 100); do
    url="$(sed -n 's/.*"url":"\([^"]*\)".*/\1/p' "$work/serving")"
    [ -z "$url" ] || return 0
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
  cat "$work/log" >&2
  return 1
}

stop() {
  kill "$server"
  wait "$server" || { echo "csmh serve ended with $?" >&2; cat "$work/log" >&2; return 1; }
  server=
}

seed=(--seed "${SEED:-1}")
[ "${SEED:-1}" != random ] || seed=()

check() {
  (cd "$work" && "$OLDPWD/$home/bin/schemathesis" run "$url/openapi.json" --checks all --max-examples "$examples" \
    --continue-on-failure --no-color --request-timeout 10 "${seed[@]}" "$@")
}

"$csmh" devstack --directory "$work/devstack" --rows 2000 --live 0 --quiet >/dev/null
status=0

echo "Testing the API without tokens ..."
serve
check || status=1
stop || status=1

echo "Testing the API with tokens ..."
export CSMH_READ_TOKEN="a-token-to-read-with-$RANDOM" CSMH_WRITE_TOKEN="a-token-to-write-with-$RANDOM"
serve
check --header "Authorization: Bearer $CSMH_WRITE_TOKEN" || status=1
stop || status=1

if grep -qi 'defect' "$work/log"; then
  cat "$work/log" >&2
  status=1
fi
[ "$status" = 0 ] && echo "schemathesis $version has nothing to say against the API."
exit "$status"
