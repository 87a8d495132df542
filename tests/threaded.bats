#!/usr/bin/env bats
# Goal: what only threaded promises.

load helper
load models

SERVER=threaded

@test "exactly as many clients as workers are served at once" {
    served_at_once 5
    served_at_once 2 -w 2
}

@test "a thread a worker and the main thread, in one process" {
    # A sanitizer may have a thread of its own.
    sanitized && skip "sanitizers have threads of their own"
    processes_and_threads 0 6 -w 5
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

@test "the log names the thread, and the summary what each served" {
    start -d 0 -w 2
    talk <<'END'
1-2 connect
1-2 say hello
1-2 ack
END
    # Two threads, neither the main one, which accepts.
    [ "$(awk '/ ack / { print $2 }' "$LOG" | sort -u | wc -l)" -eq 2 ]
    [ "$(awk '/ accept / { print $2 }' "$LOG" | sort -u)" = "$PID/$PID" ]
    kill -TERM "$PID"
    ended_with 0
    read -r -t 5 -u 4 _
    read -r -t 5 -u 4 workers
    [[ $workers =~ ^workers\ [0-9]+:1\ [0-9]+:1$ ]]
}

@test "the queue has a bound: when it is full nobody more is accepted" {
    start -d 0 -w 2
    hold <<'END'
1-40 connect
1-40 say hello
1-2 ack
END
    # 2 in service, 16 in the queue; the rest in the listen queue.
    until_true logged 'accept .*client=18'
    at_rest
    [ "$(log_count 'accept ')" -eq 18 ]
    then_do <<'END'
1 close
3 ack
END
    until_true logged 'accept .*client=19'
    at_rest
    [ "$(log_count 'accept ')" -eq 19 ]
    then_do <<'END'
2-40 half
4-40 ack
END
    let_go
    unharmed
}

@test "a stop with a full queue closes those who wait in it" {
    start -d 300ms -w 1
    talk <<'END'
1-30 connect
1-30 say hello
log message  client=1
log client=17
signal 15
1 ack
1 eof
2-30 gone
END
    ended_with 0
    [ "$(log_count 'ack ')" -eq 1 ]
}

@test "a thread that cannot be started is named, and status 1" {
    sanitized && skip "sanitizers need all the address space"
    run bash -c "ulimit -v 200000; exec $BIN/$SERVER -p 0 -w 500"
    [ "$status" -eq 1 ]
    [ "${#lines[@]}" -eq 1 ]
    [[ $output =~ ^threaded:\ cannot\ start\ thread\ [0-9]+\ of\ 500 ]]
}
