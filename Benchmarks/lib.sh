# What Benchmarks/copy.sh and verify.sh are made of: servers, clients, one function a way to copy, and measuring.
# Sourced, not run. The caller sets: project, rows, one_server, keep.
# shellcheck shell=bash
# shellcheck disable=SC2154 # the caller sets them

original_table=courseware_studentmodulehistory
extended_table=coursewarehistoryextended_studentmodulehistoryextended
columns=id,student_module_id,version,created,state,grade,max_grade

say() { echo "$*" >&2; }
fail() { say "$*"; exit 1; }

# Builds csmh if it is not there, and makes the folder $work for the servers of the benchmark $1, which goes at the end unless $keep is
# set. Notes the machine's $load: what else runs on it makes every figure smaller, and not evenly.
prepare() {
    csmh=$project/.build/release/csmh
    if [ ! -x "$csmh" ]; then
        (cd "$project" && swift build -c release --product csmh) >&2
    fi
    work=$(mktemp -d "${TMPDIR:-/tmp}/csmh-$1.XXXXXX")
    log=$work/log events=$work/events
    trap finish EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    read -r load _ </proc/loadavg
}

finish() {
    if [ -n "$keep" ]; then
        say "The servers still run in $work. To end them: Scripts/server.sh stop-all $work; rm -r $work"
    else
        "$project/Scripts/server.sh" stop-all "$work" 2>/dev/null || true
        rm -rf "$work"
    fi
}

# --- Servers and their clients -----------------------------------------------------------------------------------

# The options of both servers of a kind ($1), as equal as the two products allow.
server_options() {
    local options=(--innodb-buffer-pool-size=3G --log-bin --max-allowed-packet=64M)
    case $1 in
        mariadb) options+=(--innodb-log-file-size=2G) ;;
        mysql) options+=(--innodb-redo-log-capacity=2G) ;;
    esac
    # pt-archiver loads by LOAD DATA LOCAL, which MySQL forbids unless told; and where a server of version 8 or newer
    # has a default character set of UTF-8, it cannot write its own file. The tables name their character set.
    case $1,${2-} in mysql,*pt-archiver*) options+=(--local-infile=ON --character-set-server=latin1) ;; esac
    echo "${options[@]}"
}

# Starts a server of kind $2 in $work/$1 with the options $3 ... and prints its port and version.
start_server() {
    local name=$1 kind=$2
    "$project/Scripts/server.sh" start "$kind" "$work/$name" "${@:3}" >"$log" 2>&1 || return 1
    sed -n 's/^PORT=//p; s/^VERSION=//p' "$work/$name/server.env" | paste -sd ' '
}

# A client of the server on port $1.
client() { mariadb --no-defaults --user=root --host=127.0.0.1 --port="$1" --batch --skip-column-names "${@:2}"; }

# Removes the target database and the binary logs of both servers, so that every run finds the same.
clear_target() {
    local port
    client "$target_port" -e 'DROP DATABASE IF EXISTS edxapp_csmh' || return 1
    for port in "$source_port" "$target_port"; do
        client "$port" -e 'RESET MASTER' 2>/dev/null || client "$port" -e 'RESET BINARY LOGS AND GTIDS' || return 1
    done
}

# An empty extended table with all its indexes, under the name $1.
make_target() {
    "$csmh" provision --quiet "${urls[@]}" >&2 || return 1
    [ "$1" = "$extended_table" ] || client "$target_port" edxapp_csmh -e "RENAME TABLE $extended_table TO $1"
}

# The text of a row that csmh hashes.
row_text="CONCAT(id, '|', student_module_id, '|', created, '|', IFNULL(grade, 'N'), '|', IFNULL(max_grade, 'N'), '|',
    IFNULL(SHA2(version, 256), 'N'), '|', IFNULL(SHA2(state, 256), 'N'))"

