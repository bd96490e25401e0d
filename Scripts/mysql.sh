#!/usr/bin/env bash
# Gets a MySQL server (9.7 LTS) for tests into a folder, without installing anything.
#
#   Scripts/mysql.sh            into .mysql-server, or where CSMH_MYSQL_HOME says
#
# Debian 12 has no MySQL server, Debian's unstable suite has. The package and the
# libraries it needs are downloaded with a private apt state, checked with Debian's
# archive keyring and unpacked; FOLDER/mysqld runs the server with the folder's own
# loader and C library. Neither root nor a change to this machine's apt is needed.
# Exits 3, leaving nothing behind, where it cannot be had.
set -euo pipefail

package=mysql-server-core
wanted=9.7
project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
home=${CSMH_MYSQL_HOME:-$project/.mysql-server}

cannot() { echo "MySQL cannot be had here: $*" >&2; exit 3; }

if [ -x "$home/mysqld" ] && version=$("$home/mysqld" --version 2>/dev/null); then
    echo "MySQL is there already: ${version#*  }"
    exit 0
fi

for tool in apt-get apt-cache dpkg dpkg-deb; do
    command -v "$tool" >/dev/null || cannot "no $tool"
done
keyring=
for file in /usr/share/keyrings/debian-archive-keyring.{gpg,pgp}; do
    if [ -r "$file" ]; then keyring=$file; break; fi
done
[ -n "$keyring" ] || cannot "no Debian archive keyring"
arch=$(dpkg --print-architecture)

# Work beside the final folder, so that one rename puts it in place.
mkdir -p "$(dirname "$home")"
home=$(cd "$(dirname "$home")" && pwd)/$(basename "$home")
if [ -e "$home" ] && ! rmdir "$home" 2>/dev/null && [ ! -e "$home/usr/sbin/mysqld" ]; then
    cannot "$home exists and holds something else"
fi
work=$(mktemp -d "$home.tmp.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The mirror that this machine uses for Debian itself.
# shellcheck disable=SC2016 # apt-get expands this
mirror=$(apt-get indextargets --format '$(REPO_URI)' 2>/dev/null | grep -m1 -E '/debian/?$' || true)
if [ -z "$mirror" ]; then
    echo "MySQL cannot be had: apt-get names no mirror of Debian here." >&2
    exit 3
fi

apt=$work/apt
mkdir -p "$apt/state/lists/partial" "$apt/cache/archives/partial" "$apt/parts" "$apt/deb" "$work/home"
: >"$apt/status"
echo "deb [signed-by=$keyring] $mirror unstable main" >"$apt/sources.list"
cat >"$apt/apt.conf" <<END
Dir::State "$apt/state";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache";
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "$apt/parts";
Dir::Etc::preferences "$apt/parts/none";
Dir::Etc::preferencesparts "$apt/parts";
APT::Architecture "$arch";
#clear APT::Architectures;
APT::Architectures { "$arch"; };
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
APT::Update::Error-Mode "any";
APT::Install-Recommends "false";
APT::Sandbox::User "$(id -un)";
Acquire::Languages "none";
Acquire::Retries "1";
Acquire::http::Timeout "20";
Acquire::https::Timeout "20";
END
apt() { local command=$1; shift; "apt-$command" -q=2 -c "$apt/apt.conf" "$@"; }
# Runs a command; its output is shown, shortened, only if it fails.
step() { "$@" >"$work/log" 2>&1 </dev/null || cannot "$(grep -m1 '^E:' "$work/log" || tail -n 1 "$work/log")"; }

echo "Reading the package list of Debian's unstable suite ..."
step apt get update
version=$(apt cache show "$package" 2>/dev/null | awk '!seen && /^Version: / { print $2; seen = 1 }' || true)
[ -n "$version" ] || cannot "Debian has no $package for $arch"
case $version in
    "$wanted".*) ;;
    *) echo "Note: Debian now has MySQL $version; csmh was tested with $wanted." ;;
esac

# What the server links against; the packages left out serve its helper programs only.
apt get install --print-uris "$package" >"$work/uris" 2>"$work/log" || cannot "$(head -n 1 "$work/log")"
mapfile -t packages < <(awk '{ print $2 }' "$work/uris" | sed 's/_.*//' |
    grep -vE '^(perl.*|libperl.*|libgdbm.*|libdb5.*|libbz2.*|openssl-provider-.*|gcc-.*-base|libtirpc-common|libc-gconv-.*)$')

echo "Downloading MySQL $version and its libraries (${#packages[@]} packages) ..."
cd "$apt/deb"
step apt get download "${packages[@]}"
size=$(du -sm . | cut -f1)

echo "Unpacking $size MB ..."
for deb in *.deb; do step dpkg-deb -x "$deb" "$work/home"; done
cd "$work/home"
rm -rf etc var usr/bin usr/share/{doc,man,lintian,locale,gdb,gcc,bug}
find usr/share/mysql -mindepth 1 -maxdepth 1 -type d ! -name english ! -name charsets -exec rm -rf {} +

loader=$(find usr -name 'ld-linux*.so.*' | head -n 1)
libraries=$(dirname "$(find usr -name libc.so.6 | head -n 1)")
cat >mysqld <<END
#!/bin/sh
# Runs the MySQL server of this folder with the folder's own loader and libraries.
# Made by Scripts/mysql.sh.
home=\$(dirname "\$(readlink -f "\$0")")
case "\${1-}" in
    --no-defaults | --defaults-*) first=\$1; shift ;;
    *) first=--no-defaults ;;
esac
exec "\$home/$loader" --library-path "\$home/$libraries" "\$home/usr/sbin/mysqld" "\$first" \\
    --basedir="\$home/usr" --plugin-dir="\$home/usr/lib/mysql/plugin" \\
    --lc-messages-dir="\$home/usr/share/mysql" --character-sets-dir="\$home/usr/share/mysql/charsets" "\$@"
END
chmod 755 mysqld "$work/home"
step ./mysqld --version
version=$(./mysqld --version)

rm -rf "$home"
mv "$work/home" "$home"
echo "Done in $SECONDS s: ${version#*  }"
