#!/usr/bin/env bats
# Goal: what compare shows is true.  Its numbers agree with the models, with /proc
# and with each other, as a table, a page, a picture and CSV.  Whatever happens to
# a server, compare says it and leaves no process behind.

load helper

# compare [OPTION...] - runs compare in ASCII on 100 columns; sets $status, $output
# and $stderr.
compare() {
    # Without descriptor 3, so that a server which was left behind holds up nobody.
    run --separate-stderr timeout -k 5 120 "$BIN/compare" --ascii --width 100 "$@" 3>&-
    echo "status $status"
    echo "$output"
    # shellcheck disable=SC2154 # set by run
    echo "$stderr"
}

# holds FILE [MODEL CONDITION]... - fails unless each condition of awk holds in the
# rows of its model, of which there is at least one.  The names of the columns are
# variables.  MODEL is a regular expression.  Cells have no commas.
holds() {
    local csv=$1 i names rules='' count=0
    IFS=, read -ra names <"$csv"
    for i in "${!names[@]}"; do
        rules+="${names[i]} = \$$((i + 1)); "
    done
    rules="{ $rules }"
    while [ $# -gt 2 ]; do
        rules+=" model ~ /^($2)\$/ { check($((++count)), $3) }"
        shift 2
    done
    awk -F, -v count="$count" 'NR == 1 { next }
        { gsub("\"", "") }
        '"$rules"'
        function check(i, ok) {
            seen[i] = 1
            if (!ok) print "condition " i " does not hold: " $0
            bad += !ok
        }
        END { for (i = 1; i <= count; i++)
                  if (!seen[i]) { print "no row for condition " i; bad++ }
              exit bad > 0 }' "$csv"
}

# own SERVER... - links to servers in the folder of this test, so that pgrep can
# tell the processes of this test from those of others.
own() {
    local server
    for server; do
        ln -sf "$(realpath "$BIN/$server")" "$BATS_TEST_TMPDIR/$server"
    done
    OWN=$BATS_TEST_TMPDIR
}

# Prints how many processes of own servers there are.
strays() {
    pgrep -c -f "^$OWN/" || true
}

# servers - prints the name and the traits of each server.
servers() {
    local server
    for server in servers/*.c; do
        server=${server##*/} server=${server%.c}
        [ -x "$BIN/$server" ] || continue # it is for another system
        printf '%s ' "$server"
        "$BIN/$server" --traits
    done
}

# compare_all - compares all servers, once for all tests that look at the results.
# These are in the folder ALL: the traits in servers, what compare prints in out.
compare_all() {
    ALL=$BATS_FILE_TMPDIR/all
    [ ! -d "$ALL" ] || return 0
    mkdir "$ALL"
    servers >"$ALL/servers"
    # The work takes so long that all clients have come before the first is
    # answered, even on a slow machine.
    compare -n 1 -d 500ms --csv "$ALL/table.csv" --csv-messages "$ALL/x.csv" \
        --svg "$ALL/x.svg" --html "$ALL/x.html" --svg-front "$ALL/front.svg" \
        --trace "$ALL/x.json"
    [ "$status" -eq 0 ]
    echo "$output" >"$ALL/out"
}

# sockets PID - prints how many sockets a process has open.
sockets() {
    find "/proc/$1/fd" -lname 'socket:*' | wc -l
}

has_sockets() {
    (($(sockets "$1") >= $2))
}

@test "served at once, the time for all and the prediction are those of the models" {
    compare_all
    awk 'FNR == NR { at_once[$1] = $2; next }
        { gsub("\"", "") }
        FNR == 1 { for (i = 1; i <= NF; i++) place[$i] = i; next }
        { model = $place["model"]; promised = at_once[model] }
        { most = promised ~ /=one/ ? 1 : promised ~ /workers/ ? 5 : 6 }
        { seconds = (int(5 / most) + 1) * 0.5; served = $place["served_at_once"] }
        promised ~ /=up-to/ { checked(served >= 1 && served <= 5) }
        promised !~ /=up-to/ { checked(served == most) }
        { checked($place["answers"] == 6) }
        { checked($place["predicted_s"] == seconds) }
        { checked($place["all_done_s"] >= seconds) }
        # The last client is answered only when it is its turn.
        { checked($place["first_answer_max_s"] >= seconds); delete at_once[model] }
        function checked(ok) {
            if (!ok) print "not as " (promised ? promised : "any server") ": " $0
            bad += !ok
        }
        END { for (model in at_once) { print "no row: " model; bad++ }
            exit bad > 0 }' "$ALL/servers" FS=, "$ALL/table.csv"
    # One row per server in the table, too.
    [ "$(grep -cE '^[a-z-]+ +[0-9.]+ .*, [0-9]+( .*)?$' "$ALL/out")" -eq \
        "$(wc -l <"$ALL/servers")" ]
    [[ $(<"$ALL/x.html") == *'style="--bar:100%"'* ]]
}

@test "cores that compare or bench may not use are named, and not counted on" {
    [ "$(nproc)" -gt 1 ] || skip "there is one core"
    command -v taskset >/dev/null || skip "no taskset"
    run taskset -c "$(taskset -pc $$ | grep -oE '[0-9]+$')" "$BIN/compare" \
        -c 4 -n 1 -d 0 -C 10ms --html "$BATS_TEST_TMPDIR/page" "$BIN/fork-per-client"
    echo "$output"
    [[ ${lines[1]} == "The servers may use 1 of "*" cores." ]]
    grep -q '<p>on 1 of [0-9]* cores, ' "$BATS_TEST_TMPDIR/page"
    # Half of the time of one core, by the control group of the process.
    cat >"$BATS_TEST_TMPDIR/limited" <<'END'
mount -t tmpfs limit /sys/fs/cgroup && echo 50000 100000 >/sys/fs/cgroup/cpu.max
exec "$@"
END
    unshare -m sh -c 'mount -t tmpfs limit /sys/fs/cgroup' 2>/dev/null ||
        skip "not allowed to mount"
    run unshare -m sh "$BATS_TEST_TMPDIR/limited" "$BIN/compare" \
        -c 4 -n 1 -d 0 -C 10ms --width 200 --csv "$BATS_TEST_TMPDIR/csv" "$BIN/fork-per-client"
    echo "$output"
    [[ ${lines[1]} == "The servers may use "*" cores for "*"% of the time (cgroup)." ]]
    holds "$BATS_TEST_TMPDIR/csv" fork-per-client 'predicted_s == 0.08'
    run unshare -m sh "$BATS_TEST_TMPDIR/limited" "$BIN/bench" --loads one \
        --rounds 1 --duration 20ms "$BIN/epoll"
    echo "$output"
    [[ ${lines[1]} == "A control group (cgroup) lets them run for 50% of the time" ]]
    # Version 1 of control groups has other files.
    cat >"$BATS_TEST_TMPDIR/limited" <<'END'
mount -t tmpfs limit /sys/fs/cgroup && mkdir /sys/fs/cgroup/cpu &&
    echo 50000 >/sys/fs/cgroup/cpu/cpu.cfs_quota_us &&
    echo 100000 >/sys/fs/cgroup/cpu/cpu.cfs_period_us
exec "$@"
END
    run unshare -m sh "$BATS_TEST_TMPDIR/limited" "$BIN/compare" \
        -c 4 -n 1 -d 0 -C 10ms "$BIN/fork-per-client"
    echo "$output"
    [[ ${lines[1]} == "The servers may use "*" cores for "*"% of the time (cgroup)." ]]
}

