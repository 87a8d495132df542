#!/usr/bin/env bats
# Goal: the judge is right about correct servers in other languages, which are
# not made of the modules of this suite (tests/judged/table).

load helper

@test "servers in other languages are judged as what they are" {
    sanitized && skip "the servers are the same"
    run tests/judged/check
    echo "$output"
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -gt 2 ]
}

@test "what a good server does at the start, or when it is full, is no defect" {
    sanitized && skip "the servers are the same"
    command -v python3 >/dev/null || skip "no python3"
    run timeout 120 "$BIN/judge" --only neighbours.leftover,attack.churn \
        python3 tests/judged/refuses.py '{port}' '{delay}' 3
    echo "$output"
    [ "$status" -ne 1 ] && [ "$status" -ne 3 ]
    [[ $output == *"serves 3 at once, no more"* ]]
    run timeout 120 "$BIN/judge" --only idle.waiting \
        python3 tests/judged/inetd.py '{port}' '{delay}'
    echo "$output"
    [ "$status" -eq 0 ]
}
