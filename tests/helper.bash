# helper - what the bats files share: starting a server and looking at how it
# ends.  What a server says to its clients is tested by transcripts instead
# (contract/*.test).
#
# The Makefile sets SERVER (which one), BIN and TOOLS (where the programs and the
# test tools are) and SAN (the sanitizers that they were built with).

bats_require_minimum_version 1.5.0
unset CDPATH

setup() {
    cd -- "${BASH_SOURCE[0]%/*}/.." || return
    BIN=${BIN:-bin} TOOLS=${TOOLS:-build/plain/tests}
    LOG=$BATS_TEST_TMPDIR/log
    PIDS=()
    PID=''
}

# Ends what the test has left running, each by its pid, and shows the log; bats
# prints it only if the test has failed.
teardown() {
    local pid
    for pid in "${PIDS[@]}"; do
        # shellcheck disable=SC2046 # a list
        kill -KILL "$pid" $(children "$pid") 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    if [ -s "$LOG" ]; then
        echo "--- the server's log (last 40 lines):"
        tail -n 40 "$LOG"
    fi
}

# start [OPTION...] - starts $SERVER on a free port; sets PID and PORT.
start() {
    start_command "$BIN/$SERVER" -p 0 "$@"
}

# start_command COMMAND... - starts a server as given.  bats waits for all that
# hold descriptor 3, hence 3>&-.
start_command() {
    local out=$BATS_TEST_TMPDIR/out.$RANDOM
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
    file=$(mktemp -p "$BATS_TEST_TMPDIR")
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
    local end=$((SECONDS + 60))
    until "$@"; do
        if ((SECONDS >= end)); then
            echo "not true in 60 s: $*"
            return 1
        fi
        sleep 0.02
    done
}

# rejects PROGRAM - reads "COMPLAINT|WORDS" lines; with these words the program
# ends with status 2 and two lines: the complaint, and where to find help.
rejects() {
    local complaint words
    while IFS='|' read -r complaint words; do
        # shellcheck disable=SC2086 # several words
        run "$BIN/$1" $words
        # shellcheck disable=SC2154 # set by run
        echo "$words: $output"
        [ "$status" -eq 2 ]
        # shellcheck disable=SC2154 # set by run
        [[ ${lines[0]} == "$1: $complaint"* ]]
        [ "${#lines[@]}" -eq 2 ]
    done
}

# not COMMAND... - a plain "!" would not fail a test.
not() {
    ! "$@"
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

children() {
    cat /proc/"${1:-$PID}"/task/*/children 2>/dev/null || true
}

has_ended() {
    ! [ -e "/proc/$1/status" ] || grep -q '^State:.Z' "/proc/$1/status"
}

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
    read -r -t 5 -u 4 SUMMARY
    [[ $SUMMARY == served\ * ]]
}

# ended_with STATUS - the server ends with that status, and no sanitizer
# reports.
ended_with() {
    local status=0
    wait "$PID" || status=$?
    not grep -E 'Sanitizer|runtime error' "$LOG"
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
