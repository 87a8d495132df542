#!/usr/bin/env bats
# Goal: the client says what happened, all of it and nothing else.  Against
# servers of the suite, and against a wrong one.

load helper

# run_client [OPTION...] - like "run client", without event lines and timeline's
# ornaments, on 80 columns.
run_client() {
    run --separate-stderr "$BIN/client" --port "$PORT" --timeout 60s --width 80 \
        --ascii "$@"
    echo "status $status"
    echo "$output"
    # shellcheck disable=SC2154 # set by run
    echo "$stderr"
}

# python3 may be a script that looks for the interpreter each time; PYTHON is
# the interpreter itself.
setup_file() {
    PYTHON=$(python3 -S -c 'import sys; print(sys.executable)' 2>/dev/null) || true
    export PYTHON
}

# needs_python - skips the test where there is none.
needs_python() {
    [ -n "$PYTHON" ] || skip "no python3"
}

# on_terminal COLUMNSxLINES FRAMES COMMAND... - runs a command on a terminal of
# that size, and presses Ctrl-C once it has repainted FRAMES times (0: never).
# Prints its status, how often it repainted, and how much waiting for answers each picture
# showed, as "status 0 repaints 3 waiting 6 12 18", then what the screen shows at
# the end.  Fails if the cursor does not go up by as many lines as were drawn, if a
# line is not erased before the next is written over it, or if it says what the
# terminal does not know.
on_terminal() {
    "$PYTHON" -S -c "$(
        cat <<'END'
import fcntl, os, pty, re, signal, struct, sys, termios, time
began = time.monotonic()
columns, lines = map(int, sys.argv[1].split("x"))
interrupt_at = int(sys.argv[2])
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("4H", lines, columns, 0, 0))
    # Not as a background job has it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.execvp(sys.argv[3], sys.argv[3:])
said = b""
while True:
    try:
        got = os.read(terminal, 65536)
    except OSError:
        break
    if not got:
        break
    said += got
    if interrupt_at and len(re.findall(rb"\033\[\d+A", said)) >= interrupt_at:
        os.write(terminal, b"\x03")
        interrupt_at = 0
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

screen, row, column = [""], 0, 0
repaints = drawn = 0
counting = False
waiting = []
piece = re.compile(r"\033\[(\d*)([A-Za-z])|\r|\n|[^\033\r\n]+", re.S)
text = said.decode()
assert "".join(m[0] for m in piece.finditer(text)) == text, "unknown sequence"
for m in piece.finditer(text):
    if m[0] == "\r":
        column = 0
    elif m[0] == "\n":
        row += 1
        drawn += 1
        if row == len(screen):
            screen.append("")
    elif m[2] == "A":
        assert not counting or int(m[1]) == drawn, (m[1], drawn)
        assert int(m[1]) < lines, "out of the screen"
        row -= int(m[1])
        assert row >= 0, "above its own output"
        repaints, drawn, counting = repaints + 1, 0, True
        waiting.append(sum(map(len, re.findall(r"(?<=  )[-:+*'.]{2,}|[╌░▒▓·┄]", "".join(screen)))))
    elif m[2] == "K":
        screen[row] = screen[row][:column]
    elif m[2] == "J":
        screen[row] = screen[row][:column]
        del screen[row + 1:]
    elif m[2] is None:
        assert not screen[row][column:], "not erased: " + screen[row]
        screen[row] += m[0]
        column += len(m[0])
        assert column <= columns, "wider than the terminal: " + screen[row]
    else:
        assert m[2] == "m", "unknown sequence " + repr(m[0])
# Ten a second, and the final picture.
assert repaints <= 10 * (time.monotonic() - began) + 1, "too often"
print("status", status, "repaints", repaints, "waiting", *waiting)
print("\n".join(line.rstrip() for line in screen))
END
    )" "$@" 3>&-
}

@test "it says how many were served at once, for different models" {
    sanitized && skip "sanitizers change the times"
    local expected=(single-process:1 prefork:5 fork-per-client:6 epoll:6)
    for pair in "${expected[@]}"; do
        # Long compared with the time that it takes to fork six times.  The service
        # is taken as the fastest of twelve answers, one of which is not late.
        SERVER=${pair%:*} start -d 200ms -q
        run_client -q -n 2 6
        [ "$status" -eq 0 ]
        [[ $output == *"served at once ${pair#*:} "* ]]
        [[ $output == *"12 messages, 12 acks, 0 naks, 0 errors"* ]]
        stopped
    done
}

