#!/usr/bin/env bash
# Throw-away MariaDB and MySQL servers for tests and benchmarks, without a service manager.
#
#   Scripts/server.sh start mariadb|mysql DIR [server options ...]
#   Scripts/server.sh stop DIR          a clean stop; silent if nothing runs
#   Scripts/server.sh kill DIR          kill -9, like a crash
#   Scripts/server.sh stop-all ROOT     stops every server whose DIR is ROOT or below it
#
# start makes DIR/data if absent, starts a server on a free port of 127.0.0.1, waits
# until it answers, and writes and prints DIR/server.env (KIND, PORT, SOCKET, PID and
# VERSION, one NAME=value a line). root has an empty password over TCP and socket.
# A later start on the same DIR keeps the data and, if it is free, the port.
# The server's output is in DIR/server.log.
#
# CSMH_MYSQL_HOME        where Scripts/mysql.sh put MySQL (default .mysql-server)
# CSMH_SERVER_TEMPLATES  pristine data folders to copy (default .build-servers)
# CSMH_SERVER_WAIT       seconds to wait for an answer (default 60)
#
# Exits 64 on wrong usage, 69 if the server is absent or does not come up.
set -euo pipefail
export LC_ALL=C
unset MYSQL_PWD MYSQL_HOST

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
templates=${CSMH_SERVER_TEMPLATES:-$project/.build-servers}
mysql_home=${CSMH_MYSQL_HOME:-$project/.mysql-server}
wait_seconds=${CSMH_SERVER_WAIT:-60}

say() { echo "$*" >&2; }
fail() { say "$*"; exit 69; }
usage() { sed -n '4,7s/^# *//p' "${BASH_SOURCE[0]}" >&2; exit 64; }

# The servers that run in DIR ($1) or below it, found by their --pid-file: "pid dir" a line.
running() {
    local file args arg dir
    for file in /proc/[0-9]*/cmdline; do
        mapfile -d '' -t args 2>/dev/null <"$file" || continue
        for arg in "${args[@]}"; do
            case $arg in --pid-file=*/server.pid) ;; *) continue ;; esac
            dir=${arg#--pid-file=}
            dir=${dir%/server.pid}
            case $dir/ in "$1"/*) file=${file#/proc/}; echo "${file%/cmdline} $dir" ;; esac
            break
        done
    done 2>/dev/null
}

pid_of() { running "$1" | while read -r pid dir; do if [ "$dir" = "$1" ]; then echo "$pid"; fi; done; }

setting() { if [ -e "$dir/server.env" ]; then sed -n "s/^$1=//p" "$dir/server.env"; fi; }

# Waits up to $2 tenths of a second until no server runs in $1.
gone() {
    local i
    for ((i = 0; i < $2; i++)); do
        [ -n "$(pid_of "$1")" ] || return 0
        sleep 0.1
    done
    return 1
}

stop() {
    local dir=$1 pid socket
    pid=$(pid_of "$dir")
    if [ -n "$pid" ]; then
        say "Stopping the server in $dir (pid $pid)."
        kill -TERM "$pid" 2>/dev/null || true
        if ! gone "$dir" 200; then crash "$dir"; fi
    fi
    socket=$(setting SOCKET)
    case $socket in */csmh-socket.??????/s) rm -rf "${socket%/s}" ;; esac
}

crash() {
    local dir=$1 pid
    pid=$(pid_of "$dir")
    [ -n "$pid" ] || return 0
    say "Killing the server in $dir (pid $pid)."
    kill -KILL "$pid" 2>/dev/null || true
    gone "$dir" 200 || fail "Process $pid does not go away."
    rm -f "$dir/server.pid"
}

