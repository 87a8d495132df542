#!/usr/bin/env bats
# Goal: each mystery starts a sick server, exactly one cause is right, and nothing
# tells which one before that.  Whether its clients see the symptoms takes too
# long to test.

load helper

# start NUMBER - starts a mystery on a free port, and waits until its clients run.
start() { # NUMBER
    local line
    exec {out}< <(BIN=$BIN PORT=0 MYSTERIES=$BATS_TEST_TMPDIR exec tests/mystery/run "$1" 2>&1)
    PIDS=($!)
    while read -r -t 60 -u "$out" line && [[ $line != *'Ctrl-C ends'* ]]; do
        echo "$line"
        lines+=("$line")
    done
    [[ $line == *'Ctrl-C ends'* ]]
}

@test "mystery: each has one right cause, and says of others what contradicts them" {
    local number cause right sum causes wrong=0
    mapfile -t causes < <(sed -nE 's/^([a-z]+): .*/\1/p' tests/mystery/causes)
    for number in tests/mystery/[1-9]*; do
        number=${number##*/} right=''
        sum=$(sed -n 's/^Cause: //p' "tests/mystery/$number")
        for cause in $(tests/mystery/run --sum "$number" "${causes[@]}" | sed -n "s/ $sum\$//p"); do
            right+=$cause
        done
        echo "$number: $right"
        [ -n "$right" ]
        run tests/mystery/run "$number" "$right"
        [ "$status" -eq 0 ]
        [[ $output =~ 'See '(tests/zoo/[a-z-]+\.patch) ]]
        [ -f "${BASH_REMATCH[1]}" ]
        cause=${causes[wrong++]}
        [ "$cause" != "$right" ] || continue
        run tests/mystery/run "$number" "$cause"
        echo "$output"
        [ "$status" -eq 1 ]
        [ "${lines[0]}" = "mystery $number: $cause is not the cause." ]
        [ "${#lines[@]}" -gt 1 ]
        [[ $output != *'tests/zoo'* && $output != *NAME* ]]
    done
    run tests/mystery/run 1 nonsense
    [ "$status" -eq 2 ]
    [[ $output == *"deadlock "* ]]
    run tests/mystery/run 99
    [ "$status" -eq 2 ]
    [[ $output == *"there are: 1 2 "* ]]
}

@test "mystery: each starts under a name that tells nothing, and ends completely" {
    local number pid lines out
    for number in tests/mystery/[1-9]*; do
        number=${number##*/} lines=()
        start "$number"
        [[ ${lines[0]} == "mystery $number: the server mystery-$number is listening on "* ]]
        pid=${lines[1]#Its process is } pid=${pid%%.*}
        [ "$pid" = "$(cat "$BATS_TEST_TMPDIR/mystery-$number.pid")" ]
        [ "$(cat "/proc/$pid/comm")" = "mystery-$number" ]
        kill -TERM "${PIDS[0]}"
        cat <&"$out" # until all that could write to it have ended
        exec {out}<&-
        has_ended "$pid"
        # Nothing tells which patch it was made from.
        run grep -rlE '^(Defect|Symptom): ' "$BATS_TEST_TMPDIR"
        [ "$status" -eq 1 ]
        [ ! -e "build/zoo/src/mystery-$number" ]
    done
}

@test "mystery: no file of it names its server or its cause" {
    local name number
    for name in tests/zoo/*.patch; do
        name=${name##*/}
        echo "${name%.patch}"
    done >"$BATS_TEST_TMPDIR/names"
    run grep -rwFf "$BATS_TEST_TMPDIR/names" tests/mystery
    [ "$status" -eq 1 ]
    for number in tests/mystery/[1-9]*; do
        grep -qE '^Server: [0-9]+$' "$number"
        grep -qE '^Cause: [0-9]+$' "$number"
    done
}
