#!/usr/bin/env bats
# Goal: what only select promises when it cannot start; the rest is in
# select.test.

load ../helper

@test "so many inherited descriptors that its own are too high are refused" {
    run bash -c '
        ulimit -n 3000 || exit 77
        for ((fd = 3; fd <= 1100; fd++)); do eval "exec $fd</dev/null"; done
        exec timeout 60 '"$BIN/$SERVER"' -p 0'
    [ "$status" -ne 77 ] || skip "the descriptor limit is too low"
    [ "$status" -eq 1 ]
    [ "${#lines[@]}" -eq 1 ]
    [[ $output == "$SERVER: "*"cannot watch"* ]]
}
