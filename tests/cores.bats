#!/usr/bin/env bats
# Goal: the models with workers use all cores, and the loops let ten thousand in
# at once.  Apart from the others, since it needs cores that nobody else uses at
# that moment.

load helper

# uses_two_cores - 8 messages of 50 ms of computing are done in clearly less than
# the 400 ms that one core needs.
uses_two_cores() {
    local try took
    [ "$(nproc)" -ge 2 ] || skip "needs two cores"
    sanitized && skip "sanitizers change the times"
    for try in {1..20}; do
        : >"$LOG"
        start -d 0 -C 50ms
        client -c 8 -n 1 -q >/dev/null
        stopped
        took=$(awk '/ accept / && !first { first = $1 } / ack / { last = $1 }
                    END { print last - first }' "$LOG")
        echo "try $try: $took s"
        # A busy machine makes it longer, nothing makes it shorter.
        if awk -v took="$took" 'BEGIN { exit !(took < 0.380) }'; then
            return 0
        fi
    done
    return 1
}

@test "fork-per-client" {
    SERVER=fork-per-client uses_two_cores
}

@test "prefork" {
    SERVER=prefork uses_two_cores
}

@test "threaded" {
    SERVER=threaded uses_two_cores
}

# ten_thousand_at_once - with the default listen queue: all are answered, and
# none waits for its connection request to be sent again, which takes a second.
ten_thousand_at_once() {
    local try csv=$BATS_TEST_TMPDIR/messages.csv
    sanitized && skip "takes too long with sanitizers"
    (($(ulimit -Hn) >= 10100)) || skip "the descriptor limit is too low"
    for try in {1..5}; do
        start -d 0 -q
        client -q -n 1 --csv "$csv" 10000 >/dev/null
        stopped
        # On a busy machine the server may sleep while the queue fills.
        if awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
            $at["connected_s"] - $at["started_s"] > 0.9 { late++ } END {
                print "try '"$try"': " late + 0 " of " NR - 1 " late"
                exit NR != 10001 || late > 0 }' "$csv"; then
            return 0
        fi
    done
    return 1
}

@test "ten thousand at once: poll" {
    SERVER=poll ten_thousand_at_once
}

@test "ten thousand at once: epoll" {
    SERVER=epoll ten_thousand_at_once
}
