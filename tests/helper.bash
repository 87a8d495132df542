# helper - what all tests share: starting a server, playing clients, looking at
# the server from outside.
#
# SERVER (which one), BIN and TOOLS (where programs and test tools are) come from
# the Makefile.  A test that starts a server ends with "unharmed" or "stopped".

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_DIRNAME/.." || return
    BIN=${BIN:-bin} TOOLS=${TOOLS:-build/plain/tests}
    LOG=$BATS_TEST_TMPDIR/log
    PIDS=()
    PID=''
}

# Ends what the test has left running, each by its pid, and shows the log, which
# bats prints only if the test has failed.
teardown() {
    local pid
    for pid in "${PIDS[@]}"; do
        # Its children, too: a server that strace has started would go on.  They
        # may have ended, as they should.
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

# start_command COMMAND... - starts a server as given.  Bats waits for whoever
# holds descriptor 3, hence 3>&-.
start_command() {
    local out=$BATS_TEST_TMPDIR/out.$RANDOM
    mkfifo "$out"
    "$@" >"$out" 2>>"$LOG" 3>&- &
    PID=$!
    PIDS+=("$PID")
    exec 4<"$out"
    # "listening on ADDRESS port PORT"
    read -r -t 20 -u 4 _ _ _ _ PORT
    FDS_AT_START=$(fd_count)
}

# wrong_server [-o FILE] TEXT - a server that says TEXT, right or wrong.
wrong_server() {
    local file
    file=$(mktemp -p "$BATS_TEST_TMPDIR")
    "$TOOLS/replay" "$@" >"$file" 3>&- &
    PIDS+=($!)
    until_true test -s "$file"
    read -r PORT <"$file"
}

# talk [SCRIPT] - plays a conversation, from standard input; see
# tests/tools/talk.c.
talk() {
    "$TOOLS/talk" "$PORT" "$LOG" "$PID"
}

# hold - the same, in the background: returns when the script has been played,
# and its clients stay connected.  then_do - goes on with another script, for the
# same clients.  let_go - ends them.
hold() {
    local script=$BATS_TEST_TMPDIR/hold.$RANDOM
    mkfifo "$script"
    "$TOOLS/talk" "$PORT" "$LOG" "$PID" <"$script" 3>&- 4>&- &
    HOLDER=$!
    PIDS+=("$HOLDER")
    exec 7>"$script"
    then_do
}

then_do() {
    # The last step is a mark that the client itself puts into the log.
    local mark="played-$RANDOM"
    {
        cat
        echo "mark $mark"
    } >&7
    until_true logged "$mark"
}

let_go() {
    exec 7>&-
    [ -z "${HOLDER-}" ] || wait "$HOLDER"
}

# client [OPTION...] - runs the project's client against the server.
client() {
    "$BIN/client" --port "$PORT" --timeout 60s "$@"
}

# until_true COMMAND... - waits until a command succeeds, for ten seconds.
until_true() {
    local end=$((SECONDS + 10))
    until "$@"; do
        if ((SECONDS >= end)); then
            echo "not true in 10 s: $*"
            return 1
        fi
        sleep 0.02
    done
}

# rejects PROGRAM - with each command line of "COMPLAINT|WORDS" from standard input
# the program ends with status 2, the complaint, and where to look for help.
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

logged() {
    grep -q -- "$1" "$LOG"
}

log_count() {
    grep -c -- "$1" "$LOG" || true
}

# --- the server seen from outside ---------------------------------------------

children() {
    cat /proc/"${1:-$PID}"/task/*/children 2>/dev/null || true
}

process_count() {
    children | wc -w
}

thread_count() {
    find "/proc/$PID/task" -mindepth 1 -maxdepth 1 | wc -l
}

fd_count() {
    find "/proc/$PID/fd" -mindepth 1 -maxdepth 1 | wc -l
}

zombie_count() {
    local pid count=0
    for pid in $(children); do
        if grep -q '^State:.Z' "/proc/$pid/status" 2>/dev/null; then
            count=$((count + 1))
        fi
    done
    echo "$count"
}

# CPU used so far by the server and its children, in clock ticks of 10 ms.
cpu_ticks() {
    local pid total=0 stat
    for pid in $PID $(children); do
        stat=$(cat "/proc/$pid/stat" 2>/dev/null) || continue
        # The second field is the name in brackets; 14 and 15 are the times.
        read -ra stat <<<"${stat##*) }"
        total=$((total + stat[11] + stat[12]))
    done
    echo "$total"
}

# How often the server and its children have gone to sleep so far.
sleep_count() {
    local pid total=0 n
    for pid in $PID $(children); do
        for n in $(awk '/^voluntary_ctxt/ { print $2 }' \
            "/proc/$pid"/task/*/status 2>/dev/null); do
            total=$((total + n))
        done
    done
    echo "$total"
}

# not_more COMMAND N - COMMAND prints at most N
not_more() {
    (($($1) <= $2))
}

equals() {
    [ "$($1)" = "$2" ]
}

has_ended() {
    ! [ -e "/proc/$1/status" ] || grep -q '^State:.Z' "/proc/$1/status"
}

sanitized() {
    [[ $BIN == */address-undefined/* || $BIN == */thread/* ]]
}

# --- how a test ends ----------------------------------------------------------

# The server lives, serves the next client, and holds nothing of the last ones.
unharmed() {
    has_ended "$PID" && return 1
    talk <<'END'
2999 connect
2999 say still there?
2999 ack
2999 say goodbye
2999 eof
END
    until_true not_more fd_count "$FDS_AT_START"
    until_true equals zombie_count 0
    at_rest
    stopped
}

# It uses no CPU and does not wake up while nothing happens.
at_rest() {
    local ticks sleeps
    ticks=$(cpu_ticks)
    sleeps=$(sleep_count)
    sleep 0.2 # how long is looked at, not what is waited for
    sleeps=$(($(sleep_count) - sleeps))
    ticks=$(($(cpu_ticks) - ticks))
    # A client's end may still have been on its way: a few are no spin.
    ((ticks <= 2 && sleeps <= 3))
}

# SIGTERM ends the server in order: status 0, a summary, no children left.
stopped() {
    local family status=0
    family=$(children)
    kill -TERM "$PID"
    ended_with 0
    for pid in $family; do
        until_true has_ended "$pid"
    done
    read -r -t 5 -u 4 SUMMARY
    [[ $SUMMARY == served\ * ]]
}

# ended_with STATUS - the server ends, with that status, and without a report of
# a sanitizer.
ended_with() {
    local status=0
    until_true has_ended "$PID"
    wait "$PID" || status=$?
    if grep -E 'Sanitizer|runtime error' "$LOG"; then
        return 1
    fi
    echo "status $status, expected $1"
    [ "$status" -eq "$1" ]
}
