# helper - what the bats files share: starting a server and looking at how it
# ends.  What a server says to its clients is tested by transcripts instead
# (contract/*.test).
#
# The Makefile sets SERVER (which one), BIN and TOOLS (where the programs and the
# test tools are) and SAN (the sanitizers that they were built with).

bats_require_minimum_version 1.5.0
unset CDPATH COLUMNS

# bats asks date(1) when each test begins; the shell knows the time itself.
get_mills_since_epoch() {
    echo $((${EPOCHREALTIME/[.,]/} / 1000))
}

setup() {
    cd -- "${BASH_SOURCE[0]%/*}/.." || return
    BIN=${BIN:-bin} TOOLS=${TOOLS:-build/plain/tests}
    LOG=$BATS_TEST_TMPDIR/log
    # The folder of this test, escaped for a command that is split at blanks.
    # shellcheck disable=SC2034 # for the tests
    FOLDER=${BATS_TEST_TMPDIR// /\\ }
    PIDS=()
    PID=''
    STARTED=0
}

# Ends what the test has left running, each by its pid, and shows the log; bats
# prints it only if the test has failed.
teardown() {
    local pid
    for pid in "${PIDS[@]}"; do
        kill -0 "$pid" 2>/dev/null || continue
        # shellcheck disable=SC2046 # a list
        kill -KILL "$pid" $(children "$pid") 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    if [ -s "$LOG" ]; then
        echo "--- the server's log (last 40 lines):"
        tail -n 40 "$LOG"
    fi
}

# run [--separate-stderr] COMMAND... - as that of bats, which starts up to three more
# processes: sets status, output and lines; with the option, also stderr.
run() {
    local way=(exec) errors=''
    if [ "$1" = --separate-stderr ]; then
        errors=$BATS_TEST_TMPDIR/errors
        shift
    fi
    ! declare -F "$1" >/dev/null || way=()
    status=0
    if [ -n "$errors" ]; then
        output=$("${way[@]}" "$@" 2>"$errors") || status=$?
        # shellcheck disable=SC2034 # for the caller
        read -r -d '' stderr <"$errors" || true
    else
        output=$("${way[@]}" "$@" 2>&1) || status=$?
    fi
    IFS=$'\n' read -r -d '' -a lines <<<"$output" || true
}

# start [OPTION...] - starts $SERVER on a free port; sets PID and PORT.
start() {
    start_command "$BIN/$SERVER" -p 0 "$@"
}

# start_command COMMAND... - starts a server as given.  bats waits for all that
# hold descriptor 3, hence 3>&-.
start_command() {
    local out=$BATS_TEST_TMPDIR/out.$((++STARTED))
    mkfifo "$out"
    "$@" >"$out" 2>>"$LOG" 3>&- &
    PID=$!
    PIDS+=("$PID")
    exec 4<"$out"
    # "listening on ADDRESS port PORT"
    read -r -t 60 -u 4 _ _ _ _ PORT
}

# wrong_server [-o FILE] TEXT - a server that sends TEXT, right or wrong.
wrong_server() {
    local file
    file=$BATS_TEST_TMPDIR/port.$((++STARTED))
    "$TOOLS/replay" "$@" >"$file" 3>&- &
    PIDS+=($!)
    until_true test -s "$file"
    read -r PORT <"$file"
}

# client [OPTION...] - runs the project's client against the server.
client() {
    "$BIN/client" --port "$PORT" --timeout 60s "$@"
}

# until_true COMMAND... - waits until a command succeeds.  A minute is for slow
# machines: a test that passes does not need it.
until_true() {
    local end=$((SECONDS + 60)) pause=10 never=$BATS_FILE_TMPDIR/never
    [ -p "$never" ] || mkfifo "$never"
    until "$@"; do
        if ((SECONDS >= end)); then
            echo "not true in 60 s: $*"
            return 1
        fi
        # A sleep that needs no process, because nobody writes there.
        read -r -t "0.0$pause" <>"$never" || true
        ((pause >= 80)) || pause=$((pause * 2))
    done
}

# wait_for PID - waits for a process that the test has started, at most a minute, and
# sets status.
wait_for() {
    until_true has_ended "$1"
    status=0
    wait "$1" || status=$?
}

# rejects PROGRAM - reads "COMPLAINT|WORDS" lines; with these words the program
# ends with status 2 and two lines: the complaint, and where to find help.
rejects() {
    local complaint words
    while IFS='|' read -r complaint words; do
        # shellcheck disable=SC2086 # several words
        run "$BIN/$1" $words
        echo "$words: $output"
        [ "$status" -eq 2 ]
        [[ ${lines[0]} == "$1: $complaint"* ]]
        [ "${#lines[@]}" -eq 2 ]
    done
}

# not COMMAND... - the command ends with status 1.  A plain "!" would not fail a
# test, and grep has status 2 if there is no such file.
not() {
    local status=0
    "$@" || status=$?
    [ "$status" -eq 1 ]
}

# equals COMMAND TEXT - the command prints this.
equals() {
    [ "$($1)" = "$2" ]
}

logged() {
    grep -q -- "$1" "$LOG"
}

log_count() {
    grep -c -- "$1" "$LOG" || true
}

# has_trait KEY=VALUE - see options.h for the traits of servers.
has_trait() {
    [[ " $("$BIN/$SERVER" --traits) " == *" $1"* ]]
}

sanitized() {
    [ -n "${SAN-}" ]
}

# children [PID] - prints the children of the server, or of another process.
children() {
    local file pids
    for file in /proc/"${1:-$PID}"/task/*/children; do
        pids=''
        read -r pids <"$file" || true # it has no end of line
        [ -z "$pids" ] || echo "$pids"
    done
} 2>/dev/null

# has_ended PID - tells whether a process has ended; its parent may not know yet.
has_ended() {
    local stat
    ! read -r stat <"/proc/$1/stat" || [[ ${stat##*) } == Z* ]]
} 2>/dev/null

# unharmed - the server serves one more client, and ends as it should.
unharmed() {
    client -q -n 1
    stopped
}

# stopped - SIGTERM ends the server with status 0, a summary (in SUMMARY), and no
# children left.
stopped() {
    local pid family
    family=$(children)
    kill -TERM "$PID"
    ended_with 0
    for pid in $family; do
        until_true has_ended "$pid"
    done
    read -r -t 60 -u 4 SUMMARY
    [[ $SUMMARY == served\ * ]]
}

# ended_with STATUS - the server ends with that status, and no sanitizer
# reports.
ended_with() {
    local status
    wait_for "$PID"
    ! sanitized || [ ! -e "$LOG" ] || not grep -E 'Sanitizer|runtime error' "$LOG"
    echo "status $status, expected $1"
    [ "$status" -eq "$1" ]
}

# browser FILE - stores in $dom a page as it is after its script has run; skips the
# test if there is no browser that can do this.
browser() {
    local program found=
    for program in chromium chromium-browser google-chrome; do
        [ -n "$found" ] || ! command -v "$program" >/dev/null || found=$program
    done
    [ -n "$found" ] || skip "no Chromium"
    # To a file: with a pipe, bash would wait for all processes of the browser, and
    # some may live on after a timeout.
    timeout --kill-after=5 60 "$found" --headless --no-sandbox --disable-gpu \
        --user-data-dir="$BATS_TEST_TMPDIR/profile" --dump-dom "file://$1" \
        >"$BATS_TEST_TMPDIR/dom" 2>/dev/null 3>&- ||
        skip "Chromium does not run here"
    # shellcheck disable=SC2034 # for the caller
    dom=$(<"$BATS_TEST_TMPDIR/dom")
}

# is_too_busy - tells whether the judge, whose output is read, could not look
# because the machine had too much else to do.  The judge may break such a line.
is_too_busy() {
    tr -s '\n ' ' ' |
        grep -qE '(threads per core want to run|itself waited for a core|itself was held up)'
}
