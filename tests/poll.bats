#!/usr/bin/env bats
# Goal: what only poll promises; what all event loops do is in event-loops.bats.

load helper

SERVER=poll

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
