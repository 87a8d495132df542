#!/usr/bin/env bats
# Goal: what only epoll promises.

load helper
load models

SERVER=epoll

@test "all clients are served at once" {
    served_at_once 8
}

@test "one process, one thread" {
    processes_and_threads 0 1
}

@test "N clients take as long as one" {
    takes_rounds 1
}

@test "a silent client holds up nobody" {
    start -d 0
    talk <<'END'
1-20 connect
1-10 send half a mess
21 connect
21 say hello
21 ack
END
    unharmed
}

@test "computing is done one after another" {
    computing one-after-another
}

@test "a client that computes a lot takes turns with the others" {
    start -d 0 -C 3ms
    talk <<'END'
1 connect
1 stuff 400 much to do
log ack      client=1
2 connect
2 say hello
2 ack
1 reset
END
    # Before the 400 of the first were done.
    [ "$(log_count 'ack .*client=1')" -lt 400 ]
    unharmed
}

@test "a reset while its message is worked on does not spin" {
    start -d 800ms
    talk <<'END'
1 connect
1 say hello
log message  client=1
1 reset
END
    at_rest
    unharmed
}

@test "a client that cannot be watched is closed, and that is all" {
    command -v strace >/dev/null || skip "no strace"
    sanitized && skip "strace and sanitizers do not go together"
    # The first two calls are for the stop pipe and the listener.
    start_command strace -qq -o /dev/null -e trace=epoll_ctl \
        -e inject=epoll_ctl:error=ENOSPC:when=4 "$BIN/$SERVER" -p 0 -d 0
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
