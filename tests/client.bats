#!/usr/bin/env bats
# Goal: the client says what happened, all of it and nothing else.  Against
# servers of the suite, and against a wrong one.

load helper

# run_client [OPTION...] - like "run client", without event lines and timeline's
# ornaments, on 80 columns.
run_client() {
    run --separate-stderr "$BIN/client" --port "$PORT" --timeout 20s --width 80 \
        --ascii "$@"
    echo "status $status"
    echo "$output"
    # shellcheck disable=SC2154 # set by run
    echo "$stderr"
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

@test "it says how many were served at once, for each model" {
    sanitized && skip "sanitizers change the times"
    local expected=(single-process:1 prefork:5 threaded:5 fork-per-client:6
        select:6 poll:6 epoll:6)
    for pair in "${expected[@]}"; do
        SERVER=${pair%:*} start -d 60ms -q
        run_client -q -n 2 6
        [ "$status" -eq 0 ]
        [[ $output == *"served at once ${pair#*:} "* ]]
        [[ $output == *"12 messages, 12 acks, 0 naks, 0 errors"* ]]
        stopped
    done
}

@test "the timeline has a lane a client, on 80 columns and in ASCII" {
    start -d 60ms
    run_client -q -n 2 3
    [ "$(grep -cE '^ +[123]  [.=o ]*\| +[0-9]+ +[0-9]+ ms$' <<<"$output")" -eq 3 ]
    not grep -E '.{81}' <<<"$output"
    not grep -P '[^\x00-\x7f]' <<<"$output"
    stopped
}

@test "it draws lines where the locale has UTF-8, and only there" {
    start -d 20ms
    LC_ALL=C.UTF-8 run "$BIN/client" --port "$PORT" -q -n 1
    [[ $output == *━* ]]
    LC_ALL=C run "$BIN/client" --port "$PORT" -q -n 1
    [[ $output == *=o\|* ]]
    not grep -P '[^\x00-\x7f]' <<<"$output"
    stopped
}

@test "no colour in a pipe, nor with NO_COLOR; --color=always is obeyed" {
    local escape=$'\e'
    start -d 20ms
    run client -q -n 1
    [[ $output != *"$escape"* ]]
    run client -q -n 1 --color=always
    [[ $output == *"$escape"* ]]
    NO_COLOR=1 FORCE_COLOR=1 run client -q -n 1
    [[ $output != *"$escape"* ]]
    stopped
}

@test "event lines come as it happens, and not with --quiet" {
    start -d 20ms
    run_client -n 2
    [[ $output == *"client 1  connected"* ]]
    [[ $output == *"client 1  package 0: ack after "* ]]
    [[ $output == *"client 1  package 1: ack after "* ]]
    [[ $output == *"client 1  closed"* ]]
    run_client -q -n 2
    [[ $output != *"package 0"* ]]
    stopped
}

@test "the messages are package 0, package 1 and so on, then goodbye" {
    wrong_server -o "$BATS_TEST_TMPDIR/heard" ackack
    # All answers at once, so they are pipelined.
    run_client -q -n 2 --pipeline 2
    [ "$(tr '\3' , <"$BATS_TEST_TMPDIR/heard")" = "package 0,package 1,goodbye," ]
}

@test "THINK is a pause between messages, in seconds or with a unit" {
    start -d 0
    run_client -q -n 3 1 0.1
    [ "$status" -eq 0 ]
    run_client -q -n 3 1 100ms
    [ "$status" -eq 0 ]
    # Two pauses of 100 ms each time, by the server's clock.
    awk '/ message / { t[++n] = $1 }
         END { exit !(n == 6 && t[3] - t[1] >= 0.199 && t[6] - t[4] >= 0.199) }' \
        "$LOG"
    stopped
}

@test "--stagger, --pipeline, --size and --dribble do what they say" {
    start -d 30ms
    run_client -q -n 1 --stagger 50ms 3
    [ "$status" -eq 0 ]
    awk '/ accept / { t[++n] = $1 } END { exit !(t[3] - t[1] >= 0.099) }' "$LOG"
    run_client -q -n 4 --pipeline 4
    [ "$status" -eq 0 ]
    run_client -q -n 1 --size 4096
    [[ $output == *"1 message, 1 ack, 0 naks, 0 errors"* ]]
    logged 'bytes=4096'
    run_client -q -n 2 --size 4097
    [ "$status" -eq 0 ]
    [[ $output == *"2 messages, 0 acks, 2 naks, 0 errors"* ]]
    run_client -q -n 1 --size 100000
    [ "$status" -eq 0 ]
    run_client -q -n 1 --dribble 1ms
    [ "$status" -eq 0 ]
    unharmed
}

@test "--vanish resets in the middle of the last message" {
    start -d 0
    run_client -q -n 3 --vanish 4
    [ "$status" -eq 0 ]
    until_true equals 'log_count reason=reset' 4
    [ "$(log_count 'ack ')" -eq 8 ]
    unharmed
}

@test "--silent says nothing until the server hangs up" {
    start -d 0 -t 100ms
    run_client -q --silent 3
    [ "$status" -eq 0 ]
    [ "$(log_count 'idle  ')" -eq 3 ]
    [ "$(log_count 'message ')" -eq 0 ]
    unharmed
}

@test "--timeout gives up, and says for which clients" {
    SERVER=single-process start -d 60s
    run --separate-stderr "$BIN/client" --port "$PORT" -q -n 1 --timeout 200ms 2
    [ "$status" -eq 1 ]
    [[ $stderr == *"client 1: "* ]]
    [[ $stderr == *"client 2: "* ]]
    kill -KILL "$PID"
}

@test "Ctrl-C draws what there is, and status 1" {
    start -d 60s
    "$BIN/client" --port "$PORT" --ascii -n 1 3 >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    PIDS+=($!)
    until_true equals 'log_count message' 3
    kill -INT "${PIDS[-1]}"
    not wait "${PIDS[-1]}"
    grep -q '0 acks' "$BATS_TEST_TMPDIR/out"
    grep -qE '^ +3 ' "$BATS_TEST_TMPDIR/out"
    kill -KILL "$PID"
}

@test "ten thousand clients at once" {
    sanitized && skip "takes too long with sanitizers"
    (($(ulimit -Hn) >= 10100)) || skip "the descriptor limit is too low"
    start -d 0 -q -b 4096
    run_client -q -n 1 10000
    [ "$status" -eq 0 ]
    [[ $output == *"10000 messages, 10000 acks, 0 naks, 0 errors"* ]]
    # Too many to draw: the first, the last, and how many are left out.
    [[ $output == *"... and "*" more"* ]]
    ((${#lines[@]} < 40))
    unharmed
}

@test "every byte that comes back is checked" {
    local script
    # What the server says to the first message, and what the client says of it.
    while IFS='|' read -r script complaint; do
        wrong_server "$script"
        run_client -q -n 2 --timeout 1s
        [ "$status" -eq 1 ]
        [[ $stderr == *"client 1: "*"$complaint"* ]]
    done <<'END'
ak|answer 1 of 2 is 'ak', not 'ack'
ackackack|got 'ackack' unasked after 1 of 2 answers
ackx|got 'x' unasked after 1 of 2 answers
nak|answer 1 of 2 is 'nak', not 'ack'
hello|answer 1 of 2 is 'hello', not 'ack'
ac|after 0 of 2 answers
END
    # And the right ones, in any pieces, are right.
    wrong_server 'ackack'
    run_client -q -n 2 --pipeline 2
    [ "$status" -eq 0 ]
}

@test "nobody listening is one clear line, and status 1" {
    start -d 0
    stopped
    run_client -q 2
    [ "$status" -eq 1 ]
    [[ $stderr == *"client 1: "*"refused"* ]]
    [[ $stderr == *"nobody listens on 127.0.0.1 port $PORT"* ]]
}

@test "a bad command line is named, with what is allowed, and status 2" {
    local bad
    while read -r -a bad; do
        run "$BIN/client" "${bad[@]}"
        echo "${bad[*]}: $status: $output"
        [ "$status" -eq 2 ]
        [ "${#lines[@]}" -eq 2 ]
        [[ ${lines[0]} == "client: "* ]]
        [ "${lines[1]}" = "try 'client --help'" ]
    done <<'END'
0
x
100001
3 x
3 1 1
-n -1
-n 1000001
-p 0
-p 65536
--pipeline 0
--size 1048577
--stagger 3
--timeout x
--dribble 1
--color sometimes
--width 3
--silent --vanish
-c 3 3
--nonsense
END
}

@test "--help fits a screen" {
    run "$BIN/client" --help
    [ "$status" -eq 0 ]
    ((${#output} > 500))
    (($(wc -l <<<"$output") <= 23))
    not grep -E '.{80}' <<<"$output"
}

@test "a reader that leaves is no trouble" {
    start -d 1ms
    run bash -c "set -o pipefail; '$BIN/client' --port $PORT -n 50 5 | head -n 1"
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 1 ]
    unharmed
}

@test "a client that somebody else wrote is served, with no options at all" {
    command -v python3 >/dev/null || skip "no python3"
    local server free=yes
    (exec 5<>/dev/tcp/127.0.0.1/3000) 2>/dev/null && free=no
    [ "$free" = yes ] || skip "port 3000 is in use"
    for server in select threaded; do
        start_command "$BIN/$server"
        [ "$PORT" = 3000 ]
        # One message of 2 s each, goodbye without waiting for an answer to it.
        python3 - <<'END'
import socket
s = socket.create_connection(("127.0.0.1", 3000))
s.sendall(b"package 0\x03")
assert s.recv(1024) == b"ack"
s.sendall(b"goodbye\x03")
s.close()
END
        stopped
    done
}
