#!/usr/bin/env bats
# Goal: a load says what was measured, checks itself, and does not pass off what
# is wrong as a figure.

load helper

# put_load OPTION... - puts a load on the server; its row of data is in row.
put_load() {
    local csv=$BATS_TEST_TMPDIR/load.csv
    run --separate-stderr "$BIN/client" --port "$PORT" --width 80 --csv "$csv" "$@"
    echo "status $status"
    echo "$output"
    # shellcheck disable=SC2154 # set by run
    echo "$stderr"
    declare -gA row=()
    local names values text
    mapfile -t text <"$csv"
    IFS=, read -ra names <<<"${text[0]}"
    IFS=, read -ra values <<<"${text[-1]}"
    for i in "${!names[@]}"; do row[${names[i]}]=${values[i]-}; done
}

# holds EXPRESSION - of numbers, as awk reads it.
holds() {
    awk "BEGIN { exit !(${1//$'\n'/ }) }" || {
        echo "not so: $1"
        return 1
    }
}

@test "answers are counted, timed and checked; the figures agree with each other" {
    start -d 0 -q
    put_load --duration 200ms 16
    [ "$status" -eq 0 ]
    [[ $output == *"16 clients for 200 ms, to 127.0.0.1 port $PORT"* ]]
    [[ $output == *"closed loop"* ]]
    [[ $output == *"each of them checked"* ]]
    [[ $output == *"client's CPU "*"% of a core"* ]]
    not grep -E '.{81}' <<<"$output"
    holds "${row[answers]} >= 16 && ${row[failed]} == 0 && ${row[unheard]} == 0 &&
        ${row[duration_s]} >= 0.2 && ${row[connections]} == 16"
    holds "${row[answer_min_s]} <= ${row[answer_median_s]} &&
        ${row[answer_median_s]} <= ${row[answer_max_s]}"
    # Little's law: so many clients are busy, and no others.
    holds "${row[in_flight_mean]} > 15.2 && ${row[in_flight_mean]} < 16.8"
    # One thread cannot use more.
    holds "${row[client_cpu_s]} > 0 && ${row[client_cpu_s]} < 1.1 * ${row[duration_s]}"
    # The server has seen as many, and those before and after.
    kill -TERM "$PID"
    ended_with 0
    served=$(sed -n 's/^served 16 clients, \([0-9]*\) messages, .*/\1/p' <&4)
    holds "$served >= ${row[answers]} && $served <= ${row[answers]} + 32"
}

@test "a server's delay is what is measured" {
    start -d 50ms -q
    put_load --duration 1s 4
    [ "$status" -eq 0 ]
    holds "${row[answer_min_s]} >= 0.05"
    # 80 answers per second at the most, which are too few for a p99.
    holds "${row[answers]} >= 4 && ${row[answers]} <= 84 * ${row[duration_s]}"
    [ -z "${row[answer_p99_s]}" ]
    [[ $output != *p99* ]]
}

@test "several in flight, on one connection each" {
    start -d 0 -q
    put_load --duration 100ms --pipeline 16 4
    [ "$status" -eq 0 ]
    holds "${row[in_flight_mean]} > 60 && ${row[in_flight_mean]} < 68"
    [ "${row[connections]}" -eq 4 ]
    [[ $output == *"16 in flight"* ]]
}

@test "connections that end after N messages; the times to connect apart" {
    start -d 0
    put_load --duration 100ms --per-connection 3 4
    [ "$status" -eq 0 ]
    holds "${row[connections]} > 4 && ${row[connections]} >= ${row[answers]} / 3"
    holds "${row[connect_median_s]} > 0"
    stopped
    # All have said goodbye; none has said more, and but the last four no less.
    not grep -E 'close .*(reason=(eof|reset)|messages=[4-9])' "$LOG"
    holds "$(log_count 'reason=goodbye messages=3') >= ${row[connections]} - 4"
}

@test "more clients that reconnect than may be on their way at once" {
    (($(ulimit -Hn) >= 400)) || skip "the descriptor limit is too low"
    start -d 0 -q
    put_load --duration 100ms --per-connection 1 300
    [ "$status" -eq 0 ]
    holds "${row[connections]} >= 300"
    holds "${row[duration_s]} >= 0.1"
    stopped
}

@test "an answer that has not come when the time is up is no contradiction" {
    start -d 300ms -q
    put_load --duration 500ms 4
    [ "$status" -eq 0 ]
    holds "${row[in_flight_mean]} > 3.8 && ${row[in_flight_mean]} < 4.2"
    [[ $output != *"cannot be"* ]]
}