find_server() {
    case $kind in
        mariadb)
            server=$(PATH=$PATH:/usr/sbin:/usr/local/sbin command -v mariadbd) ||
                fail "There is no mariadbd: run Scripts/install.sh test." ;;
        mysql)
            server=$mysql_home/mysqld
            [ -x "$server" ] || server=$(PATH=$PATH:/usr/sbin command -v mysqld || true)
            case $([ -z "$server" ] || "$server" --version 2>/dev/null) in
                '' | *MariaDB*) fail "There is no MySQL server: run Scripts/mysql.sh." ;;
            esac ;;
    esac
    command -v mariadb-admin >/dev/null || fail "There is no mariadb-admin: run Scripts/install.sh test."
    version=$("$server" --version 2>/dev/null | sed -n 's/.* Ver \([^ ]*\).*/\1/p')
}

# Makes a new data folder $1. Small log files make it quick to copy; the server resizes them.
initialise() {
    local log=$1.log
    if [ "$kind" = mariadb ]; then
        mariadb-install-db --no-defaults --datadir="$1" --auth-root-authentication-method=normal \
            --skip-test-db --innodb-log-file-size=4M "${as_user[@]}" "${first_options[@]}"
    else
        # root@localhost is not enough where names are not resolved.
        cat >"$1.sql" <<'END'
CREATE USER root@'127.0.0.1' IDENTIFIED BY '';
GRANT ALL ON *.* TO root@'127.0.0.1' WITH GRANT OPTION;
END
        "$server" --no-defaults --initialize-insecure --datadir="$1" --init-file="$1.sql" \
            --innodb-redo-log-capacity=8M "${as_user[@]}" "${first_options[@]}"
    fi >"$log" 2>&1 </dev/null || { tail -n 20 "$log" >&2; rm -rf "$1"; fail "The data folder cannot be made."; }
    # A copy must not have the same server id as its original.
    rm -f "$1/auto.cnf" "$1.sql" "$log"
}

# Makes DIR/data from a template, and the template first if it is the first of its kind.
make_data() {
    local template
    rm -rf "$dir/data.new"
    template=$kind-$version-$(id -u)-$(printf '%s\n' "${first_options[@]}" | cksum | cut -d' ' -f1)
    if ! mkdir -p "$templates" 2>/dev/null || ! [ -w "$templates" ]; then
        initialise "$dir/data.new"
    else
        template=$(cd "$templates" && pwd -P)/$template
        (
            flock 9
            if [ ! -d "$template" ]; then
                say "Making the first data folder for $kind $version ..."
                rm -rf "$template.new"
                initialise "$template.new"
                mv "$template.new" "$template"
            fi
        ) 9>"$templates/.lock"
        cp -a --reflink=auto "$template" "$dir/data.new"
    fi
    mv "$dir/data.new" "$dir/data"
}

is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# A port below the range that the system hands out to clients.
free_port() {
    local port i
    for ((i = 0; i < 200; i++)); do
        port=$((15000 + RANDOM % 16000))
        if is_free "$port"; then echo "$port"; return; fi
    done
    fail "No free port was found."
}

