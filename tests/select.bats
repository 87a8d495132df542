#!/usr/bin/env bats
# Goal: what only select promises.

load helper
load models

SERVER=select

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
