#!/usr/bin/env bats
# Goal: what only fork-per-client promises.

load helper
load models

SERVER=fork-per-client

@test "all clients are served at once" {
    served_at_once 8
}

@test "a process a client" {
    processes_and_threads 8 1
}

@test "N clients take as long as one" {
    takes_rounds 1
}

@test "a silent client holds up nobody" {
    start -d 0
    talk <<'END'
1-20 connect
21 connect
21 say hello
21 ack
END
    stopped
}

@test "clients whose messages are computed do not wait for each other" {
    computing together
}

@test "a child that is killed costs one client" {
    start -d 0
    hold <<'END'
1-3 connect
1-3 say hello
1-3 ack
END
    kill -KILL "$(awk '/ spawn .*client=2/ { sub("pid=", "", $4); print $4 }' "$LOG")"
    then_do <<'END'
2 gone
1 say again
1 ack
3 say again
3 ack
END
    until_true logged 'reap .*signal=9'
    let_go
    unharmed
}

@test "clients that leave together leave no zombie" {
    start -d 0 -q
    for _ in {1..5}; do
        # A burst of ends: they share signals.
        talk <<'END'
1-40 connect
1-40 say hello
1-40 ack
1-40 close
END
        until_true equals process_count 0
    done
    unharmed
}

@test "--max-clients are served, the next waits until one has left" {
    start -d 0 -m 3
    talk <<'END'
1-5 connect
1-5 say hello
1-3 ack
2 say again
2 ack
4-5 nothing
1 close
4 ack
5 nothing
3 say goodbye
5 ack
END
    unharmed
}

@test "a full server can be stopped" {
    start -d 0 -m 2
    talk <<'END'
1-3 connect
1-2 say hello
1-2 ack
signal 15
1-3 gone
END
    ended_with 0
}

@test "a fork that fails costs this client, and is logged" {
    command -v strace >/dev/null || skip "no strace"
    sanitized && skip "strace and sanitizers do not go together"
    start_command strace -f -qq -o /dev/null -e trace=clone,clone3,fork \
        -e inject=clone,clone3,fork:error=EAGAIN:when=2 \
        "$BIN/$SERVER" -p 0 -d 0
    talk <<'END'
1 connect
1 say hello
1 ack
2 connect
2 gone
3 connect
3 say hello
3 ack
1 say again
1 ack
END
    logged 'refuse .*client=2 reason=no-process'
    kill -TERM "$(children "$PID" | awk '{ print $1 }')"
    ended_with 0
}

@test "no place for another process" {
    command -v setpriv >/dev/null || skip "no setpriv"
    sanitized && skip "the sanitizers' threads count, too"
    [ "$(id -u)" -eq 0 ] || skip "needs a user without other processes"
    # Root has no such limit; a user that nobody else is has.  The server is one
    # process, and may have two children.
    local copy
    copy=$(mktemp) # where that user can read it
    cp "$BIN/$SERVER" "$copy"
    chmod 755 "$copy"
    start_command setpriv --reuid=64123 --regid=64123 --clear-groups \
        prlimit --nproc=3 "$copy" -p 0 -d 0
    rm "$copy"
    talk <<'END'
1-2 connect
1-2 say hello
1-2 ack
3 connect
3 gone
1 say again
1 ack
2 close
log reap
4 connect
4 say hello
4 ack
END
    logged 'refuse .*client=3'
    unharmed
}

@test "a full server goes on although children that are not its own end" {
    start_command bash -c \
        "for i in 1 2 3 4; do sleep 0.1 & done; exec $BIN/$SERVER -p 0 -d 0 -m 1"
    talk <<'END'
1 connect
1 say hello
1 ack
2 connect
2 say hello
2 nothing
END
    talk <<'END'
3 connect
3 say hello
3 ack
3 close
END
    until_true equals process_count 0
    unharmed
}

@test "a child that ends just before accept is reaped all the same" {
    command -v strace >/dev/null || skip "no strace"
    sanitized && skip "strace and sanitizers do not go together"
    local tracer
    # After the last look for children the parent is held up for 300 ms, and the
    # child ends meanwhile: a signal between the check and the wait.
    start_command strace -qq -o /dev/null -e trace=wait4 \
        -e inject=wait4:delay_exit=300000 "$BIN/$SERVER" -p 0 -d 0
    tracer=$PID
    PID=$(children | awk '{ print $1 }')
    talk <<'END'
1 connect
1 say hello
1 ack
1 say goodbye
1 eof
END
    until_true logged 'close .*client=1'
    until_true logged 'reap '
    kill -TERM "$PID"
    PID=$tracer
    ended_with 0
}

@test "a child that is forked while a stop is asked for ends like the others" {
    for _ in {1..5}; do
        : >"$LOG"
        start -d 0
        "$BIN/client" --port "$PORT" --duration 60s --per-connection 1 4 \
            >/dev/null 2>&1 3>&- &
        PIDS+=($!)
        until_true logged 'reap '
        kill -TERM "$PID"
        ended_with 0
        not wait "${PIDS[-1]}"
        unset 'PIDS[-1]'
        not grep 'reap .*signal=' "$LOG"
    done
}