# Count and digest of the table $2 on the server on port $1.
content() {
    client "$1" -e "SELECT COUNT(*), BIT_XOR(CAST(CONV(LEFT(SHA2($row_text, 256), 16), 16, 10) AS UNSIGNED)) FROM $2"
}

# --- Measuring ---------------------------------------------------------------------------------------------------

# Runs a command; its peak memory in KiB goes to $work/peak.NAME.
peaked() { command time --format=%M --output="$work/peak.$1" "${@:2}"; }

# The peak of what just ran. Processes that ran at the same time are added up ($1 = add); of those that ran one after
# the other, the larger one counts ($1 = max).
peak_kib() {
    cat "$work"/peak.* | awk -v how="$1" '{ if (how == "add") sum += $1; else if ($1 > sum) sum = $1 } END { print sum + 0 }'
}

# Runs a command and sets micros to the wall time that it took.
stopwatch() {
    local began=${EPOCHREALTIME/./}
    "$@" || return 1
    micros=$((${EPOCHREALTIME/./} - began))
}

# One line of $events: the event $1 that csmh printed.
event() { jq -c --arg event "$1" 'select(.event == $event)' "$events"; }

# --- The ways to copy --------------------------------------------------------------------------------------------
# Each is timed as a whole. Before it, its target table was made; after it, the rows are counted and compared.

way_csmh() {
    peaked csmh "$csmh" migrate --json --quiet "${urls[@]}" >"$events"
}

# Another csmh, such as one from before a change.
way_before() {
    peaked csmh "$before" migrate --json --quiet "${urls[@]}" >"$events"
}

# The extended definition under the original name: the dump can be piped as it is. --complete-insert, because the columns
# of the two tables are in different order. All else is what mariadb-dump does of itself.
way_dump() {
    peaked dump mariadb-dump --no-defaults --user=root --host=127.0.0.1 --port="$source_port" \
        --single-transaction --quick --no-create-info --complete-insert --skip-triggers edxapp "$original_table" |
        peaked load mariadb --no-defaults --user=root --host=127.0.0.1 --port="$target_port" \
            --max-allowed-packet=64M edxapp_csmh
}

way_insert_select() {
    peaked client mariadb --no-defaults --user=root --host=127.0.0.1 --port="$target_port" edxapp_csmh \
        -e "INSERT INTO $extended_table ($columns) SELECT $columns FROM edxapp.$original_table"
}

# A=binary: with any character set that knows four-byte characters pt-archiver 3.2 stops.
way_pt_archiver() {
    peaked archiver pt-archiver \
        --source "h=127.0.0.1,P=$source_port,u=root,A=binary,D=edxapp,t=$original_table" \
        --dest "h=127.0.0.1,P=$target_port,u=root,A=binary,L=1,D=edxapp_csmh,t=$extended_table" \
        --where 1=1 --no-delete --bulk-insert --limit 5000 --no-check-charset --no-safe-auto-increment --no-version-check
}

# Through files on the same disk, as these two work. myloader writes no binary log unless told, and is left so.
way_mydumper() {
    local status=0
    peaked dump mydumper --host 127.0.0.1 --port "$source_port" --user root --threads 2 --database edxapp \
        --tables-list "$original_table" --no-schemas --complete-insert --trx-consistency-only \
        --rows $((rows / 20 + 1)) --outputdir "$work/mydumper" &&
        peaked load myloader --host 127.0.0.1 --port "$target_port" --user root --threads 2 \
            --directory "$work/mydumper" --database edxapp_csmh || status=1
    rm -rf "$work/mydumper"
    return "$status"
}

# Where a way puts the rows.
table_of() {
    case $1 in dump | mydumper) echo "$original_table" ;; *) echo "$extended_table" ;; esac
}