@test "the timeline has a lane per client, on 80 columns; UTF-8 and colour only if asked for" {
    start -d 60ms
    LC_ALL=C run_client -q -n 2 3
    [ "$(grep -cE "^ +[123]  [.':+*=o_ ]*\| +[0-9]+ +[0-9]+ ms$" <<<"$output")" -eq 3 ]
    [[ $output == *=o*\|* ]]
    not grep -P '.{81}|[^\x00-\x7f]' <<<"$output"
    # In a pipe there is no colour, and the locale decides about lines.
    run env LC_ALL=C.UTF-8 "$BIN/client" --port "$PORT" -q -n 1
    [[ $output == *━* ]]
    [[ $output != *$'\e'* ]]
    run env LC_ALL=C "$BIN/client" --port "$PORT" -q -n 1 --color=always
    [[ $output == *=*o*\|* ]]
    [[ $output == *$'\e'* ]]
    not grep -P '[^\x00-\x7f]' <<<"$output"
    run env NO_COLOR=1 FORCE_COLOR=1 "$BIN/client" --port "$PORT" -q -n 1
    [[ $output != *$'\e'* ]]
    stopped
}

@test "event lines come as it happens, and not with --quiet" {
    start -d 20ms
    run_client -n 2
    [[ $output == *"client 1  connected"* ]]
    [[ $output == *"client 1  message 1: ack after "* ]]
    [[ $output == *"client 1  message 2: ack after "* ]]
    [[ $output == *"client 1  closed"* ]]
    run_client -q -n 2
    [[ $output != *"message 1:"* ]]
    stopped
}

@test "the messages are package 0, package 1 and so on, then goodbye" {
    wrong_server -o "$BATS_TEST_TMPDIR/heard" ackack
    # All answers at once, so they are pipelined.
    run_client -q -n 2 --pipeline 2
    [ "$(tr '\3' , <"$BATS_TEST_TMPDIR/heard")" = "package 0,package 1,goodbye," ]
}

@test "THINK is a pause between messages, in seconds or with a unit" {
    local csv=$BATS_TEST_TMPDIR/messages.csv think
    start -d 0
    for think in 0.1 100ms; do
        run_client -q -n 3 --csv "$csv" 1 "$think"
        [ "$status" -eq 0 ]
        # Each is sent 100 ms or more after the answer to the one before.
        awk -F, 'NR > 2 && $8 - answered < 0.1 { short = 1 }
            NR > 1 { answered = $11; n++ }
            END { exit !(n == 3 && !short) }' "$csv"
    done
    stopped
}

@test "--stagger, --pipeline, --size and --dribble do what they say" {
    start -d 30ms
    run_client -q -n 1 --stagger 50ms --csv "$BATS_TEST_TMPDIR/messages.csv" 3
    [ "$status" -eq 0 ]
    awk -F, 'NR > 1 { t[++n] = $6 }
        END { exit !(n == 3 && t[2] >= 0.05 &&
            t[3] >= 0.1) }' "$BATS_TEST_TMPDIR/messages.csv"
    run_client -q -n 4 --pipeline 4
    [ "$status" -eq 0 ]
    run_client -q -n 1 --size 4096
    [[ $output == *"1 message, 1 ack, 0 naks, 0 errors"* ]]
    logged 'bytes=4096'
    run_client -q -n 2 --size 4097
    [ "$status" -eq 0 ]
    [[ $output == *"2 messages, 0 acks, 2 naks, 0 errors"* ]]
    run_client -q -n 1 --size 100000
    [ "$status" -eq 0 ]
    run_client -q -n 1 --dribble 1ms
    [ "$status" -eq 0 ]
    unharmed
}

@test "--vanish resets in the middle of the last message" {
    start -d 0
    run_client -q -n 3 --vanish 4
    [ "$status" -eq 0 ]
    until_true equals 'log_count reason=reset' 4
    [ "$(log_count 'ack ')" -eq 8 ]
    unharmed
}

@test "--silent says nothing until the server hangs up" {
    start -d 0 -t 100ms
    run_client -q --silent 3
    [ "$status" -eq 0 ]
    [ "$(log_count 'idle  ')" -eq 3 ]
    [ "$(log_count 'message ')" -eq 0 ]
    unharmed
}

@test "--csv has a row per message, --trace is what Perfetto reads, --svg a lane per client" {
    needs_python
    start -d 20ms
    run_client -q -n 3 --pipeline 2 --csv "$BATS_TEST_TMPDIR/csv" \
        --trace "$BATS_TEST_TMPDIR/trace" --svg "$BATS_TEST_TMPDIR/svg" 4
    [ "$status" -eq 0 ]
    "$PYTHON" -S - "$BATS_TEST_TMPDIR"/{csv,trace,svg} <<'END'
import csv, json, sys, xml.etree.ElementTree as tree
# What the client saw.
rows = list(csv.DictReader(open(sys.argv[1], newline="")))
assert len(rows) == 12, rows
for i, row in enumerate(rows):
    assert (row["version"], row["model"]) == ("2", ""), row
    assert int(row["client"]) == i // 3 + 1, row
    assert int(row["message"]) == i % 3 + 1, row
    assert row["bytes"] == "9" and row["answer"] == "ack", row
    times = [float(row[t + "_s"]) for t in
             "started connected sent answered ended".split()]
    assert times == sorted(times), row
    assert float(row["answered_s"]) - float(row["sent_s"]) >= 0.019, row
    # A client alone does not see who served it, and when.
    assert not row["service_began_s"] + row["service_ended_s"] + row["worker"]
# There is a thread per client, and no slice overlaps another.
trace = json.load(open(sys.argv[2]))
events = trace["traceEvents"]
names = {e["tid"]: e["args"]["name"] for e in events if e["name"] == "thread_name"}
assert names == {i: "client %d" % i for i in range(1, 5)}, names
for tid in names:
    slices = [e for e in events if e["ph"] == "X" and e["tid"] == tid]
    served = [e["name"] for e in slices if e["cat"] == "serve"]
    # Of answers that come together, only the first has been served visibly.
    assert served[0] == "message 1" and served == sorted(set(served)), slices
    assert len(served) <= 3, slices
    for a, b in zip(slices, slices[1:]):
        # Added as viewers add them.
        assert a["ts"] + a["dur"] <= b["ts"], (a, b)
    assert sum(e["ph"] == "i" and e["tid"] == tid for e in events) == 3
for name in "messages waiting", "messages being served":
    values = [e["args"]["value"] for e in events if e["ph"] == "C" and e["name"] == name]
    assert 1 <= max(values) <= 8 and min(values) == values[-1] == 0, values
root = tree.parse(sys.argv[3]).getroot()
assert root.tag == "{http://www.w3.org/2000/svg}svg", root.tag
lanes = [e for e in root.iter() if e.get("class") == "lane"]
assert [e.get("data-client") for e in lanes] == ["1", "2", "3", "4"], lanes
END
    stopped
}

@test "an output named - is all that goes to stdout" {
    start -d 0
    run_client -n 2 --csv - 2
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 5 ]
    [[ ${lines[0]} == version,model,client,* ]]
    [[ $stderr == *"2 clients, 2 messages each"* ]]
    [[ $stderr == *"message 1: ack"* ]]
    [[ $stderr == *"4 messages, 4 acks"* ]]
    # A reader of it may leave, as any other.
    run --separate-stderr bash -c "set -o pipefail
        '$BIN/client' --port $PORT -q -n 2000 --csv - 2 | head -n 1"
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 1 ]
    [[ $stderr != *"cannot write"* ]]
    stopped
}

