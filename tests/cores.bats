#!/usr/bin/env bats
# Goal: the models with workers use all cores.  Apart from the others, since it
# needs two cores that nobody else uses at that moment.

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