@test "a pool of two is expected to take twice as long for four clients as for two" {
    local two=$BATS_TEST_TMPDIR/two.csv four=$BATS_TEST_TMPDIR/four.csv
    compare -c 2 -n 2 -d 50ms --csv "$two" "pool=$BIN/prefork -w 2"
    compare -c 4 -n 2 -d 50ms --csv "$four" "pool=$BIN/prefork -w 2"
    holds "$two" pool 'predicted_s == 0.1'
    holds "$four" pool 'predicted_s == 0.2 && all_done_s >= 0.2'
}

@test "processes x threads are what ps would show" {
    local csv=$BATS_TEST_TMPDIR/table.csv
    compare -c 4 -n 1 -d 300ms --csv "$csv" "$BIN/single-process" \
        "$BIN/fork-per-client" "pool=$BIN/prefork -w 3" \
        "threads=$BIN/threaded -w 3" "$BIN/epoll"
    [ "$status" -eq 0 ]
    holds "$csv" 'single-process|threads|epoll' 'processes == 1' \
        fork-per-client 'processes == 5' pool 'processes == 4'
    # A sanitizer may have a thread of its own.
    sanitized || holds "$csv" threads 'threads == 4' \
        'single-process|fork-per-client|pool|epoll' 'threads == 1'
}

@test "CPU time is that of all processes, and the model's own is told apart" {
    sanitized && skip "sanitizers cost CPU time"
    local csv=$BATS_TEST_TMPDIR/table.csv
    # 4 messages of 40 ms of computing take 160 ms, in every model.
    compare -c 4 -n 1 -d 0 -C 40ms --csv "$csv" "$BIN/single-process" \
        "$BIN/fork-per-client" "$BIN/prefork" "$BIN/epoll"
    [ "$status" -eq 0 ]
    # One loop uses one core.
    holds "$csv" '.*' 'cpu_s >= 0.16 && cpu_s < 2 * 0.16' \
        single-process 'own_cpu_per_client_s == "" && (base = cpu_s)' \
        fork-per-client '(cpu_s - base) / 4 - own_cpu_per_client_s < 0.000002' \
        epoll 'predicted_s == 0.16 && served_at_once ~ /^[14]$/'
}

@test "memory is the PSS of all processes, as /proc has it" {
    sanitized && skip "sanitizers take memory"
    local csv=$BATS_TEST_TMPDIR/table.csv pid total
    compare -c 2 -n 3 -d 60ms --csv "$csv" "pool=$BIN/prefork -w 4"
    SERVER=prefork start -w 4 -d 0 -q
    total=$(for pid in $PID $(children); do
        cat "/proc/$pid/smaps_rollup"
    done | awk '/^Pss:/ { kib += $2 } END { print kib * 1024 }')
    echo "$total bytes of a server at rest"
    # How much a process shares depends on what else runs.
    holds "$csv" pool \
        "peak_memory_bytes > $total / 3 && peak_memory_bytes < $total * 3"
    stopped
}

@test "the worker of each message is the one in the server's log" {
    local csv=$BATS_TEST_TMPDIR/messages.csv
    compare -c 5 -n 2 -d 100ms --csv-messages "$csv" "$BIN/threaded -w 2"
    [ "$status" -eq 0 ]
    # They have the numbers that they have in pictures, not only their ids.
    # There are two workers, and a client keeps its worker.
    awk -F, 'NR > 1 { workers[$13] = 1; pairs[$3 "," $13] = 1 }
        END { for (w in workers) n++; for (p in pairs) m++; exit !(n == 2 && (1 in workers) && (2 in workers) && m == 5) }' "$csv"
    # Each message is served after it was sent and before it was answered, and
    # the services of a worker do not overlap.
    sort -t, -k13,13 -k9,9n "$csv" | awk -F, '
        $1 != 2 { next }
        $9 < $8 || $10 < $9 || $11 < $10 { print "times: " $0; bad = 1 }
        $13 == worker && $9 < ended - 0.001 { print "overlap: " $0; bad = 1 }
        { worker = $13; ended = $10 }
        END { exit bad }'
    # There is one lane per worker, which begins with its first client.
    [ "$(grep -cE '^ +[12]  [. ]*[1-5]=+' <<<"$output")" -eq 2 ]
}