@test "an output that cannot be written is named before the run; none is lost" {
    local out=$BATS_TEST_TMPDIR/kept
    start -d 0
    echo kept >"$out"
    run "$BIN/judge" --csv "$BATS_TEST_TMPDIR/no/x" "$BIN/epoll"
    [ "$status" -eq 4 ]
    run client --csv ''
    [ "$status" -eq 2 ]
    [ "${lines[0]}" = "client: --csv: '' is not a file name" ]
    run client --csv "$out" --trace "$BATS_TEST_TMPDIR/no/x"
    [ "$status" -eq 1 ]
    [ "$output" = "client: --trace: cannot write $BATS_TEST_TMPDIR/no/x: No such file or directory" ]
    [ "$(cat "$out")" = kept ]
    [ "$(log_count accept)" -eq 0 ]
    # What was longer before leaves no rest.
    yes kept | head -n 1000 >"$out"
    run_client -q -n 1 --csv "$out"
    [ "$status" -eq 0 ]
    [ "$(wc -l <"$out")" -eq 2 ]
    for full in "--csv /dev/full" "--trace /dev/full"; do
        # shellcheck disable=SC2086 # two words
        run_client -q -n 1 $full
        [ "$status" -eq 1 ]
        [ "$stderr" = "client: ${full% *}: cannot write /dev/full: No space left on device" ]
        [[ $output == *"1 message, 1 ack"* ]]
    done
    stopped
}

