#!/usr/bin/env bats
# Goal: the benchmark's figures are what its samples say, and what can be counted
# exactly is counted.  No test depends on how fast this machine is.

load helper

# bench OPTION... - runs it in its shortest form, with its data in $csv.
bench() {
    csv=$BATS_TEST_TMPDIR/bench.csv
    run --separate-stderr "$BIN/bench" --rounds 3 --duration 20ms --width 80 \
        --csv "$csv" "$@"
    echo "status $status"
    echo "$output"
    # shellcheck disable=SC2154 # set by run
    echo "$stderr"
}

@test "each server beside its bare limit, at most as many rounds as asked for" {
    # If the machine is busy, a server may not have used any CPU time in so short a
    # while, or have given no answer, and then a figure is missing.
    for _ in 1 2 3; do
        bench --bare "$TOOLS/bare" --loads one,churn "$BIN/epoll" "$BIN/poll"
        [ "$status" -eq 0 ]
        [[ $output == *"not known"* || $output == *"no answer came"* ]] || break
    done
    [[ ${lines[0]} == "3 rounds, 20.0 ms per measurement; server and client share core "* ]]
    [ "$(grep -cE '^(epoll|poll) +([0-9.]+ +([0-9]+%)? +[0-9.]+ *){2}$' <<<"$output")" -eq 2 ]
    not grep -E '.{81}' <<<"$output"
    # 2 loads x 2 servers x 2, at most 3 rounds of each: a round in which a busy
    # machine lets no answer come is no sample.
    [ "$(tail -n +2 "$csv" | cut -d, -f 3,9,10 | sort -u | wc -l)" -eq 8 ]
    [ "$(tail -n +2 "$csv" | wc -l)" -le 24 ]
    # Each message is "package 0": 9 bytes.
    [ "$(cut -d, -f6 "$csv" | sort -u)" = $'9\nbytes' ]
    # The table has the median of them, in three digits.
    local middle
    middle=$(awk -F, '$3 == "one" && $9 == "poll" && $10 == 0 {
        printf "%.6f\n", $13 / $11 * 1e6 }' "$csv" | sort -n |
        awk '{ v[NR] = $1 }
             END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }')
    awk -v middle="$middle" '$1 == "poll" { shown = $2 }
        END { print shown, middle; d = shown / middle - 1
              exit !(d < 0.006 && d > -0.006) }' <<<"$output"
}

@test "a server that cannot bear a load says why, and is not asked again" {
    bench --loads 64,idle-100 "$BIN/single-process" "$BIN/epoll"
    [ "$status" -eq 0 ]
    grep -E '^single-process +- +-' <<<"$output"
    [[ $output == *"single-process, 64 clients: 63 of 64 clients got no answer"* ]]
    [ "$(grep -c ',single-process,' "$csv")" -eq 0 ]
    # 2 loads, and 3 rounds of each, if the machine is not too busy.
    [ "$(grep -c ',epoll,' "$csv")" -ge 2 ]
}

@test "a chart that would be empty is an error" {
    local svg=$BATS_TEST_TMPDIR/empty.svg
    bench --loads one,idle-0,idle-100 --svg "$svg" "$BIN/single-process"
    [ "$status" -eq 1 ]
    [[ $stderr == *"bench: --svg: the chart is empty, because no server"* ]]
}

@test "any other server, too" {
    local python
    python=$(python3 -S -c 'import sys; print(sys.executable)') || skip "no python3"
    bench --loads one "mine=${python// /\\ } -S tests/zoo/server.py {port} {delay}" "$BIN/epoll"
    [ "$status" -eq 0 ]
    grep -E '^mine +[0-9.]+' <<<"$output"
}

@test "the chart has the figures of the table, as SVG" {
    command -v xmllint >/dev/null || skip "no xmllint"
    local svg=$BATS_TEST_TMPDIR/idle.svg
    bench --loads idle-0,idle-100 --svg "$svg" "$BIN/epoll" "$BIN/poll"
    [ "$status" -eq 0 ]
    xmllint --noout "$svg"
    [ "$(grep -c '<polyline data-server=' "$svg")" -eq 2 ]
    local us first
    us=$(sed -n 's/.*data-server="poll" data-connections="8 108" data-us="\([^"]*\)".*/\1/p' "$svg")
    read -r first _ <<<"$us"
    # The table has three digits.
    awk -v chart="$first" '$1 == "poll" { table = $2 }
        END { print chart, table; d = table / chart - 1
              exit !(d < 0.006 && d > -0.006) }' <<<"$output"
}

@test "a write for each answer is what pipelining must not be" {
    sanitized && skip "the zoo is built without sanitizers"
    tests/zoo/build writes-each-answer >/dev/null
    bench --loads in-flight "$BIN/epoll" bin/zoo/writes-each-answer
    [ "$status" -eq 0 ]
    awk -F, '{ n[$9] += $11; cpu[$9] += $13 }
        END { good = cpu["epoll"] / n["epoll"]
              bad = cpu["writes-each-answer"] / n["writes-each-answer"]
              print bad / good; exit !(bad > 3 * good) }' "$csv"
}

@test "Ctrl-C shows the rounds that are over, and ends with status 1" {
    "$BIN/bench" --loads one --rounds 100 --duration 50ms "$BIN/epoll" \
        >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    PIDS+=($!)
    until_true has_server "${PIDS[-1]}"
    kill -INT "${PIDS[-1]}"
    wait_for "${PIDS[-1]}"
    [ "$status" -ne 0 ]
    grep -E 'interrupted: [0-9]+ of 100 rounds' "$BATS_TEST_TMPDIR/out"
    not has_server "${PIDS[-1]}"
}

has_server() {
    [ -n "$(children "$1")" ]
}

@test "bad command lines" {
    rejects bench <<'END'
SERVER: 'x=' has no command|x=
--rounds: '0' is not|--rounds 0
--duration: must be longer than 0|--duration 0
--loads: 'ten' is none of|--loads one,ten
--loads: names no load|--loads=
--loads: 'one' is named twice|--loads one,64,one
--svg: needs two loads with idle|--loads one,idle-0 --svg x.svg
--loads: '64,' ends with a comma|--loads 64,
--frobnicate: no such option|--frobnicate
END
}

@test "--help has a row per option, and no wide line" {
    run "$BIN/bench" --help
    [ "$status" -eq 0 ]
    grep -qE '^  -h, --help +print this text$' <<<"$output"
    grep -qE '^      --width=N +use N columns, .*\(20 to [0-9]+\)$' <<<"$output"
    not grep -E '.{80}' <<<"$output"
}

@test "a file costs CPU time per megabyte, beside bare loops" {
    head -c 1000000 /dev/zero >"$BATS_TEST_TMPDIR/file"
    bench --rounds 1 --service file --file "$BATS_TEST_TMPDIR/file" \
        "$BIN/epoll" "$TOOLS/bare/file-sendfile" "$TOOLS/bare/file-read-write"
    [ "$status" -eq 0 ]
    [[ $output == *"us per MB"* && $output == *"GB/s"* ]]
    [ "$(grep -cE '^(epoll|file-sendfile|file-read-write) +[0-9.]+ +[0-9.]+' \
        <<<"$output")" -eq 3 ]
    # CPU time divided by megabytes.
    awk -F, -v shown="$(awk '/^epoll/ { print $2 }' <<<"$output")" \
        '$3 == "1" && $9 == "epoll" { us = $13 / $15 * 1e6 }
         END { exit !(us > shown * 0.98 && us < shown * 1.02) }' "$csv"
}
