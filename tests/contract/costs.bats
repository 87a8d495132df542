#!/usr/bin/env bats
# Goal: a message costs as few system calls as the model allows, and a signal at
# any moment ends the server.  Runs once per server.

load ../helper

# calls_for OPTION... - lets one client send messages, and counts the server's
# system calls by name, in $BATS_TEST_TMPDIR/calls.
calls_for() {
    start_command strace -D -f -qq -c -S name -o "$BATS_TEST_TMPDIR/calls" \
        "$BIN/$SERVER" -p 0 -d 0 -q
    client -q "$@" 1
    kill -TERM "$PID"
    ended_with 0
    # strace writes this when it ends, a moment after the server.
    until_true grep total "$BATS_TEST_TMPDIR/calls"
}

# calls [NAME] - how many of these there were, or of all.
calls() {
    awk -v name="${1:-total}" '$NF == name { n += $4 } END { print n + 0 }' \
        "$BATS_TEST_TMPDIR/calls"
}

@test "a message costs as few system calls as the model allows" {
    command -v strace >/dev/null || skip "no strace"
    sanitized && skip "strace and sanitizers do not go together"
    local each=2 sends=1
    # An event loop waits, receives and sends.
    ! has_trait 'at_once=all processes=one ' || each=3
    # The kernel receives and sends itself.
    ! has_trait waits_in=io_uring_enter || { each=1 sends=0; }
    # Each message goes through three queues, and a thread waits for each queue.
    ! has_trait threads=one-per-stage || each=20
    calls_for -n 400
    [ "$(calls recvfrom)" -le 410 ]
    [ "$(calls sendto)" -eq $((sends * 400)) ]
    # Beginning and ending take up to two hundred.
    (($(calls) <= each * 400 + 300))
    # 16 in flight come together, and so do their answers: one recv and one send.
    calls_for -n 640 --pipeline 16
    (($(calls recvfrom) <= 50 && $(calls sendto) <= 50))
    (($(calls) <= each * 40 + 300))
}

@test "a signal at a random moment ends the server" {
    # The thread sanitizer delivers a signal later than the kernel does, and one
    # in some ten not at all: the server's handler is never called.
    [ "${SAN-}" != thread ] || skip "not with the thread sanitizer"
    "$TOOLS/cycles" 40 15 "$BIN/$SERVER" -p 0 -q -d 2ms
    "$TOOLS/cycles" 10 2 "$BIN/$SERVER" -p 0 -q -d 2ms
}

@test "a server waits for a client in the system call that --traits names" {
    command -v strace >/dev/null || skip "no strace"
    sanitized && skip "strace and sanitizers do not go together"
    [ "$(uname -m)" = x86_64 ] || skip "other machines have other system calls"
    local call
    call=$("$BIN/$SERVER" --traits | sed 's/.*waits_in=//; s/ .*//')
    start_command strace -D -f -qq -o "$BATS_TEST_TMPDIR/calls" \
        "$BIN/$SERVER" -p 0 -d 0 -q
    until_true some_process_waits_in "$call"
    kill -TERM "$PID"
    ended_with 0
}

# some_process_waits_in CALL - the last call of one of them is this one, and has
# no result.
some_process_waits_in() {
    awk -v call="$1" '{ last[$1] = $0 }
        END { for (p in last) if (last[p] ~ "^[0-9]+ +" call "\\([^)]*$") exit 0
              exit 1 }' "$BATS_TEST_TMPDIR/calls"
}