@test "every client of every model has its lane, whose end is that of the CSV" {
    command -v python3 >/dev/null || skip "no python3"
    compare_all
    python3 -S - "$ALL" "$(wc -l <"$ALL/servers")" <<'END'
import csv, json, sys
import xml.etree.ElementTree as tree
d = sys.argv[1]
ends = {}
for row in csv.DictReader(open(d + "/x.csv")):
    ends[row["model"], int(row["client"])] = float(row["ended_s"])
models = [row["model"] for row in csv.DictReader(open(d + "/table.csv"))]
assert len(models) == int(sys.argv[2]) and len(ends) == len(models) * 6, (models, ends)
for name in "x.svg", "x.html":
    root = tree.parse(d + "/" + name).getroot()
    lanes = {}
    for panel in root.iter():
        if "panel" not in panel.get("class", "").split():
            continue
        for lane in panel.iter():
            if lane.get("data-client"):
                lanes[panel.get("data-model"), int(lane.get("data-client"))] = float(lane.get("data-end-s"))
    assert lanes.keys() == ends.keys(), (name, lanes.keys() ^ ends.keys())
    for key in ends:
        assert abs(lanes[key] - ends[key]) < 0.000002, (name, key)
    # Only the page has a script, and that is in the page itself.
    scripts = list(root.iter("script"))
    assert len(scripts) == (name == "x.html"), name
    assert not any(s.attrib for s in scripts), name
events = json.load(open(d + "/x.json"))["traceEvents"]
names = {e["args"]["name"] for e in events if e["name"] == "process_name"}
assert names == set(models), names
# The picture of all servers names each of them.
front = tree.parse(d + "/front.svg").getroot()
rows = [row.get("data-model") for row in front.iter() if row.get("class") == "row"]
assert sorted(", ".join(rows).split(", ")) == sorted(models), rows
assert float(front.get("width")) == 720 and float(front.get("height")) <= 100 + 55 * len(rows)
# The page begins with the same rows.
page = open(d + "/x.html").read()
for row in rows:
    assert page.index('data-model="' + row + '"') < page.index("In numbers"), row
END
    # The browser has nothing to fetch.
    not grep -oE '(src|href)="?[a-z]+:|@import|url\([^#].*' \
        "$ALL"/{x.svg,x.html,front.svg}
}

@test "a browser replays the page: slider, steps, sentences and log" {
    local dir=$BATS_TEST_TMPDIR dom delay
    # On a busy machine, a run may take much longer than its delays.
    for delay in 50ms 400ms 2s; do
        compare -n 1 -c 2 -d "$delay" --html "$dir/page.html" "$BIN/single-process"
        [ "$status" -eq 0 ]
        [[ $output == *"times the time predicted"* ]] || break
    done
    # What a reader does, and what the page then shows, a line each.
    cat >"$dir/acts.html" <<'END'
<pre id="seen"></pre><script>
const seen = (...what) => get("seen").append(what.join("|") + "\n");
const at = (part) => document.querySelector(part).textContent;
const now = () => seen(at(".moment p"), at("#replay-told"), at(".moment code"));
const veil = document.querySelector(".replay");
seen("controls", !bar.hidden, get("replay-box") === null, slider.value,
  getComputedStyle(veil).display);
slider.value = 250;
slider.dispatchEvent(new Event("input"));
seen("veil", getComputedStyle(veil).display, veil.getBoundingClientRect().left > 200);
now();
slider.value = 0;
get("replay-next").click();
now();
get("replay-next").click();
now();
get("replay-before").click();
seen("mark", document.querySelectorAll("mark").length, at("mark"));
play.click();
seen("plays", play.textContent);
slider.dispatchEvent(new Event("input"));
seen("stopped", play.textContent);
play.click();
frame(performance.now() + 1e6);
seen("end", slider.value, play.textContent);
</script>
END
    sed -i "/^<\/script>/r $dir/acts.html" "$dir/page.html"
    browser "$dir/page.html"
    run sed -n '/<pre id="seen">/,/<\/pre>/ { s/.*<pre id="seen">//; p }' <<<"$dom"
    echo "$output"
    [ "${lines[0]}" = "controls|true|true|1000|none" ]
    [ "${lines[1]}" = "veil|inline|true" ]
    [[ ${lines[2]} == "at "*" ms: 1 waits"*", 1 is being served||"*" message  client=1 "* ]]
    [[ ${lines[3]} == "at "*"|"*" ms: 1 answer from single-process|"*" client="* ]]
    [[ ${lines[4]} == "at "*" done"*"|"*" ms: 1 answer from single-process|"* ]]
    [[ ${lines[5]} == "mark|1|"*" client="* ]]
    [ "${lines[6]}" = "plays|pause" ]
    [[ ${lines[7]} == "stopped|replay, "*" times slower" ]]
    [[ ${lines[8]} == "end|1000|replay, "* ]]
}

@test "several runs of a server become one row, with how far they differ" {
    compare --runs 3 -n 1 -c 2 -d 5ms --csv "$BATS_TEST_TMPDIR/table" \
        "$BIN/single-process" "a=$BIN/fork-per-client"
    [ "$status" -eq 0 ]
    grep -q "^medians of 3 runs; +-: the greatest difference" <<<"$output"
    [ "$(grep -c '^a  ' <<<"$output")" -ge 1 ]
    [ "$(wc -l <"$BATS_TEST_TMPDIR/table")" -eq 3 ]
    # A run that fails stands for all.
    compare --runs 3 -n 1 -c 2 -d 5ms "sh -c exit\\ 3"
    [ "$status" -eq 1 ]
    [[ $output == *"status 3"* ]]
}

@test "Markdown: a table with all servers, the rows of the conclusion, the sentence" {
    compare -n 1 -c 3 -d 300ms --markdown "$BATS_TEST_TMPDIR/x.md" \
        "$BIN/single-process" "a|*b*=$BIN/epoll" "sh -c exit\\ 3"
    [ "$status" -eq 1 ]
    run cat "$BATS_TEST_TMPDIR/x.md"
    echo "$output"
    [ "${lines[0]}" = "## Servers compared" ]
    # As many cells in each row as in the head, except for a server that failed.
    [ "$(grep -E '^\| (server|---|single-process|a.*b.) ' <<<"$output" |
        sed 's/\\|//g; s/[^|]//g' | sort -u | wc -l)" -eq 1 ]
    grep -qF '| a\|\*b\* | ' <<<"$output"
    grep -q '^| sh -c exit.* | failed: .* |$' <<<"$output"
    # The rows are code, which begins after a blank line.
    grep -B1 '^    clients being served ' <<<"$output" | grep -q '^$'
    grep -qE '^\*\*.* serves 3 at once and is done .*\*\*$' <<<"$output"
}