@test "idle connections are held, too" {
    start -d 0
    "$BIN/client" --port "$PORT" --duration 60s --idle 20 1 >/dev/null 3>&- &
    PIDS+=($!)
    until_true equals 'log_count accept' 21
    sleep 0.1 # how long is looked at, not what is waited for
    [ "$(log_count close)" -eq 0 ]
    kill -INT "${PIDS[-1]}"
    wait_for "${PIDS[-1]}"
    [ "$status" -ne 0 ]
    until_true equals 'log_count close' 21
    unharmed
}

@test "messages of any size; nak is right for those that are too long" {
    local size
    start -d 0 -q
    for size in 0 1 4096 4097 100000; do
        put_load --duration 50ms --size "$size" --pipeline 3 2
        [ "$status" -eq 0 ]
        [ "${row[bytes]}" -eq "$size" ]
        holds "${row[answers]} > 0 && ${row[failed]} == 0"
    done
    stopped
}

@test "where nothing is answered or measured, there are no figures" {
    start -d 60s -q
    put_load --duration 200ms 2
    [ "$status" -eq 1 ]
    [[ $output == *$'\n''answers       none in '[0-9]* ]]
    [[ $output == *$'\n''check         no client got an answer' ]]
    not grep -E 'checked|per answer' <<<"$output"
    [ -z "${row[answer_min_s]}${row[answer_median_s]}${row[answer_mean_s]}" ]
    [ -n "${row[connect_min_s]}" ]
    kill -KILL "$PID"
    PORT=1 put_load --duration 200ms 2
    [ "$status" -eq 1 ]
    [ -z "${row[duration_s]}${row[answers_per_s]}${row[connect_min_s]}" ]
    [ -z "${row[client_cpu_s]}${row[in_flight_mean]}" ]
    [ "${row[failed]}" -eq 2 ]
}

@test "who gets no answer at all is no figure" {
    SERVER=prefork start -d 0 -q -w 2
    put_load --duration 200ms 5
    [ "$status" -eq 1 ]
    [ "${row[unheard]}" -eq 3 ]
    [[ $output == *"3 clients got no answer at all: the figures are those of 2 clients"* ]]
    # However late the first answers of the two came.
    holds "${row[in_flight_mean]} < 2.05"
}

@test "of many answers it is said which was wrong" {
    wrong_server 'ackackackackackacknakackackack'
    put_load --duration 300ms --pipeline 10 1
    [ "$status" -eq 1 ]
    [[ $stderr == *"client 1: answer 7 is 'nak', not 'ack'"* ]]
}

@test "every byte that comes back is checked" {
    local script complaint
    while IFS='|' read -r script complaint; do
        wrong_server "$script"
        put_load --duration 300ms 1
        [ "$status" -eq 1 ]
        [ "${row[failed]}" -eq 1 ]
        [[ $stderr == *"client 1: $complaint"* ]]
    done <<'END'
nak|answer 1 is 'nak', not 'ack'
ackack|got 'ack' unasked after 1 answer
acx|answer 1 is 'acx', not 'ack'
END
}

@test "nobody there" {
    run "$BIN/client" --port 1 --duration 1s 3
    [ "$status" -eq 1 ]
    [[ $output == *"client 1 and 2 others: cannot connect: connection refused"* ]]
    [[ $output == *"nobody listens on 127.0.0.1 port 1"* ]]
}

@test "Ctrl-C ends a load, and what there is is shown" {
    start -d 0
    "$BIN/client" --port "$PORT" --duration 60s 2 >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    PIDS+=($!)
    until_true logged 'ack .*client=2'
    kill -INT "${PIDS[-1]}"
    wait_for "${PIDS[-1]}"
    [ "$status" -ne 0 ]
    grep -q '^interrupted after ' "$BATS_TEST_TMPDIR/out"
    grep -q 'answers .* per second' "$BATS_TEST_TMPDIR/out"
    unharmed
}

@test "time in which the client was stopped is named" {
    start -d 0
    "$BIN/client" --port "$PORT" --duration 3s 2 >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    PIDS+=($!)
    until_true logged 'ack .*client=2'
    kill -STOP "${PIDS[-1]}"
    sleep 2
    kill -CONT "${PIDS[-1]}"
    wait_for "${PIDS[-1]}"
    [ "$status" -eq 0 ]
    cat "$BATS_TEST_TMPDIR/out"
    grep -qE '^The client did not run for [0-9.]+ s' "$BATS_TEST_TMPDIR/out"
}

