#!/usr/bin/env bats
# Goal: the laboratory counts what the kernel does.  In herd the next client comes
# when all processes sleep again, so a busy machine does not change the numbers.
# Of price, only the order of its rows is tested.

load helper

# herd OPTION... - runs it with four processes and 20 clients; sets rows, each a
# way to wait, wake-ups and empty returns per client, how many processes got
# clients, "of", all processes, and the clients of each.
herd() {
    grep -q ^voluntary_ctxt_switches: /proc/self/status || skip "no /proc"
    run --separate-stderr "$BIN/lab/herd" -w 4 -c 20 "$@"
    # shellcheck disable=SC2154 # set by run
    echo "$output" "$stderr"
    [ "$status" -eq 0 ]
    rows=$(grep -E ' of [0-9]' <<<"$output")
}

# in_row NAME CONDITION - tells whether awk's condition holds in that row.
in_row() {
    echo "$1: $2"
    awk -v name="$1" "\$1 == name { found = 1; ok = $2 }
        END { exit !(found && ok) }" <<<"$rows"
}

# shellcheck disable=SC2016 # conditions of awk
@test "herd: who is woken for a client, and all clients are served" {
    local way
    herd
    [ "$(wc -l <<<"$rows")" -eq 8 ]
    for way in accept epoll-exclusive shared-edge reuseport; do
        in_row "$way" '$2 >= 1 && $2 < 1.5'
    done
    for way in select poll epoll; do
        in_row "$way" '$2 > 3.5'
    done
    # The process that is woken wakes another one.
    in_row shared-level '$2 > 1.5'
    for way in accept select poll epoll epoll-exclusive shared-level shared-edge reuseport; do
        in_row "$way" '$7 + $8 + $9 + $10 == 20'
    done
    # accept wakes the process that has slept longest.
    in_row accept '$7 == 5 && $8 == 5 && $9 == 5 && $10 == 5'
}

@test "herd: one row, and what it does not know" {
    herd poll
    [ "$(cut -d ' ' -f 1 <<<"$rows")" = poll ]
    for option in -x "-w 0" nobody; do
        # shellcheck disable=SC2086 # an option and its value
        run "$BIN/lab/herd" $option
        echo "$output"
        [ "$status" -eq 2 ]
        [[ $output == *"ways: accept select poll"* ]]
    done
}

@test "price: a new process costs more than a new thread, and a large one most" {
    [ -r /proc/self/smaps_rollup ] || skip "no /proc/self/smaps_rollup"
    [ -z "${SAN-}" ] || skip "a sanitizer makes threads expensive"
    run --separate-stderr "$BIN/lab/price" -n 20
    echo "$output" "$stderr"
    [ "$status" -eq 0 ]
    [ "$(grep -cE '^a .*[0-9]$' <<<"$output")" -eq 6 ]
    # The words of the name differ in number, so count from the end.
    # With larger pages than 4 KiB there are few page tables to copy.
    awk -v page="$(getconf PAGESIZE)" '/^a function/ { call = $NF }
        /^a new thread/ { thread = $(NF - 1); thread_memory = $NF }
        /^a process that waits/ { waits = $(NF - 1) }
        /^a new process /  && !/MiB/ { process = $(NF - 1); process_memory = $NF }
        /64 MiB/ { large = $(NF - 1); large_memory = $NF }
        END { exit !(call < thread && thread < process && waits < process &&
            thread_memory < process_memory && (page > 4096 ||
            process < large && process_memory + 100 < large_memory)) }' <<<"$output"
    run "$BIN/lab/price" -n 0
    [ "$status" -eq 2 ]
}

@test "switches: a fiber costs more than a coroutine, and much less than a thread" {
    [ -r /proc/self/smaps_rollup ] || skip "no /proc/self/smaps_rollup"
    [ -z "${SAN-}" ] || skip "a sanitizer makes threads expensive"
    [ -x "$BIN/fibers" ] || skip "no fibers on this machine"
    run --separate-stderr "$BIN/lab/switches" -n 2000
    echo "$output" "$stderr"
    [ "$status" -eq 0 ]
    awk -v page="$(getconf PAGESIZE)" '{ time[$1] = $2; memory[$1] = $3 }
        END { exit !(time["coroutine"] < time["thread"] / 10 &&
            time["fiber"] < time["thread"] / 10 &&
            memory["coroutine"] < memory["fiber"] &&
            memory["fiber"] < 2.2 * page / 1024 &&
            memory["fiber"] < memory["thread"] &&
            memory["thread"] < memory["process"]) }' <<<"$output"
    run "$BIN/lab/switches" -n 0
    [ "$status" -eq 2 ]
}

@test "readiness: an error is reported whether one asks or not" {
    run "$BIN/lab/readiness"
    echo "$output"
    [ "$status" -eq 0 ]
    diff <(tr -s ' ' <<<"$output") - <<'END'
the client select, read poll, POLLIN poll, 0 epoll, EPOLLIN epoll, 0
says nothing - - - - -
sends a message readable IN - IN -
ends its input readable IN - IN -
resets readable IN ERR HUP ERR HUP IN ERR HUP ERR HUP
END
}
