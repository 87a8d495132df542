#!/usr/bin/env bats
# Goal: an exercise of the notes that changes code can be solved, and its check
# tells the solution from what there was before.  tests/exercises/ holds the
# solutions, as patches; what begins them says how they are checked.

load helper

# header PATCH KEY - prints a line of a patch's header.
header() {
    sed -n "/^---/q; s/^$2: //p" "$1"
}

@test "every solution compiles, and passes the check that the server before it fails" {
    local patch name
    PATCHES=tests/exercises ZOO=bin/exercises tests/zoo/build
    for patch in tests/exercises/*.patch; do
        name=$(basename "$patch" .patch)
        check=$(header "$patch" Check)
        echo "$name: $check"
        [ -n "$check" ]
        SERVER=bin/exercises/$name bash -c "$check"
        run env SERVER="bin/$(header "$patch" Server)" bash -c "$check"
        [ "$status" -ne 0 ]
    done
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