@test "a server is found by its name alone, and a wrong name gets a suggestion" {
    local csv=$BATS_TEST_TMPDIR/csv
    compare -n 1 -c 2 -d 5ms --csv "$csv" epoll "mine=prefork -w 2"
    [ "$status" -eq 0 ]
    holds "$csv" epoll 'answers == 2' mine 'predicted_s > 0'
    cp "$BIN/compare" "$BIN/epoll" "$BATS_TEST_TMPDIR"
    (cd "$BATS_TEST_TMPDIR" && ./compare -n 1 -d 0 epoll >/dev/null)
    compare -n 1 -d 0 epol "$BIN/prefrok" zzzzzz
    [ "$status" -eq 1 ]
    [[ $output == *"epol: "*"; did you mean 'epoll'?"* ]]
    [[ $(tr -s ' \n' ' ' <<<"$output") == *"did you mean 'prefork'?"* ]]
    [ "$(grep -c 'did you' <<<"$output")" -lt 6 ]
    # No client reached a server, so there is no picture without a lane.
    not grep -q '^client ' <<<"$output"
}

@test "servers are found by their traits, not by their names" {
    local dir=$BATS_TEST_TMPDIR
    cp "$BIN/compare" "$BIN/client" "$dir/"
    cp "$BIN/single-process" "$dir/x-alone"
    cp "$BIN/epoll" "$dir/a-loop"
    printf '#!/bin/sh\necho hello\n' >"$dir/hello"
    printf '#!/bin/sh\nexec sleep 60\n' >"$dir/sleeps"
    chmod +x "$dir/hello" "$dir/sleeps"
    run --separate-stderr timeout 120 "$dir/compare" -c 2 -n 1 -d 20ms --csv -
    echo "$output"
    [ "$status" -eq 0 ]
    # They are in the order of the course.  The model's own CPU time is what the
    # loop uses above the server that serves one client at a time.
    [ "${#lines[@]}" -eq 3 ]
    [[ ${lines[1]} == 2,x-alone,* ]]
    [[ ${lines[2]} == 2,a-loop,* ]]
    echo "$output" >"$dir/table.csv"
    holds "$dir/table.csv" x-alone 'own_cpu_per_client_s == ""' \
        a-loop 'own_cpu_per_client_s != ""'
}

@test "the table is in one piece on 130 and on 80 columns, below that in several" {
    compare -n 1 -d 200ms --width 130 "$BIN/single-process" "$BIN/epoll"
    [ "$(grep -c '^server ' <<<"$output")" -eq 1 ]
    [[ $output == *"processes"* && $output == *"longest wait"* ]]
    # A bar per server, and the slowest has the longest.
    grep -qE '^single-process .*  #{15,24}$' <<<"$output"
    grep -qE '^epoll .*  #{1,14}\.?$' <<<"$output"
    not grep -E '.{131}' <<<"$output"
    not grep -P '[^\x00-\x7f]' <<<"$output"
    not grep -q ' $' <<<"$output"
    compare -n 1 -d 20ms --width 80 "$BIN/single-process" "$BIN/fork-per-client"
    [ "$(grep -c '^server ' <<<"$output")" -eq 1 ]
    # The pictures show what is left out.
    not grep -q 'x threads' <<<"$output"
    not grep -E '.{81}' <<<"$output"
    compare -n 1 -d 20ms --width 40 "$BIN/single-process" "$BIN/epoll"
    (($(grep -c '^server ' <<<"$output") > 1))
    not grep -E '.{41}' <<<"$output"
}

