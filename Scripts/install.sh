#!/usr/bin/env bash
# Installs the Debian packages that a purpose needs, and only those that are absent.
#
#   Scripts/install.sh build    to compile csmh (Swift itself must be there already)
#   Scripts/install.sh api      build, and what a tester of the HTTP API needs
#   Scripts/install.sh test     api, and throw-away MariaDB servers
#   Scripts/install.sh bench    test, and the tools csmh is compared with
#
# No service is started by the installation. Exits 69 if something is missing and
# cannot be installed (no root, no apt-get, no network), 64 on wrong usage.
set -euo pipefail

usage() { echo "usage: ${0##*/} build|api|test|bench" >&2; exit 64; }

[ $# -eq 1 ] || usage
purpose=$1

# One line a package: what satisfies it (a package or what one provides), what to install, why.
needs() {
    cat <<'END'
libmariadb-dev libmariadb-dev the MariaDB client library and its headers
libsqlite3-dev libsqlite3-dev the SQLite library and its headers
pkg-config pkg-config tells the Swift build where those libraries are
libc6-dev libc6-dev headers of the C library
libstdc++-dev libstdc++-12-dev the C++ library that Swift links against
binutils binutils the linker
git git fetches the Swift packages csmh depends on
ca-certificates ca-certificates lets git trust https servers
sqlite3 sqlite3 looks into the files of the devstack
END
    [ "$1" = build ] && return
    cat <<'END'
python3 python3 runs the tester of the HTTP API
python3-venv python3-venv keeps that tester apart from the system
END
    [ "$1" = api ] && return
    cat <<'END'
mariadb-server mariadb-server servers to test against
mariadb-client mariadb-client polls and fills those servers
openssl openssl makes certificates for the TLS tests
END
    [ "$1" = test ] && return
    cat <<'END'
percona-toolkit percona-toolkit pt-archiver, to compare with
mydumper mydumper mydumper and myloader, to compare with
time time measures peak memory
jq jq reads the figures
wrk wrk puts load on the HTTP API
END
}

case $purpose in build | api | test | bench) ;; *) usage ;; esac

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    if pkg-config --exists libmariadb sqlite3 2>/dev/null; then
        echo "No apt-get here, but pkg-config finds libmariadb and sqlite3: enough to build."
        exit 0
    fi
    echo "No apt-get here. csmh needs pkg-config and, found by it, libmariadb (MariaDB Connector/C 3.3 or newer) and sqlite3." >&2
    exit 69
fi

# The names of all installed packages and of what they provide, one a line.
# shellcheck disable=SC2016 # dpkg-query expands these
installed=$(dpkg-query -W -f '${db:Status-Status}, ${Package}, ${Provides}\n' |
    sed -n 's/^installed, //p' | tr ',' '\n' | sed 's/^ *//; s/ .*//')

missing=()
while read -r check package why; do
    grep -qxF -e "$check" <<<"$installed" && continue
    echo "missing: $package ($why)"
    missing+=("$package")
done < <(needs "$purpose")

if [ ${#missing[@]} -eq 0 ]; then
    echo "All packages for $purpose are installed."
    exit 0
fi

if [ "$(id -u)" -ne 0 ]; then
    echo "Not root, so nothing was installed. Run:" >&2
    echo "    sudo apt-get install --no-install-recommends ${missing[*]}" >&2
    exit 69
fi

# A policy of 101 forbids maintainer scripts to start services; the former policy comes back at exit.
policy=/usr/sbin/policy-rc.d
work=$(mktemp -d)
restore() {
    rm -f "$policy"
    if [ -e "$work/policy" ]; then cp -a "$work/policy" "$policy"; fi
    rm -rf "$work"
}
if [ -e "$policy" ]; then cp -a "$policy" "$work/policy"; fi
trap restore EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
rm -f "$policy"
printf '#!/bin/sh\nexit 101\n' >"$policy"
chmod 755 "$policy"

export DEBIAN_FRONTEND=noninteractive
echo "Installing ${missing[*]} ..."
if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}"; } \
    >"$work/log" 2>&1 </dev/null; then
    tail -n 20 "$work/log" >&2
    echo "apt-get could not install them." >&2
    exit 69
fi
echo "Installed. No service was started."