# Where the socket goes: a path has at most 107 bytes.
choose_socket() {
    socket=$dir/server.sock
    [ ${#socket} -gt 107 ] || return 0
    socket=$(setting SOCKET)
    case $socket in */csmh-socket.??????/s) if [ -d "${socket%/s}" ]; then return; fi ;; esac
    local base=${TMPDIR:-/tmp}
    [ ${#base} -le 80 ] || base=/tmp
    socket=$(mktemp -d "$base/csmh-socket.XXXXXX")/s
}

# Starts the server on port $1: apart from the caller's terminal, output and open files.
launch() {
    (
        cd "$dir"
        exec </dev/null >>"$dir/server.log" 2>&1
        for fd in /proc/self/fd/*; do
            fd=${fd##*/}
            if [ "$fd" -gt 2 ] && [ "$fd" -ne 255 ]; then eval "exec $fd>&-"; fi
        done
        exec setsid "$server" --no-defaults "${as_user[@]}" --datadir="$dir/data" --socket="$socket" \
            --port="$1" --bind-address=127.0.0.1 --pid-file="$dir/server.pid" --tmpdir="$dir/tmp" \
            --innodb-buffer-pool-size=128M "${kind_options[@]}" "${options[@]}"
    ) &
    pid=$!
}

# 0: it answers; 1: it ended or is too slow.
answers() {
    local deadline=$((SECONDS + wait_seconds))
    while ((SECONDS < deadline)); do
        kill -0 "$pid" 2>/dev/null || return 1
        if [ -S "$socket" ] && mariadb-admin --no-defaults --connect-timeout=5 -u root -S "$socket" ping \
            >/dev/null 2>&1 </dev/null; then
            return 0
        fi
        sleep 0.1
    done
    return 1
}

start() {
    local port="" fixed="" option attempt log_start
    as_user=() kind_options=() first_options=()
    if [ "$(id -u)" -eq 0 ]; then as_user=(--user=root); fi
    if [ "$kind" = mysql ]; then
        kind_options=(--mysqlx=OFF --secure-file-priv= --performance-schema=OFF --skip-log-bin)
    fi
    for option in "${options[@]}"; do
        case ${option//_/-} in
            --port=*) fixed=${option#*=} ;;
            # These must be known when the data folder is made.
            --lower-case-table-names=* | --innodb-page-size=* | --innodb-data-file-path=* | \
                --innodb-undo-tablespaces=* | --innodb-checksum-algorithm=*) first_options+=("$option") ;;
        esac
    done
    mkdir -p "$dir"
    dir=$(cd "$dir" && pwd -P)

    local before
    before=$(setting KIND)
    if [ -n "$before" ] && [ "$before" != "$kind" ]; then
        say "$dir holds the data of a $before server."
        exit 64
    fi
    if [ -n "$(pid_of "$dir")" ]; then
        say "A server runs in $dir already."
        cat "$dir/server.env"
        return
    fi
    find_server
    [ -d "$dir/data" ] || make_data
    # A folder of its own, as a server that starts removes all files #sql* in it: those of its neighbours too.
    mkdir -p "$dir/tmp"
    choose_socket

    port=${fixed:-$(setting PORT)}
    for attempt in 1 2 3 4 5; do
        if [ -z "$fixed" ] && { [ -z "$port" ] || ! is_free "$port"; }; then port=$(free_port); fi
        rm -f "$socket" "$socket.lock" "$dir/server.pid"
        say "Starting $kind $version in $dir on port $port ..."
        log_start=$(($(stat -c %s "$dir/server.log" 2>/dev/null || echo 0) + 1))
        launch "$port"
        if answers; then break; fi
        kill -KILL "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
        # Someone took the port in between: take another.
        if [ -z "$fixed" ] && [ "$attempt" -lt 5 ] &&
            tail -c "+$log_start" "$dir/server.log" | grep -qiE 'bind on tcp/ip port'; then
            port=""
            continue
        fi
        tail -c "+$log_start" "$dir/server.log" | tail -n 20 >&2
        fail "The server did not come up; its log is $dir/server.log."
    done

    # What the server itself says of its version, if root may still log in.
    version=$(mariadb --no-defaults -u root -S "$socket" -BNe 'SELECT VERSION()' 2>/dev/null </dev/null ||
        echo "$version")
    echo "$pid" >"$dir/server.pid"
    printf '%s\n' "KIND=$kind" "PORT=$port" "SOCKET=$socket" "PID=$pid" "VERSION=$version" >"$dir/server.env.new"
    mv "$dir/server.env.new" "$dir/server.env"
    cat "$dir/server.env"
}

case ${1-} in
    start)
        [ $# -ge 3 ] || usage
        kind=$2 dir=$3
        case $kind in mariadb | mysql) ;; *) usage ;; esac
        options=("${@:4}")
        start ;;
    stop | kill | stop-all)
        [ $# -eq 2 ] || usage
        dir=$(cd "$2" 2>/dev/null && pwd -P) || dir=$(realpath -m "$2")
        case $1 in
            stop) stop "$dir" ;;
            kill) crash "$dir" ;;
            stop-all)
                while read -r _ each; do stop "$each" & done < <(running "$dir")
                wait ;;
        esac ;;
    *) usage ;;
esac