@test "on a terminal the timeline grows in its place, and ends as drawn once" {
    needs_python
    start -d 120ms
    TERM=xterm LC_ALL=C.UTF-8 run on_terminal 80x24 0 "$BIN/client" -p "$PORT" -n 4 6
    echo "$output"
    [[ ${lines[0]} =~ ^status\ 0\ repaints\ ([0-9]+) ]]
    ((BASH_REMATCH[1] >= 1))
    [ "${lines[1]}" = "6 clients, 4 messages each, to 127.0.0.1 port $PORT" ]
    [ "$(grep -c 'being served' <<<"$output")" -eq 1 ]
    [ "$(grep -cE '^ +[1-6]  [┄·░▒▓━●─┤ ]* +[0-9.]+ ' <<<"$output")" -eq 6 ]
    [[ $output == *"24 messages, 24 acks, 0 naks, 0 errors"* ]]
    [[ $output != *"message 1:"* ]]
    # The plan, a legend of 3 or 4 lines, the axis, the lanes, and a summary of 3
    # or 4, as in a pipe.
    ((${#lines[@]} >= 1 + 1 + 4 + 6 + 3 && ${#lines[@]} <= 1 + 1 + 5 + 6 + 4))
    stopped
}

@test "Ctrl-C on a terminal leaves one picture, and the cursor below it" {
    needs_python
    start -d 60s
    TERM=xterm run on_terminal 60x16 3 "$BIN/client" -p "$PORT" --ascii -n 1 3
    echo "$output"
    # Those who wait are drawn up to the moment.
    local -a said
    read -r -a said <<<"${lines[0]}"
    [ "${said[*]:0:3}" = "status 1 repaints" ]
    ((said[-1] > said[5]))
    [ "$(grep -cE "^ +[1-3]  +[-:+*'.]+ +-  +-$" <<<"$output")" -eq 3 ]
    [ "$(grep -c "= being served" <<<"$output")" -eq 1 ]
    [[ $output == *"interrupted after"* ]]
    [[ $output != *^C* ]]
    kill -KILL "$PID"
}

@test "no live timeline with --quiet, on a dumb terminal, or where it does not fit" {
    needs_python
    start -d 150ms
    TERM=xterm run on_terminal 80x24 0 "$BIN/client" -p "$PORT" -q -n 1
    [ "${lines[0]}" = "status 0 repaints 0 waiting" ]
    [[ $output != *"message 1:"* ]]
    TERM=dumb run on_terminal 80x24 0 "$BIN/client" -p "$PORT" -n 1
    [ "${lines[0]}" = "status 0 repaints 0 waiting" ]
    [[ $output == *"message 1: ack after"* ]]
    TERM=xterm run on_terminal 80x24 0 "$BIN/client" -p "$PORT" -n 1 30
    [ "${lines[0]}" = "status 0 repaints 0 waiting" ]
    [[ $output == *"client 30  message 1: ack after"* ]]
    TERM=xterm NO_COLOR=1 run on_terminal 80x24 0 "$BIN/client" -p "$PORT" -n 2
    [ "${lines[0]}" != "status 0 repaints 0 waiting" ]
    stopped
}

@test "--timeout gives up, and says for which clients" {
    SERVER=single-process start -d 60s
    run --separate-stderr "$BIN/client" --port "$PORT" -q -n 1 --timeout 200ms 2
    [ "$status" -eq 1 ]
    [[ $stderr == *"clients 1 and 2: gave up after 0 of 1 answer (the first at "[0-9]* ]]
    kill -KILL "$PID"
}

@test "Ctrl-C draws what there is, and status 1" {
    start -d 60s
    "$BIN/client" --port "$PORT" --ascii -n 1 3 >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    PIDS+=($!)
    until_true equals 'log_count message' 3
    kill -INT "${PIDS[-1]}"
    wait_for "${PIDS[-1]}"
    [ "$status" -ne 0 ]
    grep -q '0 acks' "$BATS_TEST_TMPDIR/out"
    grep -qE '^ +3 ' "$BATS_TEST_TMPDIR/out"
    kill -KILL "$PID"
}

@test "time in which the client was stopped is named, and --timeout does not count it" {
    start -d 1s
    "$BIN/client" --port "$PORT" --timeout 6s -q -n 4 1 >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    PIDS+=($!)
    until_true logged 'message '
    kill -STOP "${PIDS[-1]}"
    sleep 4
    kill -CONT "${PIDS[-1]}"
    wait_for "${PIDS[-1]}"
    cat "$BATS_TEST_TMPDIR/out"
    [ "$status" -eq 0 ]
    grep -qE '^The client did not run for (3\.[5-9]|[4-9]\.|[1-9][0-9]+\.)' "$BATS_TEST_TMPDIR/out"
    start -d 10ms
    client -q -n 4 1 >"$BATS_TEST_TMPDIR/out"
    not grep 'did not run' "$BATS_TEST_TMPDIR/out"
}

@test "ten thousand clients at once" {
    sanitized && skip "takes too long with sanitizers"
    (($(ulimit -Hn) >= 10100)) || skip "the descriptor limit is too low"
    start -d 0 -q -b 4096
    run_client -q -n 1 10000
    [ "$status" -eq 0 ]
    [[ $output == *"10000 messages, 10000 acks, 0 naks, 0 errors"* ]]
    # Too many to draw: the first, the last, and how many are left out.
    [[ $output == *"... 9"*" more "* ]]
    ((${#lines[@]} < 40))
    unharmed
}

@test "every byte that comes back is checked" {
    local script
    # What the server says to the first message, and what the client says of it.
    while IFS='|' read -r script complaint; do
        wrong_server "$script"
        run_client -q -n 2 --timeout 1s
        [ "$status" -eq 1 ]
        [[ $stderr == *"client 1: "*"$complaint"* ]]
    done <<'END'
ak|answer 1 of 2 is 'ak', not 'ack'
ackackack|got 'ackack' unasked after 1 of 2 answers
ackx|got 'x' unasked after 1 of 2 answers
nak|answer 1 of 2 is 'nak', not 'ack'
hello|answer 1 of 2 is 'hello', not 'ack'
ac|after 0 of 2 answers
END
    # And the right ones, in any pieces, are right.
    wrong_server 'ackack'
    run_client -q -n 2 --pipeline 2
    [ "$status" -eq 0 ]
}

@test "nobody listening is one clear line, and status 1" {
    start -d 0
    stopped
    run_client -q 2
    [ "$status" -eq 1 ]
    [ "$(grep -c refused <<<"$stderr")" -eq 1 ]
    [[ $stderr == *"clients 1 and 2: "*"refused"* ]]
    [[ $stderr == *"nobody listens on 127.0.0.1 port $PORT"* ]]
}

@test "a bad command line is named, with what is allowed, and status 2" {
    local bad
    while read -r -a bad; do
        run "$BIN/client" "${bad[@]}"
        echo "${bad[*]}: $status: $output"
        [ "$status" -eq 2 ]
        [ "${#lines[@]}" -eq 2 ]
        [[ ${lines[0]} == "client: "* ]]
        [ "${lines[1]}" = "try '$BIN/client --help'" ]
    done <<'END'
0
x
100001
3 x
3 1 1
-n -1
-n 1000001
-p 0
-p 65536
--pipeline 0
--size 1048577
--stagger 3
--timeout x
--dribble 1
--color sometimes
--width 3
--silent --vanish
-c 3 3
--csv - --trace -
--svg build/x --csv build/x
--svg
--nonsense
END
}

@test "--help has a row per option, and no wide line" {
    run "$BIN/client" --help
    [ "$status" -eq 0 ]
    grep -qE '^  -h, --help +print this text$' <<<"$output"
    grep -qE '^      --width=N +use N columns, .*\(20 to [0-9]+\)$' <<<"$output"
    not grep -E '.{80}' <<<"$output"
}

@test "a reader that leaves ends the run, quietly" {
    start -d 10ms
    run bash -c "set -o pipefail; '$BIN/client' --port $PORT -n 2000 5 | head -n 1"
    [ "$status" -eq 1 ]
    [ "${#lines[@]}" -eq 1 ]
    # All messages would take 20 s.
    (($(log_count ack) < 5000))
    unharmed
}

@test "what does not fit on the disk is status 1, or 4 if it is a verdict" {
    local words expected
    start -d 0
    while read -r -a words; do
        status=0
        stderr=$("$BIN/${words[0]}" "${words[@]:1}" 2>&1 >/dev/full) || status=$?
        echo "${words[*]}: $status: $stderr"
        expected=1
        [ "${words[1]}" != --only ] || expected=4 # 1 would accuse the server
        [ "$status" -eq "$expected" ]
        [[ $stderr == *"${words[0]}: cannot write to stdout: "* ]]
    done <<END
client --port $PORT -q
client --port $PORT -q --csv -
client --port $PORT --duration 10ms
client --help
compare -n 1 -c 1 -d 0 $BIN/epoll
bench --short --rounds 1 --loads one $BIN/epoll
judge --only protocol.message $BIN/epoll
judge --list
judge --explain protocol.message
epoll --help
epoll --traits
END
    "$BIN/epoll" -p 0 >/dev/full 2>"$BATS_TEST_TMPDIR/err" &
    PIDS+=($!)
    until_true test -s "$BATS_TEST_TMPDIR/err"
    kill "$!"
    wait_for "$!"
    [ "$status" -eq 1 ]
    stopped
}

@test "one file is one file, whatever its name" {
    local dir=$BATS_TEST_TMPDIR name
    start -d 0
    for name in /dev/stdout /dev/fd/1 "$dir/out"; do
        (
            echo head
            client -q -n 1 --csv "$name" 2>"$dir/text"
            echo tail
        ) >"$dir/out"
        mapfile -t lines <"$dir/out"
        [ "${lines[0]} ${lines[-1]} ${#lines[@]}" = "head tail 4" ]
        grep -q '1 message, 1 ack' "$dir/text"
    done
    touch "$dir/x"
    ln "$dir/x" "$dir/y"
    run client --svg "$dir/x" --csv "$dir/y"
    [ "$status" -eq 2 ]
    [[ $output == "client: --svg and --csv cannot both be written to "* ]]
    run client --svg - --csv /dev/stdout
    [ "$status" -eq 2 ]
    run bash -c "'$BIN/client' --port $PORT --csv '$dir/x' 2>'$dir/x'"
    [ "$status" -eq 2 ]
    grep -q 'where this program writes its messages' "$dir/x"
    client -q -n 1 --svg /dev/null --csv /dev/null >/dev/null
    stopped
}

@test "a pipe that does not block loses nothing" {
    needs_python
    start -d 0 -q
    run "$PYTHON" -S - "$BIN/client" "$PORT" <<'END'
import fcntl, os, subprocess, sys, time
r, w = os.pipe()
fcntl.fcntl(w, fcntl.F_SETFL, os.O_NONBLOCK)
client = subprocess.Popen([sys.argv[1], "-p", sys.argv[2], "-q", "-n", "1000",
    "--csv", "-", "10"], stdout=w, stderr=subprocess.DEVNULL)
os.close(w)
time.sleep(1) # the pipe fills
rows = len(os.fdopen(r).readlines())
print(client.wait(), rows)
END
    [ "$output" = "0 10001" ]
    stopped
}

@test "a client that somebody else wrote is served, with no options at all" {
    needs_python
    local free=yes
    (exec 5<>/dev/tcp/127.0.0.1/3000) 2>/dev/null && free=no
    [ "$free" = yes ] || skip "port 3000 is in use"
    start_command "$BIN/$SERVER"
    [ "$PORT" = 3000 ]
    # One message, which takes 2 s, then goodbye; it does not wait for the end.
    "$PYTHON" -S - <<'END'
import socket
s = socket.create_connection(("127.0.0.1", 3000))
s.sendall(b"package 0\x03")
assert s.recv(1024) == b"ack"
s.sendall(b"goodbye\x03")
s.close()
END
    stopped
}

# waits_as SERVER LEGEND LETTER - five clients of two workers: the legend says
# where some of them wait, and lanes have that letter.  On a busy machine the client
# looks so rarely that only a long wait is seen.
waits_as() {
    local delay
    for delay in 150ms 600ms 2400ms; do
        SERVER=$1 start -w 2 -d "$delay"
        run_client -q -n 1 5
        [[ $output != *"the kernel does not tell"* ]] || skip "$output"
        stopped
        [[ $output != *"$3 $2"* ]] ||
            [ "$(grep -cE "^ +[1-5]  [^|]*[$3]{3}" <<<"$output")" -lt 2 ] || return 0
    done
    return 1
}

@test "the picture shows who waits in the accept queue, and who is accepted" {
    waits_as prefork "in the accept queue" ":"
    waits_as threaded "accepted, not read" "+"
}
