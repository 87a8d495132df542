#!/usr/bin/env bats
# Goal: the judge accuses no right server of another service or frame, and names
# what is wrong with the others (tests/judged/services.py, tests/zoo).

load helper

setup_file() {
    PYTHON=$(python3 -S -c 'import sys; print(sys.executable)' 2>/dev/null) || true
    export PYTHON PYTHONDONTWRITEBYTECODE=1
}

# judge STATUS FINDINGS SERVICE FRAME [FAULT] - the findings that are not ok must
# be these.  On a machine that is too busy, the judge says that it does not know.
judge() {
    local expected=$1 findings=$2 service=$3 frame=$4 times
    [ -n "$PYTHON" ] || skip "no python3"
    for times in 1 2 3; do
        run "$BIN/judge" --service "$service" --frame "$frame" --csv - -d 1ms \
            ${ONLY:+--only "$ONLY"} -- "$PYTHON" -S tests/judged/services.py \
            '{port}' '{delay}' "${@:3}"
        echo "$times: $output"
        is_too_busy <<<"$output" || break
    done
    not is_too_busy <<<"$output" || skip "the machine is too busy"
    [ "$(awk -F, '$4 == "not ok" { print $2 }' <<<"$output" | xargs)" = \
        "$findings" ]
    [ "$status" -eq "$expected" ]
}

@test "right servers of other services are accused of nothing" {
    local service frame
    while read -r SERVER service frame; do
        run "$BIN/judge" --service "$service" --frame "$frame" --csv - -d 1ms \
            "$BIN/$SERVER"
        echo "$output"
        [ "$(awk -F, '/^2,/ && $4 != "ok" { print $2 }' <<<"$output" | xargs)" = '' ]
        [ "$status" -eq 0 ]
    done <<'END'
prefork kv etx
epoll upper length
END
    judge 0 '' kv length
}

@test "the judge counts tables and lost updates" {
    ONLY=state.truths,state.lost
    judge 1 state.truths kv length truths
    [[ $output == *"'none' to 16; and 16 of 16 clients that add"* ]]
    judge 1 state.lost kv etx lost
    [[ $output == *"200 ADDs of 1 are answered, and the value went from 0 to 180"* ]]
}

@test "the judge sees a wrong byte, and an answer that is cut" {
    ONLY=service
    judge 1 service.message echo etx one-off
    judge 1 service.message echo length cut
}

@test "the judge sees a lock that is held while a thread waits, or sends" {
    ONLY=service.at-once,service.slow-reader
    judge 0 '' upper etx
    judge 1 service.at-once kv etx locks
    judge 3 service.slow-reader file etx locks-send
}

@test "findings are those of the service; the model is not looked at" {
    run "$BIN/judge" --service kv --expect epoll -- "$BIN/epoll"
    [ "$status" -eq 2 ]
    run "$BIN/judge" --service kv --expect event-loop -- "$BIN/epoll"
    [ "$status" -eq 2 ]
    [[ $output == *"--expect: needs the service ack in the frame etx"* ]]
}
