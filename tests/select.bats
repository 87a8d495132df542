#!/usr/bin/env bats
# Goal: what only select promises; what all event loops do is in event-loops.bats.

load helper

SERVER=select

@test "a descriptor that is not below FD_SETSIZE is refused, and that is all" {
    start_command bash -c "ulimit -n 3000 && exec $BIN/$SERVER -p 0 -d 0" ||
        skip "the descriptor limit is too low"
    talk <<'END'
1-1100 connect
1-900 say hello
1-900 ack
1100 gone
log refuse
1 say again
1 ack
1-500 close
log client=1 reason=eof
2001 connect
2001 say hello
2001 ack
END
    logged 'refuse .*reason=descriptor-too-high'
    at_rest
    unharmed
}

@test "so many inherited descriptors that its own are too high are refused" {
    run bash -c '
        ulimit -n 3000 || exit 77
        for ((fd = 3; fd <= 1100; fd++)); do eval "exec $fd</dev/null"; done
        exec timeout 10 '"$BIN/$SERVER"' -p 0'
    [ "$status" -ne 77 ] || skip "the descriptor limit is too low"
    [ "$status" -eq 1 ]
    [ "${#lines[@]}" -eq 1 ]
    [[ $output == "select: "*"cannot watch"* ]]
}
