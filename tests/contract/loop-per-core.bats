#!/usr/bin/env bats
# Goal: what loop-per-core promises and only the shell can look at; the rest is in
# loop-per-core.test.

load ../helper

# per_thread AWK - runs AWK for each message or ack in the log: who is the thread,
# what the verb, and client the client.
per_thread() {
    awk '{ who = $2; what = $3; client = $4 } what ~ /^(message|ack)$/ { '"$1" "$LOG"
}

@test "a client stays in one loop, and the loops work at the same time" {
    start -w 2 -d 0 -C 5ms
    client -q -n 4 24
    kill -TERM "$PID"
    ended_with 0
    # No client has two threads, and two threads have clients.
    per_thread 'loop[client] = loop[client] ? loop[client] : who
        if (loop[client] != who) moved = 1; loops[who] }
        END { for (w in loops) n++; exit !(n == 2 && !moved) }'
    # While a loop works on a message, it does nothing else.
    per_thread 'if (what == "message" && busy[who]++) exit 1
        if (what == "ack") busy[who]-- }'
    # But another loop does.
    per_thread 'now += what == "message" ? 1 : -1; if (now == 2) both = 1 }
        END { exit !both }'
}

@test "a second server cannot listen on the same port, and so take clients away" {
    local server
    start -w 2 -d 0
    for server in loop-per-core epoll; do
        run "$BIN/$server" -p "$PORT"
        [ "$status" -eq 1 ]
        [[ $output == *"Address already in use"* ]]
    done
    kill -TERM "$PID"
    ended_with 0
    # Nor can this server listen where another one does.
    start_command "$BIN/epoll" -p 0
    run "$BIN/$SERVER" -p "$PORT"
    [ "$status" -eq 1 ]
}