# Runs the way $1 in round $2 and prints its figures as a JSON line. The content is compared with $3.
run_way() {
    local way=$1 round=$2 expected=$3 found micros add=add copy=null verify=null
    clear_target || return 1
    [ "$way" = csmh ] || [ "$way" = before ] || make_target "$(table_of "$way")" || return 1
    rm -f "$work"/peak.*
    stopwatch "way_${way//-/_}" >&2 || return 1
    if [ "$way" = csmh ] || [ "$way" = before ]; then
        copy=$(event copy | jq .seconds) verify=$(event verify | jq .seconds)
        [ "$(event copy | jq -r .end)" = finished ] || { say "csmh did not finish the copy."; return 1; }
    fi
    [ "$way" != mydumper ] || add=max
    found=$(content "$target_port" "edxapp_csmh.$(table_of "$way")") || return 1
    [ "${found%$'\t'*}" = "${expected%$'\t'*}" ] ||
        { say "$way: ${found%$'\t'*} rows arrived of ${expected%$'\t'*}."; return 1; }
    jq -cn --arg way "$way" --argjson round "$round" --argjson rows "${found%$'\t'*}" --argjson micros "$micros" \
        --argjson copy "$copy" --argjson verify "$verify" --argjson peak "$(peak_kib "$add")" \
        --argjson equal "$([ "$found" = "$expected" ] && echo true || echo false)" \
        '{way: $way, round: $round, rows: $rows, wall_seconds: ($micros / 1e6), copy_seconds: $copy,
          verify_seconds: $verify, peak_kib: $peak, content_equal: $equal}'
}

# --- Verification against its lower bound ------------------------------------------------------------------------

# The least that proves a range: the number of its rows and one half of their hashes, in one statement over the table.
# For the ranges of csmh's journal, every $2nd from $3 on, of the table $1.
scan_statements() {
    client "$target_port" edxapp_csmh -e 'SELECT lower_id, upper_id FROM csmh_range ORDER BY lower_id' |
        awk -v table="$1" -v each="$2" -v first="$3" -v text="${row_text//$'\n'/ }" 'NR % each == first {
            printf "SELECT COUNT(*), BIT_XOR(CAST(CONV(LEFT(SHA2(%s, 256), 16), 16, 10) AS UNSIGNED)) FROM %s ", text, table
            print "FORCE INDEX (PRIMARY) WHERE id BETWEEN " $1 " AND " $2 ";"
        }'
}

# All scans at once: $1 connections to each server.
scan_all() {
    local i pid pids=()
    for ((i = 0; i < $1; i++)); do
        client "$source_port" <"$work/scan.original.$i" >"$work/scanned.original.$i" & pids+=($!)
        client "$target_port" <"$work/scan.extended.$i" >"$work/scanned.extended.$i" & pids+=($!)
    done
    for pid in "${pids[@]}"; do wait "$pid" || return 1; done
}

verify_all() { "$csmh" verify --json --quiet --workers "$1" "${urls[@]}" >"$events"; }

# One round of csmh verify and of the bare scans with as many connections; prints a JSON line. What runs first changes from
# round to round.
run_verify() {
    local round=$1 workers=$2 micros scan i count
    [ $((round % 2)) -eq 0 ] || verify_all "$workers" || return 1
    for ((i = 0; i < workers; i++)); do
        scan_statements "edxapp.$original_table" "$workers" "$i" >"$work/scan.original.$i" || return 1
        scan_statements "edxapp_csmh.$extended_table" "$workers" "$i" >"$work/scan.extended.$i" || return 1
    done
    stopwatch scan_all "$workers" || return 1
    [ $((round % 2)) -eq 1 ] || verify_all "$workers" || return 1
    for scan in original extended; do
        count=$(cat "$work/scanned.$scan".* | awk '{ n += $1 } END { print n + 0 }')
        [ "$count" -eq "$rows" ] || { say "The bare scans read $count rows of $rows."; return 1; }
    done
    event verify | jq -c --argjson round "$round" --argjson workers "$workers" --argjson micros "$micros" \
        '{round: $round, workers: $workers, rows, verify_seconds: .seconds, scan_seconds: ($micros / 1e6), is_equal}'
}
