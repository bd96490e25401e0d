# What the commands of the documents find when they are run by DocumentTests: read by bash before each of them.
# DB1_PORT, DB2_PORT, PAGE_ROOT, SERVE_PORT, CSMH and PROJECT come from PageStage.swift.
set -o pipefail
unset CSMH_ORIGINAL_PASSWORD CSMH_EXTENDED_PASSWORD CSMH_READ_TOKEN CSMH_WRITE_TOKEN

EXTENDED=coursewarehistoryextended_studentmodulehistoryextended
LMS_FILE=$PAGE_ROOT/edx/etc/lms.yml
FINISHED=0

# csmh as it was built with the tests. serve takes a free port; supervise looks more often; rows rest
# for a second; ANSWERS=yes says yes, where a person at a terminal would be asked.
csmh() {
    local more=()
    if [ "$1" = serve ] && [[ " $* " != *" --bind "* ]]; then more+=(--bind "127.0.0.1:$SERVE_PORT"); fi
    # Nobody waits for half a minute here.
    if [ "$1" = supervise ] && [[ " $* " != *" --recheck "* ]]; then more+=(--recheck 2); fi
    if [[ " $* " == *" --rekey "* && " $* " != *" --settle "* && " $* " != *" --undo "* && " $* " != *" --print-plan "* ]]; then
        more+=(--settle 1)
    fi
    if [ "$ANSWERS" = yes ]; then more+=(--yes); fi
    if [ -n "$IN_BACKGROUND" ]; then exec "$CSMH" "$@" "${more[@]}"; fi
    "$CSMH" "$@" "${more[@]}" </dev/null
}

# prints TEXT COMMAND ...: the command prints this, as a sentence of the page says; whatever its status is.
prints() {
    local text=$1 output
    shift
    output=$("$@" 2>&1) || true
    if ! grep -qF -- "$text" <<<"$output"; then
        printf 'this was to be printed: %s\nbut that was: %s\n' "$text" "$output"
        return 1
    fi
}

# safe FLAG=VALUE: whether csmh calls this change of a flag safe.
safe() { csmh flags --lms-config "$LMS_FILE" | grep -q "^$1: safe"; }

# soon COMMAND ...: waits until it ends with 0, for half a minute.
soon() {
    local attempt
    for ((attempt = 0; attempt < 150; attempt++)); do
        if "$@" >/dev/null 2>&1; then return; fi
        sleep 0.2
    done
    "$@"
}

curl() { command curl --silent --show-error "$@"; }

# Ctrl-C for a command, after so many seconds: interrupted SECONDS COMMAND ...
interrupted() {
    local seconds=$1 pid
    shift
    ( shift; exec "$CSMH" "$@" ) &
    pid=$!
    sleep "$seconds"
    kill -INT "$pid"
    wait "$pid"
}

port_of() { if [ "$1" = db1 ]; then echo "$DB1_PORT"; else echo "$DB2_PORT"; fi; }

# mariadb's client as root, for stage.sh itself: client db1|db2 [options]
client() { command mariadb --no-defaults --protocol=tcp -h 127.0.0.1 -P "$(port_of "$1")" -u root --default-character-set=utf8mb4 "${@:2}"; }

# The client of a page, on the extended server unless it names one.
mariadb() { if [[ " $* " == *" -h "* ]]; then command mariadb "$@"; else client db2 "$@"; fi; }

