#!/usr/bin/env bats
# Goal: the judge says what a server is, and accuses no good one.  Runs once per
# server.

load helper

# What the judge must say of a server: what it behaves like, and, behind "|",
# something else about it.
declare -A says=(
    [single-process]='one at a time'
    [fork-per-client]='one process per client'
    [thread-per-client]='one thread per client'
    [prefork]='a pool of 3: |3 of them wait in accept'
    [prethreaded]='a pool of 5: |5 of them wait in accept'
    [threaded]='a pool of 5: |one of them waits in accept'
    [select]='an event loop'
    [poll]='an event loop'
    [epoll]='an event loop'
    [epoll-edge]='an event loop'
    [coroutines]='an event loop'
    [fibers]='an event loop'
    [uring]='an event loop'
)

@test "a good server is judged to be what it is, and nothing is wrong" {
    local words=${says[$SERVER]-} options=()
    sanitized && skip "sanitizers take memory and descriptors of their own"
    [ "$SERVER" != prefork ] || options=(-w 3)
    run timeout 300 "$BIN/judge" "$BIN/$SERVER" "${options[@]}"
    echo "$output"
    not grep -q 'NOT OK' <<<"$output"
    [ -z "${ALONE-}" ] || ! is_too_busy <<<"$output" || skip "the machine is too busy for the judge"
    # Everything could be looked at.
    # shellcheck disable=SC2154 # set by run
    [ "$status" -eq 0 ]
    not grep -q '^unknown' <<<"$output"
    [[ $output == *"behaves like ${words%%|*}"* ]]
    [[ $output == *"${words#*|}"* ]]
    # Only select has this limit.
    (($(ulimit -Hn) < 1200)) || {
        [[ $output == *"the limit of select"* ]] && limit=1 || limit=0
        [ "$SERVER" = select ] && expected=1 || expected=0
        [ "$limit" -eq "$expected" ]
    }
}
