#!/usr/bin/env bats
# Goal: what only prethreaded promises when it cannot start; the rest is in
# prethreaded.test.

load ../helper

@test "a thread that cannot be started is named, and status 1" {
    sanitized && skip "sanitizers need all the address space"
    run bash -c "ulimit -v 200000; exec $BIN/$SERVER -p 0 -w 500"
    [ "$status" -eq 1 ]
    [ "${#lines[@]}" -eq 1 ]
    [[ $output =~ ^$SERVER:\ cannot\ start\ thread\ [0-9]+\ of\ 500 ]]
}
