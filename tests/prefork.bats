#!/usr/bin/env bats
# Goal: what only prefork promises.

load helper
load models

SERVER=prefork

@test "exactly as many clients as workers are served at once" {
    served_at_once 5
    served_at_once 2 -w 2
}

@test "a process a worker, whether there are clients or not" {
    processes_and_threads 5 1 -w 5
    start
    [ "$(process_count)" -eq 5 ]
    stopped
}

@test "N clients take as long as one for every five" {
    takes_rounds 2 -w 5
}

@test "a silent client costs a worker, and no more" {
    start -d 0 -w 5
    talk <<'END'
1-4 connect
1-4 send half a mess
5 connect
5 say hello
5 ack
6 connect
6 say hello
6 nothing
5 close
6 ack
6 close
7 connect
7 say hello
7 ack
END
    unharmed
}

@test "clients whose messages are computed do not wait for each other" {
    computing together
}

@test "the summary says how many clients each worker had" {
    start -d 0 -w 3
    talk <<'END'
1-3 connect
1-3 say hello
1-3 ack
END
    kill -TERM "$PID"
    ended_with 0
    read -r -t 5 -u 4 _
    read -r -t 5 -u 4 workers
    [[ $workers =~ ^workers\ [0-9]+:1\ [0-9]+:1\ [0-9]+:1$ ]]
}

@test "a client wakes one worker, not all" {
    sanitized && skip "sanitizers sleep on their own"
    local before after
    start -d 0 -w 8 -q
    before=$(sleep_count)
    for i in {1..50}; do
        printf '%s\n' "$i connect" "$i say hello" "$i ack" \
            "$i say goodbye" "$i eof"
    done | talk
    after=$(sleep_count)
    echo "$((after - before)) sleeps for 50 clients"
    # A worker may sleep in accept, recv and the closing recv; eight that wake
    # for each client would sleep 400 times for the accept alone.
    ((after - before <= 50 * 4))
    unharmed
}

@test "a worker that is killed is replaced, and costs one client" {
    start -d 0 -w 2
    # One after the other: client 1 here is to be client=1 in the log.
    hold <<'END'
1 connect
1 say hello
1 ack
2 connect
2 say hello
2 ack
END
    kill -KILL "$(awk '/ ack .*client=1/ { print $2 }' "$LOG")"
    until_true logged 'reap .*signal=9'
    then_do <<'END'
1 gone
2 say again
2 ack
3 connect
3 say hello
3 ack
END
    until_true equals process_count 2
    let_go
    # The descriptors of the parent, and the capacity, are as before.
    talk <<'END'
4-5 connect
4-5 say hello
4-5 ack
END
    unharmed
}

@test "a worker that is asked to stop ends alone, and is replaced" {
    local worker
    start -d 0 -w 2
    worker=$(children | awk '{ print $1 }')
    kill -TERM "$worker"
    until_true logged "reap .*pid=$worker status=0"
    until_true equals process_count 2
    talk <<'END'
1-2 connect
1-2 say hello
1-2 ack
END
    unharmed
}

@test "workers that die young one after another are no storm" {
    local spawned pid end
    start -d 0 -w 2
    end=$((SECONDS + 3))
    # Whoever is there is killed, as fast as this loop goes.
    while ((SECONDS < end)); do
        for pid in $(children); do
            kill -KILL "$pid" 2>/dev/null || true
        done
    done
    spawned=$(log_count 'spawn ')
    echo "$spawned workers in 3 s"
    # Two at first, then at most two per second.
    ((spawned <= 20))
    logged 'warning .*next worker in'
    [ "$(cpu_ticks)" -lt 150 ]
    until_true equals process_count 2
    talk <<'END'
1-2 connect
1-2 say hello
1-2 ack
END
    unharmed
}

@test "workers that die young together are one reason for a pause" {
    local workers
    start -d 0 -w 5
    # On a slow machine the first ones may be too old to die young.
    for _ in 1 2 3 4 5; do
        # shellcheck disable=SC2207 # a list of numbers
        workers=($(children))
        kill -STOP "$PID"
        kill -KILL "${workers[@]}"
        until_true equals zombie_count 5
        kill -CONT "$PID"
        until_true equals process_count 5
        ! logged 'warning ' || break
    done
    [ "$(log_count 'warning .*next worker in 1.0 s')" -eq 1 ]
    [ "$(log_count 'warning ')" -eq 1 ]
    unharmed
}

@test "a fork that fails is tried again" {
    command -v strace >/dev/null || skip "no strace"
    sanitized && skip "strace and sanitizers do not go together"
    start_command strace -f -qq -o /dev/null -e trace=clone,clone3,fork \
        -e inject=clone,clone3,fork:error=EAGAIN:when=2 \
        "$BIN/$SERVER" -p 0 -d 0 -w 3
    until_true logged 'spawn .*worker=3'
    logged 'warning .*Resource temporarily unavailable'
    talk <<'END'
1-3 connect
1-3 say hello
1-3 ack
END
    kill -TERM "$(children "$PID" | awk '{ print $1 }')"
    ended_with 0
}
