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
