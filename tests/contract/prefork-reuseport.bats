#!/usr/bin/env bats
# Goal: what takes more than one worker to see, where it is not known which
# worker gets which client; the rest is in prefork-reuseport.test.

load ../helper

@test "a worker that is killed loses the clients in its queue, and no others" {
    [ "$(cat /proc/sys/net/ipv4/tcp_migrate_req 2>/dev/null || echo 0)" = 0 ] ||
        skip "the kernel gives the clients of a closed listener to another one"
    local out=$BATS_TEST_TMPDIR/client served
    start -d 300ms -w 2
    "$BIN/client" --port "$PORT" -q -n 1 24 >"$out" 2>&1 3>&- &
    PIDS+=($!)
    until_true logged 'ack .*client=1 '
    kill -KILL "$(awk '$3 == "ack" { print $2; exit }' "$LOG")"
    wait_for "${PIDS[-1]}" # since some are not answered
    [ "$status" -ne 0 ]
    unset 'PIDS[-1]'
    cat "$out"
    # Each of those that were accepted by the other worker has its answer.
    served=$(log_count ' ack ')
    grep -q "^24 messages, $served acks, 0 naks, $((24 - served)) errors" "$out"
    [ "$served" -ge 2 ]
    [ "$served" -le 23 ]
    logged 'warning .*the kernel resets the clients in its queue'
}
