#!/usr/bin/env bats
# Goal: what only epoll promises; what all event loops do is in event-loops.bats.

load helper

SERVER=epoll

@test "a client that cannot be watched is closed, and that is all" {
    command -v strace >/dev/null || skip "no strace"
    sanitized && skip "strace and sanitizers do not go together"
    # The first call is for the listener, the next for client 1.
    start_command strace -qq -o /dev/null -e trace=epoll_ctl \
        -e inject=epoll_ctl:error=ENOSPC:when=3 "$BIN/$SERVER" -p 0 -d 0
    talk <<'END'
1 connect
1 say hello
1 ack
2 connect
2 gone
3 connect
3 say hello
3 ack
END
    logged 'close .*client=2 reason=no-memory'
    kill -TERM "$(children "$PID" | awk '{ print $1 }')"
    ended_with 0
}

@test "descriptors above FD_SETSIZE are served like all others" {
    start_command bash -c "ulimit -n 3000 && exec $BIN/$SERVER -p 0 -d 0" ||
        skip "the descriptor limit is too low"
    talk <<'END'
1-1200 connect
1-1200 say hello
1-1200 ack
END
    [ "$(log_count 'refuse ')" -eq 0 ]
    unharmed
}