@test "a load draws how its answer times are distributed, and writes it as files" {
    local dir=$BATS_TEST_TMPDIR answers
    start -d 1ms -q
    run "$BIN/client" -q --ascii --duration 100ms --svg "$dir/x.svg" \
        --markdown "$dir/x.md" -p "$PORT" 4
    echo "$output"
    [ "$status" -eq 0 ]
    answers=$(sed -nE 's/^answers .*: ([0-9]+) in .*/\1/p' <<<"$output")
    # Each class has a bar and a count; together they are all answers.
    [ "$(awk '/^ +[0-9.]+ to [0-9.]+ [mu]?s  / { sum += $NF } END { print sum }' \
        <<<"$output")" -eq "$answers" ]
    grep -qE '^ +[0-9.]+ to [0-9.]+ m?s  #+' <<<"$output"
    grep -q '<rect class="serve w1"' "$dir/x.svg"
    grep -qE '>median [0-9.]+ ms<' "$dir/x.svg"
    grep -q ">height: how many of the $answers answers took so long<" "$dir/x.svg"
    grep -qE '<text class="tick"[^>]*>[0-9.]+ m?s<' "$dir/x.svg"
    grep -q '^| answer time | ' "$dir/x.md"
    [ -z "$(command -v python3)" ] || python3 -S -c '
import sys, xml.etree.ElementTree as tree
tree.parse(sys.argv[1])' "$dir/x.svg"
}

# adds_up - each request that was offered has one outcome.
adds_up() {
    holds "${row[answered]} + ${row[refused]} + ${row[wrong]} + ${row[given_up]} + \
        ${row[unanswered]} == ${row[offered]}"
}

# more_acks_than NUMBER
more_acks_than() {
    [ "$(log_count 'ack .*client=')" -gt "$1" ]
}

@test "an open loop offers as many requests as it should, however slow the server is" {
    (($(ulimit -Hn) >= 400)) || skip "the descriptor limit is too low"
    SERVER=single-process start -d 10ms -q
    put_load --duration 1s --rate 25 --per-connection 1 300
    [ "$status" -eq 0 ]
    [[ $output == *"An open loop: 25 requests per second"* ]]
    [[ $output == *"25 offered: 25 answered, 0 refused, 0 given up, 0 without "* ]]
    not grep -E '.{81}' <<<"$output"
    [ "${row[connections]}" -eq 25 ]
    # The times are not known if this machine was too slow.
    holds "${row[answer_median_s]:-1} >= 0.01 && ${row[in_flight_mean]:-1} > 0.2"
    # Three times what it can answer: it answers no more than it can, and the
    # requests wait.
    put_load --duration 1s --rate 300 --per-connection 1 300
    [ "$status" -eq 1 ]
    [ "${row[offered]}" -eq 300 ]
    adds_up
    holds "${row[answers]} <= 101 && ${row[unanswered]} > 90"
    # Of the first half, the last is due at 0.5 s and answered at 1.5 s, or later.
    local waited=${row[answer_median_s]:-60}
    holds "$waited > 0.5 && ${row[in_flight_mean]:-60} > 50"
    # A closed loop does not show that, since its client waits for the answer.
    SERVER=single-process start -d 10ms -q
    put_load --duration 300ms --per-connection 1 1
    holds "${row[answer_median_s]} < $waited / 2"
    [ "${row[rate_per_s]}${row[offered]}${row[late_max_s]}" = '' ]
}

@test "an open loop also counts the time in which a request could not be sent" {
    # With one client, requests wait until it is free.
    start -d 20ms -q
    put_load --duration 500ms --rate 100 1
    [ "${row[offered]}" -eq 50 ]
    adds_up
    holds "${row[connections]} == 1 && ${row[delayed]} > ${row[answered]} / 2"
    holds "${row[answer_median_s]:-1} > 0.1"
    [[ $output == *" requests waited for a free client (there are 1)"* ]]
    stopped
}

@test "a server that stalls does not hide it from an open loop" {
    start -d 0 -q
    (sleep 0.5 && kill -STOP "$PID" && sleep 0.6 && kill -CONT "$PID") 3>&- &
    put_load --duration 2s --rate 100 20
    [ "$status" -eq 0 ]
    [ "${row[answered]}" -eq 200 ]
    # 60 of 200 requests were due during the stall, and waited 300 ms on average.
    holds "${row[answer_max_s]:-1} > 0.3 && ${row[answer_p90_s]:-1} > 0.1"
    stopped
}

@test "a request is given up at its deadline, tried again, and counted once" {
    (($(ulimit -Hn) >= 400)) || skip "the descriptor limit is too low"
    SERVER=single-process start -d 10ms -q
    put_load --duration 500ms --rate 300 --per-connection 1 300
    local patient=${row[answer_median_s]:-60} answered
    # The server still works for clients that have gone.
    SERVER=single-process start -d 10ms -q
    put_load --duration 500ms --rate 300 --deadline 200ms --per-connection 1 300
    [ "$status" -eq 1 ]
    [ "${row[offered]}" -eq 150 ]
    adds_up
    holds "${row[given_up]} > ${row[answered]} && ${row[answered]} > 0"
    holds "${row[answer_median_s]:-0} < $patient && ${row[retries]} == 0"
    answered=${row[answered]}
    put_load --duration 500ms --rate 300 --deadline 200ms --retry 2 --per-connection 1 300
    [ "${row[offered]}" -eq 150 ]
    adds_up
    holds "${row[retries]} >= ${row[given_up]}"
    kill -TERM "$PID"
    ended_with 0
    # It has served more requests than got an answer in time.
    holds "$(sed -n 's/^served .*, \([0-9]*\) messages, .*/\1/p' <&4) > \
        $answered + ${row[answered]}"
}

