#!/usr/bin/env bats
# Goal: what a person sees who starts a server: its options, its messages, and
# standard streams that are closed, full or gone.  All servers read their command
# line with the same functions, so most of this is tried with some of them only.

load helper

# for_servers COMMAND... - runs the command with each server as SERVER.
for_servers() {
    for SERVER in $SERVERS; do
        echo "-- $SERVER"
        "$@"
    done
}

# for_kinds COMMAND... - runs it with one server of each kind of processes and
# threads.  Those with one thread may be a loop, or serve one client at a time.
for_kinds() {
    local kinds=$BATS_FILE_TMPDIR/kinds
    [ -e "$kinds" ] || for SERVER in $SERVERS; do
        echo "$SERVER $("$BIN/$SERVER" --traits)"
    done | awk '{ kind = $3 $4 }
        kind ~ /=one.*=one$/ { kind = kind $2 }
        !seen[kind]++ { print $1 }' >"$kinds"
    SERVERS=$(<"$kinds") for_servers "$@"
}

@test "a bad command line is named, with what is allowed, and status 2" {
    local bad servers n=0
    read -r -a servers <<<"$SERVERS"
    # Each line is for another server.
    while read -r -a bad; do
        SERVER=${servers[n++ % ${#servers[@]}]}
        [ "${bad[0]}" = "''" ] && bad[0]=''
        run "$BIN/$SERVER" "${bad[@]}"
        echo "${bad[*]}: $status: $output"
        [ "$status" -eq 2 ]
        [ "${#lines[@]}" -eq 2 ]
        [[ ${lines[0]} == "$SERVER: "* ]]
        [ "${lines[1]}" = "try '$BIN/$SERVER --help'" ]
    done <<'END_OF_LINES'
-p -1
-p 65536
-p 3k
--port=
-p 1e9
-d 2
-d 2x
-d -2s
-d ms
-d 1001m
-C 5
-b 0
-b x
-t 3
--delay
-Z
--nonsense
--help=yes
-q -v
argument
''
END_OF_LINES
    run "$BIN/$SERVER" -d 2
    [ "${lines[0]}" = "$SERVER: --delay: '2' has no unit; write 2s, 2ms or 2us" ]
}

names_its_trouble() {
    start -d 0
    run "$BIN/$SERVER" -p "$PORT"
    [ "$status" -eq 1 ]
    [ "${#lines[@]}" -eq 1 ]
    [[ $output == "$SERVER: cannot listen on 127.0.0.1 port $PORT: "*"try -p 0"* ]]
    run "$BIN/$SERVER" -a 192.0.2.1 -p 0
    [ "$status" -eq 1 ]
    [[ $output == "$SERVER: cannot listen on 192.0.2.1 port 0: "* ]]
    unharmed
}

@test "trouble at the start is one line that names the object, and status 1" {
    for_kinds names_its_trouble
    run "$BIN/$SERVER" -a 'no such name' -p 0
    [ "$status" -eq 1 ]
    [[ $output == *"no such name"* ]]
    # Each worker of these listens by itself.
    for SERVER in prefork-reuseport loop-per-core; do
        [[ " $SERVERS " != *" $SERVER "* ]] || names_its_trouble
    done
}

# describes_itself - what must be looked at in all outputs at once is in the files
# help and traits.
describes_itself() {
    local other=--workers=3
    run "$BIN/$SERVER" --help
    echo "$output" >>"$BATS_TEST_TMPDIR/help"
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -le 24 ]
    [ "${#output}" -gt 500 ]
    [[ $output != *--workers* ]] || other=--max-clients=3
    run "$BIN/$SERVER" --version
    [ "$status" -eq 0 ]
    [[ $output == "$SERVER "[0-9]* ]]
    run "$BIN/$SERVER" --traits
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 1 ]
    echo "$output" >>"$BATS_TEST_TMPDIR/traits"
    # An option of other servers is not accepted.
    run "$BIN/$SERVER" "$other"
    [ "$status" -eq 2 ]
    [[ ${lines[0]} == *"$other: no such option"* ]]
}

@test "--help fits a screen, --version is a line, --traits is for programs" {
    for_servers describes_itself
    not grep -E '.{80}' "$BATS_TEST_TMPDIR/help"
    not grep -vxE "at_once=(one|all|workers|up-to-workers) \
processes=(one|one-per-client|one-per-worker) \
threads=(one|one-per-(client|worker|stage)) computes=(one|each|workers) \
waits_in=[a-z0-9_]+ lesson=notes/[0-9]{2}-[a-z-]+[.]md" "$BATS_TEST_TMPDIR/traits"
}

# start_at_own_address - starts the server with the redirections that follow, at
# a loopback address that nobody else uses, since it may not be able to print a
# port that the kernel chooses.
start_at_own_address() {
    ADDRESS=127.$((BASHPID >> 16 & 127 | 128)).$((BASHPID >> 8 & 255)).$((BASHPID & 255))
    eval "\"\$BIN/\$SERVER\" -a \$ADDRESS -p 3000 -d 0 $* 3>&- &"
    PID=$!
    PIDS+=("$PID")
}

# answers TEXT - tells whether this is all that one client gets, and then the end.
answers() {
    local got=''
    {
        exec 5<>"/dev/tcp/$ADDRESS/3000" || return
    } 2>/dev/null
    printf 'hello\3goodbye\3' >&5
    # The status is 1 at the end of input, and more than 128 after 20 s.
    read -r -t 20 -d '' -u 5 got || [ $? -eq 1 ] || return
    [ "$got" = "$1" ]
}

serves_without_output() {
    # shellcheck disable=SC2016 # for the eval
    start_at_own_address '>&-' '2>>"$LOG"'
    until_true answers ack
    kill -TERM "$PID"
    ended_with 0
}

@test "a closed standard output does not stop service" {
    for_kinds serves_without_output
}

serves_without_standard_descriptors() {
    start_at_own_address '<&-' '>&-' '2>&-'
    until_true answers ack
    kill -TERM "$PID"
    ended_with 0
}

@test "closed standard descriptors are not given to clients" {
    for_kinds serves_without_standard_descriptors
}

serves_with_a_full_log() {
    local full=$BATS_TEST_TMPDIR/full-$SERVER
    mkfifo "$full"
    exec 6<>"$full" # a reader that never reads
    LOG=$full start -d 0
    client -q -n 1500
    kill -TERM "$PID"
    LOG=/dev/null ended_with 0
    exec 6>&-
}

@test "a full pipe on standard error does not stop service" {
    for_kinds serves_with_a_full_log
}

serves_without_a_reader() {
    local line=$BATS_TEST_TMPDIR/line-$SERVER
    "$BIN/$SERVER" -p 0 -d 0 2>>"$LOG" 3>&- > >(head -n 1 >"$line") &
    PID=$!
    PIDS+=("$PID")
    until_true test -s "$line"
    read -r _ _ _ _ PORT <"$line"
    client -q -n 1
    kill -TERM "$PID"
    ended_with 0
}

@test "a reader of standard output that leaves does not stop service" {
    for_kinds serves_without_a_reader
}
