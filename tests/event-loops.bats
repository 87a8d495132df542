#!/usr/bin/env bats
# Goal: what an event loop promises, be it around select, poll or epoll.  Run
# once for each of them.

load helper
load models

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

@test "a client that never stops talking takes turns with the others" {
    start -d 0
    # A message without an end, faster than the server reads it.
    cat /dev/zero >"/dev/tcp/127.0.0.1/$PORT" 3>&- &
    PIDS+=($!)
    until_true logged 'accept .*client=1'
    talk <<'END'
2 connect
2 say hello
2 ack
2 close
END
    kill -KILL "${PIDS[-1]}"
    unharmed
}

@test "an idle connection costs at most 128 bytes" {
    sanitized && skip "sanitizers take memory"
    [ -r /proc/self/smaps_rollup ] || skip "no smaps_rollup"
    local count=10000 before
    [ "$SERVER" != select ] || count=1000
    (($(ulimit -Hn) >= count + 100)) || skip "the descriptor limit is too low"
    start -d 0 -q -b 4096
    before=$(pss_bytes)
    "$BIN/client" --port "$PORT" --silent -q "$count" >/dev/null 3>&- &
    PIDS+=($!)
    until_true equals fd_count $((FDS_AT_START + count))
    echo "$((($(pss_bytes) - before) / count)) bytes each"
    (($(pss_bytes) - before <= 128 * count))
    kill -INT "${PIDS[-1]}"
    unharmed
}

pss_bytes() {
    awk '/^Pss:/ { print $2 * 1024 }' "/proc/$PID/smaps_rollup"
}