@test "under an open loop no server hangs, and no request is lost from the count" {
    local s before
    for s in fork-per-client prefork epoll; do
        SERVER=$s start -d 10ms
        put_load --duration 300ms --rate 1000 --per-connection 1 20
        [ "${row[offered]}" -eq 300 ]
        adds_up
        holds "${row[answered]} > 0 && ${row[refused]} + ${row[wrong]} == 0"
        # A server that dies refuses the rest.
        before=$(log_count 'ack .*client=')
        (until_true more_acks_than "$before" && kill -KILL "$PID") 3>&- &
        put_load --duration 1500ms --rate 100 20
        [ "$status" -eq 1 ]
        [ "${row[offered]}" -eq 150 ]
        adds_up
        holds "${row[answered]} > 0 && ${row[refused]} > 20"
        [[ $stderr == *" connections: cannot connect: connection refused"* ]]
    done
}

@test "if the client itself was late, the times are not known" {
    start -d 0
    "$BIN/client" --port "$PORT" --duration 1s --rate 100 \
        --csv "$BATS_TEST_TMPDIR/late.csv" 20 >"$BATS_TEST_TMPDIR/out" 3>&- &
    PIDS+=($!)
    until_true logged 'ack .*client=2'
    kill -STOP "${PIDS[-1]}"
    sleep 0.5
    kill -CONT "${PIDS[-1]}"
    wait_for "${PIDS[-1]}"
    [ "$status" -eq 0 ]
    cat "$BATS_TEST_TMPDIR/out"
    grep -q '^answer time .* unknown ' "$BATS_TEST_TMPDIR/out"
    grep -q '^ *unknown: this client, and not the server' "$BATS_TEST_TMPDIR/out"
    grep -q '100 offered: 100 answered' "$BATS_TEST_TMPDIR/out"
    stopped
}

@test "Ctrl-C ends an open loop, and only what was due counts" {
    start -d 0
    "$BIN/client" --port "$PORT" --duration 60s --rate 50 \
        --csv "$BATS_TEST_TMPDIR/cut.csv" 20 >"$BATS_TEST_TMPDIR/out" 3>&- &
    PIDS+=($!)
    until_true logged 'ack .*client=2'
    kill -INT "${PIDS[-1]}"
    wait_for "${PIDS[-1]}"
    [ "$status" -ne 0 ]
    cat "$BATS_TEST_TMPDIR/out"
    grep -qE '^requests +[0-9]{1,3} offered: ' "$BATS_TEST_TMPDIR/out"
    unharmed
}

@test "what is wrong with the answers of an open loop is counted by kind" {
    wrong_server 'acx'
    put_load --duration 100ms --rate 50 2
    [ "$status" -eq 1 ]
    adds_up
    holds "${row[wrong]} > 0"
    [[ $stderr == *"answer 1 is 'acx', not 'ack'"* ]]
}

@test "what a load cannot do is said in a line" {
    rejects client <<'END'
--duration and --messages cannot be used|--duration 1s -n 5
--duration and THINK cannot be used|--duration 1s 2 1
--duration and --timeout cannot be used|--duration 1s --timeout 5s
--duration and --vanish cannot be used|--duration 1s --vanish
--duration and --silent cannot be used|--silent --duration 1s
--vanish and --silent cannot be used|--silent --vanish
--clients and CLIENTS ('3') cannot|-c 3 3
--duration: '5' has no unit|--duration 5
--duration: must be longer than 0|--duration 0
--idle: can only be used with --duration|--idle 5
--rate: can only be used with --duration|--rate 5
--rate: '0' is not|--duration 1s --rate 0
--pipeline and --rate cannot be used|--duration 1s --rate 5 --pipeline 2
--deadline: can only be used with --rate|--duration 1s --deadline 1s
--retry: can only be used with --rate|--duration 1s --retry 1
--per-connection: can only be used with --duration|--per-connection 5
--per-connection: '0' is not|--duration 1s --per-connection 0
--idle: 60000 busy and 60000 idle|--duration 1s --idle 60000 60000
--pipeline: 100 clients with 1000000|--duration 1s --pipeline 1000000 100
END
}
