#!/usr/bin/env bats
# Goal: every exercise of the notes that changes code can be solved, and its
# check tells the solution from the server before it.  tests/exercises/ holds the
# solutions as patches, and one more with which an exercise begins.  A patch
# begins with the command that checks it; if the server before it does not have
# an option of that command, another command (Without) checks that server.

load helper

# header PATCH KEY - prints a line of a patch's header.
header() {
    sed -n "/^---/q; s/^$2: //p" "$1"
}

# check_solution PATCH - succeeds if the check does so with the solution, and
# with nothing else.  It runs in a shell of its own, hence no bats here.
check_solution() {
    local patch=$1 check without
    check=$(header "$patch" Check)
    without=$(header "$patch" Without)
    [ -n "$check" ] || return
    # A machine may forbid what this server needs.
    [[ " ${SERVERS-$(header "$patch" Server)} " == *" $(header "$patch" Server) "* ]] || return 0
    if ! SERVER=bin/exercises/$(basename "$patch" .patch) timeout 120 bash -c "$check"; then
        echo "$patch: the solution fails: $check"
        return 1
    fi
    if SERVER=bin/$(header "$patch" Server) timeout 120 bash -c "${without:-$check}"; then
        echo "$patch: the server before the solution passes: ${without:-$check}"
        return 1
    fi
    if SERVER=bin/exercises/nobody timeout 120 bash -c "$check"; then
        echo "$patch: no server passes: $check"
        return 1
    fi
} >"$BATS_TEST_TMPDIR/$(basename "$1")" 2>&1

@test "every solution compiles, and passes the check that the server before it fails" {
    PATCHES=tests/exercises ZOO=bin/exercises WERROR=-Werror tests/zoo/build
    export -f header check_solution
    # The checks mostly wait, so several of them run at once.
    printf '%s\n' tests/exercises/*.patch |
        xargs -P 4 -I '{}' bash -c 'check_solution {}' 3>&- ||
        { cat "$BATS_TEST_TMPDIR"/*.patch && false; }
}

@test "every solution belongs to an exercise, and its answer names it" {
    local patch exercise page
    for patch in tests/exercises/*.patch; do
        exercise=$(header "$patch" Exercise)
        page=${exercise%%, *}
        echo "$patch: $exercise"
        grep -qE "^${exercise##*, }\. \*(Modify|Make)\.\*" "$page"
        grep -qF "$patch" "notes/answers/${page#notes/}"
    done
}

@test "check-exercise lists the exercises, and says whether a server passes" {
    local name
    run tests/check-exercise
    [ "$status" -eq 0 ]
    for name in tests/exercises/*.patch; do
        name=$(basename "$name" .patch)
        [ "$name" = 13-race ] || grep -q "^$name  *bin/.* notes/" <<<"$output"
    done
    run tests/check-exercise 03-waiting bin/exercises/03-waiting
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$output" = "03-waiting: bin/exercises/03-waiting passes" ]
    run tests/check-exercise 03-waiting
    [ "$status" -eq 1 ]
    [[ $output == "03-waiting: bin/single-process does not pass yet."* ]]
    run tests/check-exercise no-such-exercise
    [ "$status" -eq 2 ]
}
