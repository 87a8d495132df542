#!/usr/bin/env bats
# Goal: what only fork-per-client promises, as far as it takes another user or
# clients that never end; the rest is in fork-per-client.test.

load ../helper

@test "if no more processes are allowed, a client is refused" {
    command -v setpriv >/dev/null || skip "no setpriv"
    sanitized && skip "the threads of sanitizers count, too"
    [ "$(id -u)" -eq 0 ] || skip "needs a user without other processes"
    # Root has no such limit.  This user has no other processes, not even those of
    # the same test in another folder.  The server is one process and may have two
    # children.
    local user=$((20000 + BASHPID % 40000)) silent
    while pgrep -u "$user" >/dev/null; do user=$((user + 1)); done
    # The user may not be allowed to search the folders, so the program is started
    # through a descriptor.
    install -m 755 "$BIN/$SERVER" "$BATS_TEST_TMPDIR"
    exec 5<"$BATS_TEST_TMPDIR/$SERVER"
    start_command setpriv --reuid="$user" --regid="$user" --clear-groups \
        prlimit --nproc=3 /proc/self/fd/5 -p 0 -d 0
    exec 5<&-
    "$BIN/client" -p "$PORT" --silent -q 3 >/dev/null 2>&1 3>&- &
    silent=$!
    PIDS+=("$silent")
    until_true logged 'refuse .*client=3'
    kill -INT "$silent"
    until_true equals children ''
    unharmed
}

@test "a child that is forked while a stop is requested ends like the others" {
    for _ in {1..5}; do
        : >"$LOG"
        start -d 0
        "$BIN/client" --port "$PORT" --duration 60s --per-connection 1 4 \
            >/dev/null 2>&1 3>&- &
        PIDS+=($!)
        until_true logged 'reap '
        kill -TERM "$PID"
        ended_with 0
        wait_for "${PIDS[-1]}"
        [ "$status" -ne 0 ]
        unset 'PIDS[-1]'
        not grep 'reap .*signal=' "$LOG"
    done
}
