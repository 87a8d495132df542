#!/usr/bin/env bats
# Goal: what only single-process promises.

load helper
load models

SERVER=single-process

@test "exactly one client is served at once" {
    served_at_once 1
}

@test "one process, one thread" {
    processes_and_threads 0 1
}

@test "N clients take N times as long as one" {
    takes_rounds 8
}

@test "a silent client holds up everyone, and only until it leaves" {
    start -d 0
    talk <<'END'
1 connect
log accept   client=1
2-4 connect
2-4 say hello
2-4 nothing
1 say hello
1 ack
2-4 nothing
1 close
2 ack
3-4 nothing
2 close
3 ack
3 close
4 ack
END
    stopped
}

@test "computing is done one after another" {
    computing one-after-another
}

@test "a message costs two system calls, and silence none" {
    command -v strace >/dev/null || skip "no strace"
    sanitized && skip "strace and sanitizers do not go together"
    local trace=$BATS_TEST_TMPDIR/trace
    start_command strace -qq -o "$trace" "$BIN/$SERVER" -p 0 -d 0 -q
    hold <<'END'
1 connect
1 say first
1 ack
END
    local before after
    before=$(wc -l <"$trace")
    for _ in {1..50}; do
        printf '%s\n' '1 say hello' '1 ack'
    done | then_do
    after=$(wc -l <"$trace")
    # strace writes a call when it returns: the recv that waits is not there.
    echo "$((after - before)) calls for 50 messages"
    [ "$((after - before))" -eq 100 ]
    [ "$(head -n "$after" "$trace" | tail -n 100 | grep -c '^recvfrom(')" -eq 50 ]
    [ "$(head -n "$after" "$trace" | tail -n 100 | grep -c '^sendto(')" -eq 50 ]
    sleep 0.3 # how long is looked at, not what is waited for
    [ "$(wc -l <"$trace")" -eq "$after" ]
    let_go
    kill -TERM "$(children "$PID" | awk '{ print $1 }')"
    ended_with 0
}