@test "--brief shows the conclusion alone, also on 40 columns" {
    compare --brief -n 1 -d 300ms --width 40 "$BIN/single-process" \
        "$BIN/thread-per-client" "$BIN/epoll" /bin/false
    [ "$status" -eq 1 ]
    ((${#lines[@]} <= 12))
    [[ $output != *CPU* && $output != *"first"* ]]
    grep -qE '^single-process +[0-9.]+ m?s  [1 ]*1$' <<<"$output"
    grep -qE '^thread-per-client +[0-9.]+ m?s  [0-9 ]*[0-9]$' <<<"$output"
    grep -qE '^false +failed  ended b' <<<"$output"
    not grep -E '.{41}| $' <<<"$output"
}

@test "with colour the best figure is bold and a failure red; without, neither" {
    compare -n 1 -d 300ms --color always "$BIN/single-process" "$BIN/epoll" /bin/false
    grep -qP '^epoll .*\e\[1m6\e\[0m' <<<"$output"
    not grep -qP '^single-process .*\e\[1m1\e\[0m' <<<"$output"
    grep -qP '^false +\e\[31mended before' <<<"$output"
    compare -n 1 -d 50ms --color never "$BIN/epoll" /bin/false
    not grep -q $'\e' <<<"$output"
}

@test "the prediction is what the model promises, not what was measured" {
    local csv=$BATS_TEST_TMPDIR/table.csv
    # The answers come too fast to tell how many were served at once.
    compare -c 8 -n 5 -d 0 -C 100us --csv "$csv" "$BIN/epoll" \
        "two=$BIN/fork-per-client -m2"
    holds "$csv" epoll 'predicted_s == 0.004' two 'predicted_s >= 0.002'
    compare -c 8 -n 1 -d 20ms --csv "$csv" "four=$BIN/prefork -w 3 --workers=4" \
        "two=$BIN/fork-per-client -m2" "stranger=$BIN/../$BIN/no-such-server"
    holds "$csv" four 'predicted_s == 0.04' two 'predicted_s == 0.08' \
        stranger 'predicted_s == ""'
}

@test "a server that is not told its work gets a hint instead of a prediction" {
    compare -c 2 -n 1 -d 20ms "mine=$BIN/epoll -p {port} -d 10ms"
    [ "$status" -eq 0 ]
    [[ $output == *"! mine: its command has no {delay}"* ]]
    [[ $output != *predicted* ]]
    # It is not compared with servers that do the work.
    compare -c 2 -n 1 -d 50ms --color always "$BIN/epoll" "quick=$BIN/epoll -p {port}"
    [[ $output != *sooner* ]]
    grep -qP '^epoll .*\e\[1m' <<<"$output"
    not grep -qP '^quick .*\e\[1m' <<<"$output"
}

@test "names are cut between characters, and columns stay below each other" {
    compare -c 1 -n 1 -d 0 "$(printf 'ä%.0s' {1..30})=$BIN/epoll" "日本=$BIN/poll"
    [ "$status" -eq 0 ]
    # A terminal needs one column for an "ä" and two for a "日".
    grep -qE '^(ä){21}[.]{3} {2,9}[0-9]' <<<"$output"
    grep -qE '^日本 {22,29}[0-9]' <<<"$output"
}

@test "--brief says why there is no conclusion" {
    compare --brief /nonexistent/one /nonexistent/two
    [ "$status" -eq 1 ]
    [[ $output == *"one "*" cannot be started: "*"two "*" cannot be started: "* ]]
}

@test "progress fits on a narrow terminal, whatever the name" {
    command -v script >/dev/null || skip "no script(1)"
    local shown=$BATS_TEST_TMPDIR/terminal
    TERM=xterm LC_ALL=C.UTF-8 script -qec "stty cols 40; '$BIN/compare' --brief \
        -c 2 -n 2 -d 200ms '$(printf 'ä%.0s' {1..40})=$BIN/single-process'" \
        "$shown" </dev/null >/dev/null
    # Each is written over the one before.
    tr '\r' '\n' <"$shown" | grep '^1 of 1' >"$BATS_TEST_TMPDIR/lines"
    cat "$BATS_TEST_TMPDIR/lines"
    LC_ALL=C.UTF-8 grep -qxP '1 of 1  [1-3] of 4 answers  ä{15}\e\[K' "$BATS_TEST_TMPDIR/lines"
    # It is resized while the first of two servers runs.
    TERM=xterm LC_ALL=C.UTF-8 script -qefc "stty cols 60
        (for i in \$(seq 200); do grep -q '1 of 2' '$shown' && break; sleep 0.05; done
            stty cols 40 </dev/tty) &
        '$BIN/compare' --brief -c 2 -n 3 -d 200ms $BIN/single-process \
        '$(printf 'ä%.0s' {1..40})=$BIN/single-process'" "$shown" </dev/null >/dev/null
    tr '\r' '\n' <"$shown" | LC_ALL=C.UTF-8 grep -qxP '2 of 2  [1-5] of 6 answers  ä{15}\e\[K'
    # "being served", and not "clients being served", which needs more columns.
    grep -q $'\e\[Kbeing served' "$shown"
}

@test "a server that fails gets a row with the reason, and the next one is run" {
    own epoll
    compare -c 2 -n 2 -d 200ms --trace "$BATS_TEST_TMPDIR/trace" \
        "gone=/nonexistent/server" \
        "refuses=$BIN/prefork -w 0" "silent=sleep 60 {port}" \
        "killed=bash tests/tools/dies {port} $FOLDER/epoll" \
        "$FOLDER/epoll"
    [ "$status" -eq 1 ]
    [[ $output == *"gone "*" cannot be started: /nonexistent/server: No such file or directory"* ]]
    [[ $output == *"refuses "*" ended before it listened, exit status 2: prefork: --workers: '0'"* ]]
    [[ $output == *"silent "*" did not listen on its {port} within 10.00 s"* ]]
    [[ $output == *"killed "*" ended after "*" of 4 answers: signal 9"* ]]
    [[ $output =~ epoll\ +[0-9.]+\ +[0-9.]+\ +2\  ]]
    equals strays 0
    grep -q '"otherData"' "$BATS_TEST_TMPDIR/trace" # it is complete
}

@test "waiting for a server to listen, compare looks rarely" {
    local pid sleeps
    "$BIN/compare" -n 1 "silent=sleep 60 {port}" >/dev/null 2>&1 3>&- &
    pid=$!
    PIDS+=("$pid")
    until_true has_children "$pid"
    sleep 1
    # A sleep follows each look.  28 looks are due in the first second, and two
    # in each second after it.
    sleeps=$(awk '/^voluntary_ctxt/ { print $2 }' "/proc/$pid/status")
    echo "$sleeps sleeps"
    ((sleeps < 45))
    kill -INT "$pid"
    wait_for "$pid"
    [ "$status" -ne 0 ]
}

@test "a server starts with no signal blocked or ignored" {
    local ignore="env --ignore-signal=TERM --ignore-signal=USR1"
    ignore+=" --block-signal=INT --block-signal=USR2"
    $ignore true 2>/dev/null || skip "env cannot ignore signals"
    cat >"$BATS_TEST_TMPDIR/serve" <<'END'
grep -E '^Sig(Blk|Ign)' /proc/self/status >"$1"
exec "$2" -p "$3"
END
    $ignore "$BIN/compare" -c 1 -n 1 "mine=bash \
        $FOLDER/serve $FOLDER/signals $BIN/epoll {port}"
    cat "$BATS_TEST_TMPDIR/signals"
    # Of the 64 bits those of signals 32 and 33 are for libc alone.
    [ "$(grep -cE '^Sig(Blk|Ign):.0{7}[01][08]0{7}$' "$BATS_TEST_TMPDIR/signals")" -eq 2 ]
}

@test "a server that announces an impossible place gets a row with the reason" {
    own epoll
    cat >"$BATS_TEST_TMPDIR/announce" <<'END'
echo "listening on $1 port $2"
exec sleep 60
END
    compare -n 1 -d 500ms "six=bash $FOLDER/announce 127.0.0.1 65536" \
        "long=bash $FOLDER/announce 127.0.0.1 123456789" \
        "none=bash $FOLDER/announce 127.0.0.1 0" \
        "brackets=bash $FOLDER/announce [::1] 4000" \
        "escape=bash $FOLDER/announce $(printf '\e[31mx\377') 4000" \
        "$FOLDER/epoll"
    [ "$status" -eq 1 ]
    [[ $output == *"six "*" announced port 65536, but ports are from 1 to 65535"* ]]
    [[ $output == *"long "*" announced port 1234567, "* ]]
    [[ $output == *"none "*" announced port 0, "* ]]
    [[ $output == *"brackets "*" announced the address '[::1]': "* ]]
    [[ $output == *"escape "*" announced the address '\\x1b[31mx\\xff': "* ]]
    [[ $output =~ epoll\ +[0-9.]+\ +[0-9.]+\ +6\  ]]
    equals strays 0
}

@test "an announcement is found wherever a server writes it" {
    local mode
    command -v python3 >/dev/null || skip "no python3"
    cat >"$BATS_TEST_TMPDIR/odd.py" <<'END'
import os, socket, sys, time
mode = sys.argv[1]
if mode == "dies":
    sys.stderr.write("one\n")
    raise ValueError("no \x1b[2J # TODO")
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen()
line = "listening on 127.0.0.1 port %d" % listener.getsockname()[1]
if mode == "daemon":
    if os.fork() > 0:
        os._exit(0)
    os.setsid()
elif mode == "stderr":
    sys.stderr.write(line + "\n")
elif mode == "late":
    print("x" * 4090, line, flush=True)
elif mode == "later":
    print("x" * 100000, flush=True)
    time.sleep(0.1)
    print("\0" + line, flush=True)
elif mode == "unended":
    print(line, end="", flush=True)
elif mode == "unflushed":
    sys.stdout = os.fdopen(1, "w")
    print(line)
while mode != "unflushed":
    client, _ = listener.accept()
    data = b""
    while not data.endswith(b"goodbye\x03"):
        data = client.recv(100)
        if data[:7] != b"goodbye":
            client.sendall(b"ack")
    client.close()
time.sleep(60)
END
    local servers=()
    for mode in stderr late later unended daemon dies; do
        servers+=("$mode=python3 -S $FOLDER/odd.py $mode")
    done
    compare -c 1 -n 1 -d 0 --start-timeout 60s "${servers[@]}"
    for mode in stderr late later unended; do
        grep -qE "^$mode +[0-9].* 1 x 1( +#*\\.?)?$" <<<"$output"
    done
    # A table may break these lines.
    output=$(tr -s '\n ' ' ' <<<"$output")
    [[ $output == *" ended before it listened and left processes in the background; it must stay in the foreground, exit status 0"* ]]
    [[ $output == *" ended before it listened, exit status 1: ValueError: no \x1b[2J # TODO"* ]]
    not pgrep -f "$BATS_TEST_TMPDIR/odd"
    compare -n 1 --start-timeout 4s "env -u PYTHONUNBUFFERED python3 -S $FOLDER/odd.py unflushed" \
        "stopped=bash -c kill\ -STOP\ \$\$;:\ {port}"
    output=$(tr -s '\n ' ' ' <<<"$output")
    [[ $output == *"within 4.00 s, but listens on port "*"; if it prints the line, it must flush it"* ]]
    [[ $output =~ "within 4.00 s; its process "[0-9]+" is stopped (state T)" ]]
}

@test "a server that is stopped after it has listened is named so" {
    local command=$BATS_TEST_TMPDIR/stopped
    # It says that it listens when it is stopped already.
    cat >"$command" <<'END'
#!/usr/bin/env bash
"$EPOLL" "$@" >"$0.$$" &
until grep -q listening "$0.$$"; do :; done
kill -STOP $!
cat "$0.$$"
wait
END
    chmod +x "$command"
    export EPOLL=$BIN/epoll
    compare -c 2 -n 1 --timeout 500ms "$FOLDER/stopped"
    output=$(tr -s '\n ' ' ' <<<"$output")
    [[ $output =~ "client failed; its process "[0-9]+" is stopped (state T)" ]]
    run timeout -k 5 60 "$BIN/bench" --short --rounds 1 --duration 10ms --loads one "$FOLDER/stopped" 3>&-
    echo "$output"
    [[ ${output//$'\n'/ } =~ "; its process "[0-9]+" is stopped (state T)" ]]
    run timeout -k 5 60 "$BIN/inside" --ascii -c 1 -n 1 --timeout 1s "$command" 3>&-
    echo "$output"
    [[ $output == *"stopped"* ]]
}

@test "what is wrong with a command is said" {
    cp "$BIN/epoll" "$BATS_TEST_TMPDIR/my server"
    compare -n 1 "$BATS_TEST_TMPDIR/my server" "PORT={port} cat" -- --cvs
    output=$(tr -s '\n ' ' ' <<<"$output")
    [[ $output == *"; write '\ ' for a blank that is part of a name"* ]]
    [[ $output == *"; NAME= is a label here, write env NAME=... for a variable"* ]]
    [[ $output == *"--cvs: "*"; options must come before the servers"* ]]
    # Words behind the name make no difference.
    compare -n 1 "$BATS_TEST_TMPDIR/my server -q"
    [[ $(tr -s '\n ' ' ' <<<"$output") == *"; write '\ ' for a blank"* ]]
    run "$BIN/bench" --short --rounds 1 --loads one "$BATS_TEST_TMPDIR/my server"
    [[ $(tr -s '\n ' ' ' <<<"$output") == *"; write '\ ' for a blank"* ]]
    run "$BIN/inside" "$BIN/epoll -q"
    [[ $output == *"; give each word as an argument of its own"* ]]
    # What stands behind a server is the server's.
    run "$BIN/inside" "$BIN/epoll" --ascii
    [[ $output == *"options of inside itself must come before the server"* ]]
    run "$BIN/judge" "$BIN/epoll" --all
    [[ $output == *"options of the judge itself must come before the server"* ]]
    POSIXLY_CORRECT=1 run "$BIN/client" 2 -n 1
    [[ $output == *"'-n': options must come before CLIENTS and THINK"* ]]
    # A single argument with a blank is a command, and so is an escaped name.
    compare -n 0 -c 1 "$FOLDER/my\ server"
    [ "$status" -eq 0 ]
}

@test "a server on ::1 is met there" {
    grep -q ' lo$' /proc/net/if_inet6 2>/dev/null || skip "there is no ::1"
    compare -c 2 -n 1 -d 500ms "announced=$BIN/epoll -a ::1" "port=$BIN/epoll -a ::1 -p {port}" \
        "any=$BIN/epoll -a :: -p {port}"
    [ "$status" -eq 0 ]
    [[ $output =~ announced\ +[0-9.]+\ +[0-9.]+\ +2\  ]]
    [[ $output =~ port\ +[0-9.]+\ +[0-9.]+\ +2\  ]]
    [[ $output =~ any\ +[0-9.]+\ +[0-9.]+\ +2\  ]]
}

@test "a server that answers wrongly gets a row with the reason" {
    cat >"$BATS_TEST_TMPDIR/wrong" <<'END'
"$1" acknak | {
    read -r port
    echo "listening on 127.0.0.1 port $port"
    cat
}
END
    compare -c 1 -n 2 --pipeline 2 -d 0 \
        "mine=bash $FOLDER/wrong $TOOLS/replay" "$BIN/poll"
    [ "$status" -eq 1 ]
    [[ $output == *"mine "*" client 1: answer 2 of 2 is 'nak', not 'ack'"* ]]
    [[ $output =~ poll\ +[0-9.]+\ +[0-9.]+\ +1\  ]]
}

@test "any other server can stand in the table" {
    compare -c 4 -n 2 -d 40ms "mine=$BIN/prefork --port={port} -w 2 -d {delay} -q"
    [ "$status" -eq 0 ]
    # It logs nothing, so the picture says that service is estimated.
    [[ $output == *"service taken as the fastest answer"* ]]
    [[ $output =~ mine\ .*\ 3\ x\ 1 ]]
}

@test "a server that does not end at SIGTERM is killed, and compare says so" {
    own epoll
    compare -c 1 -n 1 -d 0 "deaf=bash tests/tools/deaf {port} $FOLDER/epoll"
    [ "$status" -eq 1 ]
    [[ $output == *"! deaf: did not end within 5 s of SIGTERM, and was killed"* ]]
    equals strays 0
}

@test "processes that a server has left behind are killed, too" {
    command -v setsid >/dev/null || skip "no setsid"
    own epoll
    compare -c 1 -n 1 -d 0 "forgetful=bash tests/tools/leaves {port} $FOLDER/epoll"
    [ "$status" -eq 0 ]
    equals strays 0
}

@test "processes of others are left alone, even those that compare inherits" {
    local pid
    # Each sleep becomes a child of compare, which the shell has become.
    bash -c 'for i in $(seq 20); do
            bash -c "exec sleep 60 & echo \$!"; sleep 0.1
        done >"$1" & exec "$2" -c 1 -n 1 -d 1s "$3"' - \
        "$BATS_TEST_TMPDIR/pids" "$BIN/compare" "$BIN/epoll" 3>&-
    [ "$(wc -l <"$BATS_TEST_TMPDIR/pids")" -ge 2 ]
    while read -r pid; do
        PIDS+=("$pid")
        kill -0 "$pid"
    done <"$BATS_TEST_TMPDIR/pids"
}

@test "without /proc, what is not known is said and left out" {
    sanitized && skip "the leak sanitizer reads /proc"
    unshare -rm true 2>/dev/null || skip "no right to unshare"
    local csv=$BATS_TEST_TMPDIR/table.csv
    run --separate-stderr unshare -rm sh -c "mount -t tmpfs x /proc &&
        '$BIN/compare' -c 2 -n 1 -d 10ms --csv '$csv' '$BIN/prefork'"
    echo "$output $stderr"
    [ "$status" -eq 0 ]
    [[ $stderr == *"/proc does not show the processes"* ]]
    holds "$csv" prefork 'peak_memory_bytes == "" && answers == 2'
}

@test "Ctrl-C stops the running server, and the results so far are shown" {
    local dir=$BATS_TEST_TMPDIR pid
    own epoll prefork poll
    "$BIN/compare" --ascii --width 100 -n 1 -d 60s "first=$FOLDER/prefork" \
        "$FOLDER/epoll" "$FOLDER/poll" >"$dir/out" 2>&1 3>&- &
    pid=$!
    PIDS+=("$pid")
    # All clients have opened their sockets.
    until_true has_sockets "$pid" 6
    kill -INT "$pid"
    wait_for "$pid"
    [ "$status" -ne 0 ]
    cat "$dir/out"
    grep -q '^first  *interrupted after' "$dir/out"
    grep -q '^interrupted: 0 of 3 servers were compared' "$dir/out"
    grep -qE '^ +6 ' "$dir/out"
    equals strays 0
}

has_children() {
    [ -n "$(children "$1")" ]
}

@test "time in which compare was stopped is named, and no server is blamed for it" {
    own epoll
    "$BIN/compare" -n 4 -d 1s --timeout 6s --width 200 \
        --csv "$BATS_TEST_TMPDIR/csv" "$FOLDER/epoll" \
        >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    PIDS+=($!)
    until_true has_sockets "$!" 6 # of its clients, which need 4 s more
    kill -STOP "${PIDS[-1]}"
    sleep 4
    kill -CONT "${PIDS[-1]}"
    wait_for "${PIDS[-1]}"
    cat "$BATS_TEST_TMPDIR/out" "$BATS_TEST_TMPDIR/csv"
    [ "$status" -eq 0 ]
    grep -q '^! epoll: compare did not run for' "$BATS_TEST_TMPDIR/out"
    not grep -q 'times the time predicted' "$BATS_TEST_TMPDIR/out"
    grep -q ',"compare did not run for [0-9.]* s' "$BATS_TEST_TMPDIR/csv"
}

@test "many servers that miss their predictions get one note together" {
    local command="$BIN/epoll -p {port} -d {delay} -d 300ms"
    local -a servers=("a=$command" "b=$command" "c=$command")
    run "$BIN/compare" -c 1 -n 1 -d 50ms --width 200 "${servers[@]}"
    [ "$status" -eq 0 ]
    [ "$(grep -c '^! . took .* times the time predicted: ' <<<"$output")" -eq 3 ]
    run "$BIN/compare" -c 1 -n 1 -d 50ms --width 200 "${servers[@]:0:2}" \
        "d=$command -d 2s" "c=$command -d 1800ms"
    [ "$status" -eq 0 ]
    [ "$(grep -c 'times the time predicted' <<<"$output")" -eq 1 ]
    [[ $output =~ "! 4 of 4 servers took "([0-9.]+)" to "([0-9.]+)" times the time predicted" ]]
    # The last one took 36 times as long at least, and d 40 times.
    awk -v least="${BASH_REMATCH[1]}" -v most="${BASH_REMATCH[2]}" \
        'BEGIN { exit !(least >= 6 && least < 36 && most >= 40) }'
}

@test "if compare is killed, its server ends with it" {
    local pid server
    own prefork
    "$BIN/compare" -n 1 -d 60s "$FOLDER/prefork" >/dev/null 2>&1 3>&- &
    pid=$!
    PIDS+=("$pid")
    until_true has_children "$pid"
    server=$(children "$pid")
    kill -KILL "$pid"
    until_true has_ended "${server%% *}"
    until_true equals strays 0
}

@test "--predict asks on a terminal, draws the guess, and is refused without" {
    compare --predict "$BIN/epoll"
    [ "$status" -eq 2 ]
    [ -z "$output" ]
    [[ $stderr == "compare: --predict: "*terminal* ]]
    command -v python3 >/dev/null || skip "no python3"
    cat >"$BATS_TEST_TMPDIR/ask.py" <<'END'
import os, pty, signal, sys
answers = [b"soon\n", b" 500 ms\n", b"\n"]
if os.environ.get("ANSWERS") == "ctrl-c":
    answers = [b"\x03"]
pid, fd = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm"
    # A shell that runs this in the background has it ignore SIGINT.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.execv(sys.argv[1], sys.argv[1:])
seen = b""
while True:
    try:
        data = os.read(fd, 4096)
    except OSError:
        break
    if not data:
        break
    seen += data
    if answers and seen.endswith(b"? "):
        os.write(fd, answers.pop(0))
sys.stdout.buffer.write(seen)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
    ANSWERS=ctrl-c run timeout 120 python3 -S "$BATS_TEST_TMPDIR/ask.py" \
        "$BIN/compare" --predict "$BIN/epoll" "$BIN/poll"
    echo "$output"
    [ "$status" -eq 1 ]
    [[ $output == *"interrupted: 0 of 2 servers were compared"* ]]
    run timeout 120 python3 -S "$BATS_TEST_TMPDIR/ask.py" "$BIN/compare" --ascii \
        --color never --width 80 --predict -c 4 -n 2 -d 50ms "$BIN/prefork -w 2" "$BIN/epoll"
    echo "$output"
    [ "$status" -eq 0 ]
    [[ $output == *"'soon' is not a time; write 0.6, 600ms or 2s"* ]]
    [[ $output =~ it\ took\ [0-9.]+\ m?s\;\ you\ said\ 500\ ms,\ which\ is\ [0-9.]+\ (times as|% too)\ long ]]
    [[ $output == *"Your predictions: 0 of 1 within 10 %"* ]]
    [ "$(grep -cE '^ +you  ~+:' <<<"$output")" -eq 1 ]
    [ "$(grep -cE '^ +model  ~+:' <<<"$output")" -eq 1 ]
    [[ $output == *"        ceil(4 clients / 2) x 2 messages x 50 ms = 200 ms"* ]]
    # Each line of the progress is erased.
    [[ $output == *$'\e[K'* ]]
}

@test "with - as the file, stdout is data alone; an unwritable file is an error" {
    compare -c 2 -n 1 -d 0 --csv - "$BIN/epoll"
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 2 ]
    [[ ${lines[0]} == version,model,processes,threads,served_at_once,* ]]
    [[ $stderr == *"2 clients, 1 message each"* ]]
    compare --svg /nonexistent/x.svg "$BIN/epoll"
    [ "$status" -eq 1 ]
    [[ $stderr == "compare: --svg: "*"/nonexistent/x.svg"* ]]
    compare -n 0 --csv /dev/full "$BIN/epoll"
    [ "$status" -eq 1 ]
    [[ $stderr == "compare: --csv: "*"/dev/full"* ]]
}

@test "a bad command line ends with status 2 and says what is allowed" {
    local bad
    while read -r -a bad; do
        run "$BIN/compare" "${bad[@]}"
        echo "${bad[*]}: $status: $output"
        [ "$status" -eq 2 ]
        [ "${#lines[@]}" -eq 2 ]
        [[ ${lines[0]} == "compare: "* ]]
        [ "${lines[1]}" = "try '$BIN/compare --help'" ]
    done <<'END'
-c 0
-n -1
-d 3
-d
--cpu x
--think 1
--width 3
--color sometimes
--csv - --svg - bin/epoll
--svg-front
--svg-front - --svg - bin/epoll
--vanish
--nonsense
END
}

@test "--help has a row per option, and no wide line" {
    run "$BIN/compare" --help
    [ "$status" -eq 0 ]
    grep -qE '^  -h, --help +print this text$' <<<"$output"
    grep -qE '^      --width=N +use N columns, .*\(20 to [0-9]+\)$' <<<"$output"
    not grep -E '.{80}' <<<"$output"
}

@test "the last lines are the conclusion: a row for the same picture, a sentence" {
    LC_ALL=C run "$BIN/compare" --width 80 -d 100ms "$BIN/single-process" \
        "$BIN/poll" "$BIN/epoll" /bin/false
    echo "$output"
    [ "$status" -eq 1 ]
    grep -qE '^clients being served +all done +0 s .*longest wait$' <<<"$output"
    # There is a blank while a slow machine lets no client be served.
    grep -qE '^single-process +[0-9.]+ s +1[1 ]*1 +[0-9.]+ s$' <<<"$output"
    grep -qE '^poll(, epoll)? +[0-9.]+ s  [1-6 ]*6[1-6 ]* +[0-9.]+ s$' <<<"$output"
    grep -qE '^false +failed  ' <<<"$output"
    [[ ${lines[*]: -2} == *"times sooner than single-process, which"*"serves 1 at once." ]]
}

@test "servers of another service are compared, and their answers checked" {
    compare -s kv -f length -c 3 -d 0 "$BIN/epoll" \
        "wrong=$BIN/epoll -p {port} -d 0 -f length"
    [ "$status" -eq 1 ]
    [[ $output == "3 clients, 3 messages each, service kv"* ]]
    grep -qE '^epoll +[0-9.]+ ' <<<"$output"
    [[ ${output//$'\n'/ } == *"client 1: answer 1 of 3 is 'ack', not 'VERSION NUMBER'"* ]]
}

@test "for files, compare says how many bytes came per second, and what a MB costs" {
    local csv=$BATS_TEST_TMPDIR/table.csv
    compare -c 3 -n 2 -d 0 -s file --file README.md --csv "$csv" "$BIN/epoll"
    [ "$status" -eq 0 ]
    holds "$csv" epoll "received_bytes == 6 * $(wc -c <README.md)" \
        epoll 'received_bytes_per_s * all_done_s / received_bytes > 0.99'
    [[ $output == *' MB '*'MB/s'* ]]
    compare -c 1 -n 1 -d 0 --csv "$csv" "$BIN/epoll"
    holds "$csv" epoll 'received_bytes == ""'
    [[ $output != *'MB/s'* ]]
}