# Statements of a page from standard input or the second argument, in the database that the server is named for.
sql() {
    local database=edxapp
    [ "$1" = db1 ] || database=edxapp_csmh
    [ -n "$(client "$1" -BNe "SHOW DATABASES LIKE '$database'")" ] || database=
    if [ $# -gt 1 ]; then printf '%s\n' "$2"; else cat; fi |
        client "$1" --table $database | sed '/^+[-+]*+$/d'
}

# The recipe of the Makefile, with the csmh that is there already in the place of one that would be built.
make() {
    local line
    while IFS= read -r line; do
        case $line in
            "swift build"*) echo "$line" ;;
            .build/release/csmh*) echo "$line"; (eval "csmh ${line#.build/release/csmh}") ;;
            Scripts/*) (cd "$PROJECT" && eval "$line") ;;
            *) eval "$line" ;;
        esac || return
    done < <(command make --no-print-directory -n -f "$PROJECT/Makefile" "$@")
}

# answers db1|db2 COUNT: as many learners answer now; the LMS writes to the table of that database.
answers() {
    local table=edxapp.courseware_studentmodulehistory
    [ "$1" = db1 ] || table=edxapp_csmh.$EXTENDED
    # Row by row: INSERT ... SELECT takes more ids than it needs.
    local number
    for ((number = 1; number <= $2; number++)); do
        echo "INSERT INTO $table (student_module_id, created, state, grade, max_grade)
            VALUES ($number % 97 + 1, UTC_TIMESTAMP(6), '{\"n\": $number}', 1, 1);"
    done | client "$1"
}

# A table of numbers, as MySQL has no sequences.
numbers() {
    client "$1" -e "CREATE TABLE IF NOT EXISTS mysql.csmh_numbers (seq int PRIMARY KEY) ENGINE=InnoDB"
    if [ "$(client "$1" -BNe "SELECT COUNT(*) FROM mysql.csmh_numbers")" = 0 ]; then
        client "$1" -e "SET SESSION cte_max_recursion_depth = 1000000" 2>/dev/null || true
        seq 1 "${2:-1000}" | tr '\n' ',' | sed 's/,$//; s/\([0-9]*\)/(\1)/g; s/^/INSERT INTO mysql.csmh_numbers VALUES /' |
            client "$1"
    fi
}

# prepare [servers=1|2] [rows=N] [first=ID] [every=SECONDS] [ended=SECONDS AGO] [entry=no] [flags=none|off|extended|both]
#         [csmh=users|lms] [demo=N]
# Empty servers with an original table, its rows, the LMS's user edxapp001 (password secret), and /edx/etc/lms.yml.
#   every, ended  the rows were written one every so many seconds, the last one so long ago
#   csmh=lms      the LMS's user may do all that csmh does; csmh=users: there is a user csmh besides, on both servers
prepare() {
    local servers=0 rows=0 first=1 every=60 ended=864000 entry=yes flags=off csmh= word
    for word in "$@"; do
        case $word in
            servers=* | rows=* | first=* | every=* | ended=* | entry=* | flags=* | csmh=* | family=*) local "${word?}" ;;
            *) echo "prepare: $word?"; return 64 ;;
        esac
    done
    rm -rf "$PAGE_ROOT"/work/* "$PAGE_ROOT"/edx/etc/*
    [ "$servers" -gt 0 ] || return 0
    local each
    for each in db1 db2; do
        client $each -e "
            DROP DATABASE IF EXISTS edxapp; DROP DATABASE IF EXISTS edxapp_csmh;
            DROP USER IF EXISTS 'edxapp001'@'%'; DROP USER IF EXISTS 'csmh'@'%'"
        numbers $each
    done
    client db1 -e "
        CREATE DATABASE edxapp DEFAULT CHARACTER SET utf8mb4;
        CREATE TABLE edxapp.courseware_studentmodulehistory (
            id int NOT NULL AUTO_INCREMENT, version varchar(255) DEFAULT NULL, created datetime(6) NOT NULL, state longtext,
            grade double DEFAULT NULL, max_grade double DEFAULT NULL, student_module_id int NOT NULL,
            PRIMARY KEY (id), KEY courseware_studentmodulehistory_version_d3823ad1 (version),
            KEY courseware_studentmodulehistory_created_19cb94d2 (created),
            KEY courseware_studentmodulehistory_student_module_id_6efc64cf (student_module_id)
        ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
        INSERT INTO edxapp.courseware_studentmodulehistory
            (id, student_module_id, created, state, grade, max_grade)
        SELECT n + $first, n % ($rows / 4 + 1) + 1,
            UTC_TIMESTAMP(6) - INTERVAL $ended SECOND - INTERVAL ($rows - n) * $every * 1000000 MICROSECOND,
            CONCAT('{\"correct_map\": {}, \"input_state\": {\"i4x-demo-', n, '\": {}}, \"seed\": ', n % 1000, ', \"done\": true}'),
            IF(n % 3 = 0, NULL, n % 7 / 7), 1
        FROM (SELECT a.seq - 1 + 1000 * (b.seq - 1) AS n FROM mysql.csmh_numbers a, mysql.csmh_numbers b) numbers
        WHERE n < $rows ORDER BY n;
        ALTER TABLE edxapp.courseware_studentmodulehistory AUTO_INCREMENT = $((first + rows))"
    # Estimates of empty tables stay for a while otherwise.
    client db1 -e "ANALYZE TABLE edxapp.courseware_studentmodulehistory" >/dev/null
    for each in $(if [ "$DB1_PORT" = "$DB2_PORT" ]; then echo db1; else echo db1 db2; fi); do
        client $each -e "CREATE USER 'edxapp001'@'%' IDENTIFIED BY 'secret'"
        if [ -n "$csmh" ]; then
            client $each -e "GRANT ALL ON edxapp_csmh.* TO 'edxapp001'@'%'; GRANT LOCK TABLES ON edxapp.* TO 'edxapp001'@'%'"
        fi
        if [ "$csmh" = users ]; then
            client $each -e "
                CREATE USER 'csmh'@'%' IDENTIFIED BY 'secret';
                GRANT ALL ON edxapp_csmh.* TO 'csmh'@'%'; GRANT ALL ON edxapp.* TO 'csmh'@'%'"
        fi
    done
    client db1 -e "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX, DROP, REFERENCES ON edxapp.* TO 'edxapp001'@'%'"
    write_lms "$entry" "$flags"
}

# lms.yml as an operator's: ENABLE_CSMH_EXTENDED stands in line 20, where there is an entry and the flags are set.
write_lms() {
    {
        echo "DATABASES:"
        lms_database default edxapp "$DB1_PORT"
        if [ "$1" != no ]; then lms_database student_module_history edxapp_csmh "$DB2_PORT"; fi
        echo "FEATURES:"
        echo "  ENABLE_COURSEWARE_SEARCH: true"
        case $2 in
            none) ;;
            off) lms_flags false true ;;
            extended) lms_flags true true ;;
            both) lms_flags true false ;;
        esac
        echo "LMS_BASE: learn.example.org"
    } >"$LMS_FILE"
}

lms_database() {
    printf '  %s:\n' "$1"
    printf '    %s\n' "ATOMIC_REQUESTS: true" "ENGINE: django.db.backends.mysql" "HOST: 127.0.0.1" "NAME: $2" \
        "PASSWORD: secret" "PORT: '$3'" "USER: edxapp001"
}

lms_flags() {
    echo "  ENABLE_CSMH_EXTENDED: $1"
    echo "  ENABLE_READING_FROM_MULTIPLE_HISTORY_TABLES: $2"
}

# put_into lms.yml FILE: a snippet of a page becomes part of the configuration, with the throw-away servers in it.
put_into() {
    local snippet=$PAGE_ROOT/snippet.local
    sed "s/HOST: db[12]/HOST: 127.0.0.1/; s/PORT: '3306'/PORT: '$DB2_PORT'/; s/PASSWORD: '\.\.\.'/PASSWORD: secret/" "$2" >"$snippet"
    if head -n 1 "$snippet" | grep -q '^ '; then
        sed -i "/^DATABASES:/r $snippet" "$LMS_FILE"
    else
        # What it sets anew is not set twice.
        local name
        grep -o '^ *[A-Z_]*:' "$snippet" | tr -d ' :' | while read -r name; do
            [ "$name" = FEATURES ] || sed -i "/^ *$name:/d" "$LMS_FILE"
        done
        if grep -q '^FEATURES:' "$snippet"; then
            sed '1d' "$snippet" >"$snippet.inner"
            sed -i "/^FEATURES:/r $snippet.inner" "$LMS_FILE"
        else
            cat "$snippet" >>"$LMS_FILE"
        fi
    fi
}

# Native rows with ids of original ones, as an LMS writes them whose starting id is too low: low_native_rows COUNT
low_native_rows() {
    client db2 edxapp_csmh -e "
        INSERT INTO $EXTENDED (id, student_module_id, created, state, grade, max_grade)
        SELECT seq, 700000 + seq, UTC_TIMESTAMP(6), '{\"native\": true}', 1, 1 FROM mysql.csmh_numbers WHERE seq <= $1"
}

# A site whose original table was emptied, with native rows.
migrated_and_drained() {
    local LMS=$LMS_FILE
    csmh provision --lms-config "$LMS"
    csmh flags --lms-config "$LMS" --set ENABLE_CSMH_EXTENDED=true
    csmh migrate --lms-config "$LMS"
    answers db2 200
    csmh flags --lms-config "$LMS" --set ENABLE_READING_FROM_MULTIPLE_HISTORY_TABLES=false
    csmh drain --lms-config "$LMS" --yes
}
