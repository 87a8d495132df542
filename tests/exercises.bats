#!/usr/bin/env bats
# Goal: an exercise of the notes that changes code can be solved, and its check
# tells the solution from what there was before.  tests/exercises/ holds the
# solutions, as patches (and what one exercise begins with); what begins them says
# how they are checked, and, where the server before has no such option, how that
# is (Without).

load helper

# header PATCH KEY - prints a line of a patch's header.
header() {
    sed -n "/^---/q; s/^$2: //p" "$1"
}

@test "every solution compiles, and passes the check that the server before it fails" {
    local patch name check without
    PATCHES=tests/exercises ZOO=bin/exercises WERROR=-Werror tests/zoo/build
    for patch in tests/exercises/*.patch; do
        name=$(basename "$patch" .patch)
        check=$(header "$patch" Check)
        echo "$name: $check"
        [ -n "$check" ]
        # A check that fails, or does not, because nothing runs says nothing.
        tests/with-server "bin/exercises/$name" -d 0 -- bin/client -q -n 1
        SERVER=bin/exercises/$name timeout 30 bash -c "$check"
        without=$(header "$patch" Without)
        run env SERVER="bin/$(header "$patch" Server)" timeout 30 bash -c "${without:-$check}"
        [ "$status" -ne 0 ]
        run env SERVER=bin/exercises/nobody timeout 30 bash -c "$check"
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
