#!/usr/bin/env bats
# Goal: what a person and a program get from the judge.  Whether it is right is
# tested elsewhere: about good servers in models.bats and judged.bats, about broken
# ones by zoo/check.

load helper

judge() {
    run --separate-stderr timeout 240 "$BIN/judge" "$@"
    echo "status $status"
    echo "$output"
    # shellcheck disable=SC2154 # set by run
    echo "$stderr"
    [ -z "${ALONE-}" ] || ! is_too_busy <<<"$output" ||
        skip "the machine is too busy for the judge"
}

@test "a server in another language is judged as what it is" {
    command -v python3 >/dev/null || skip "no python3"
    sanitized && skip "the server is the same"
    [ "$(wc -l <tests/zoo/server.py)" -le 45 ]
    judge --only protocol,stop.idle -- python3 -S tests/zoo/server.py '{port}' '{delay}'
    [ "$status" -eq 0 ]
    not grep -q 'NOT OK' <<<"$output"
}

@test "a server that answers without end is judged to the end" {
    command -v python3 >/dev/null || skip "no python3"
    cat >"$BATS_TEST_TMPDIR/server.py" <<'END'
import socket, sys, threading

def serve(client):
    try:
        while data := client.recv(4096):
            client.sendall(b"ack" * data.count(b"\3"))
        while True:  # at the end of input
            client.sendall(b"ack" * 1000)
    except OSError:
        pass

listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    threading.Thread(target=serve, args=listener.accept()[:1], daemon=True).start()
END
    judge --only attack.garbage -- python3 -S "$BATS_TEST_TMPDIR/server.py" '{port}'
    [ "$status" -eq 3 ]
    [[ $output == *"messages, then got 'ack"* ]]
}

@test "a server that runs already is judged, and goes on" {
    start -d 20ms -q
    judge --only must,stop -p "$PORT" --pid "$PID" --expect event-loop
    [ "$status" -eq 0 ]
    [[ $output == *"unknown stop.idle"* ]]
    unharmed
}

@test "another model than expected is status 1, and said" {
    judge --only protocol.message --expect pool:3 "$BIN/prefork -w 3"
    [ "$status" -eq 0 ]
    judge --only protocol.message --expect pool:4 "$BIN/prefork -w 3"
    [ "$status" -eq 1 ]
    [[ $output == *"behaves like a pool of 3"* ]]
    [[ $output == *"expected pool:4"* ]]
}

@test "what does not answer, or does not start, is said in one line" {
    judge "$BIN/prefork -w 0"
    [ "$status" -eq 4 ]
    [[ $stderr == "judge: the server ended before it listened, exit status 2: "* ]]
    judge --csv "$BATS_TEST_TMPDIR/csv" /nonexistent/server
    [ "$status" -eq 4 ]
    [[ $stderr == "judge: the server cannot be started: /nonexistent/server: No such file or directory" ]]
    [ -z "$output" ]
    # The files are complete all the same.
    grep -q '^2,protocol.message,must,not looked at,.*cannot be started' "$BATS_TEST_TMPDIR/csv"
    judge --tap --only protocol.message /nonexistent/server
    [[ ${lines[2]} == "# behaves like no model"* ]]
    [[ ${lines[3]} == "not ok 2 - judged to the end: cannot be started: "* ]]
    [ "${lines[4]}" = 1..2 ]
}

@test "on a terminal, what it waits for is erased before an error" {
    command -v script >/dev/null || skip "no script(1)"
    TERM=xterm SHELL=/bin/sh run script -q -e \
        -c "'$BIN/judge' -- true {port}" "$BATS_TEST_TMPDIR/terminal" </dev/null
    printf '%q\n' "$output"
    [[ $output == *"to start"*$'\r\e[Kjudge: the server ended'* ]]
}

@test "a command without {port} is told what is missing" {
    judge --start-timeout 1s sleep 60
    [ "$status" -eq 4 ]
    [[ $stderr == *"the command has no {port}"* ]]
}

@test "a wrapper that gets the signal instead of its server is named" {
    printf '#!/bin/sh\n"%s" "$@"\nexit\n' "$(realpath "$BIN/epoll")" >"$BATS_TEST_TMPDIR/run"
    chmod +x "$BATS_TEST_TMPDIR/run"
    judge --only protocol.message,stop.idle "$FOLDER/run"
    [ "$status" -eq 3 ]
    [[ $output == *"must 1 of 1, should 0 of 1 ok"* ]]
    [[ $output == *"SIGTERM went to "*", and epoll below it listens"* ]]
}

# python_server TEXT - writes a server in Python; the text finds a listener and
# some modules.  Its command is in COMMAND.  With -S python3 starts in half the
# time, without the modules of others.
python_server() {
    command -v python3 >/dev/null || skip "no python3"
    cat >"$BATS_TEST_TMPDIR/server.py" <<END
import socket, sys, threading, time
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=100)
$1
END
    COMMAND=(python3 -S "$BATS_TEST_TMPDIR/server.py" '{port}')
}

@test "what is not seen twice is unknown, with both things seen" {
    # The second of all servers that are started gives a wrong answer.  A
    # busy machine cannot cause that.
    python_server '
with open(sys.argv[0] + ".log", "a+") as log:
    log.write("x")
    bad = log.tell() == 2
while True:
    client, _ = listener.accept()
    while data := client.recv(4096):
        client.sendall((b"nak" if bad else b"ack") * data.count(b"\3"))
    client.close()'
    judge --only protocol.message -- "${COMMAND[@]}"
    [ "$status" -eq 4 ]
    [[ $output == *"unknown protocol.message"*"not the same twice: "*"'nak'"*"then: 1 answer"* ]]
}

@test "one defect is one accusation, and the last words are shown" {
    # It dies of everything but hello.
    python_server '
while True:
    client, _ = listener.accept()
    while data := client.recv(4096):
        if b"hello" not in data:
            raise ValueError("not polite")
        client.sendall(b"ack")'
    judge --only protocol.several,protocol.empty,protocol.control -- "${COMMAND[@]}"
    [ "$status" -eq 1 ]
    [ "$(grep -c '^NOT OK' <<<"$output")" -eq 1 ]
    [[ $output == *"ended: exit status 1; it last wrote: ValueError: not polite"* ]]
    [[ $output == *"Mend protocol.several first."*"--explain protocol.several"* ]]
}

@test "what a server answers is no directive of TAP" {
    python_server '
while True:
    client, _ = listener.accept()
    client.recv(100)
    client.sendall(b"# TODO \\ \x1b[2J")
    client.close()'
    judge --tap --only protocol.message -- "${COMMAND[@]}"
    [ "$status" -eq 1 ]
    [[ ${lines[1]} == "not ok 1 - "*"'\\# "* ]]
    not grep -q "[^\\\\]# TODO" <<<"${lines[1]}"
    not grep -q $'\e' <<<"$output"
}

# ends_soon SIGNAL - the judge, whose pid is PID, ends and says why, and all servers
# end with it.
ends_soon() {
    kill "-$1" "$PID"
    wait_for "$PID"
    [ "$status" -ne 0 ]
    grep -q interrupted "$BATS_TEST_TMPDIR/out"
    [ "$(pgrep -c -f "$BATS_TEST_TMPDIR/server.py")" = 0 ]
}

@test "a signal ends the judge in a wait that does not end, and at the start" {
    # It answers without end, one byte per 100 ms.
    python_server '
def serve(client):
    open(sys.argv[0] + ".met", "w").close()
    try:
        while True:
            client.sendall(b"a")
            time.sleep(0.1)
    except OSError:
        pass

while True:
    threading.Thread(target=serve, args=listener.accept()[:1], daemon=True).start()'
    for signal in INT TERM; do
        "$BIN/judge" -- "${COMMAND[@]}" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
        PID=$!
        PIDS+=("$PID")
        until_true test -e "$BATS_TEST_TMPDIR/server.py.met"
        ends_soon "$signal"
        rm "$BATS_TEST_TMPDIR/server.py.met"
    done
    printf 'import time\ntime.sleep(100)\n' >"$BATS_TEST_TMPDIR/server.py"
    "$BIN/judge" -- "${COMMAND[@]}" >"$BATS_TEST_TMPDIR/out" 2>&1 3>&- &
    PID=$!
    PIDS+=("$PID")
    until_true pgrep -f "$BATS_TEST_TMPDIR/server.py"
    ends_soon TERM
}

@test "the exit status says how much is wrong" {
    # SIGTERM ends it by its default action.
    python_server '
while True:
    client, _ = listener.accept()
    while data := client.recv(4096):
        client.sendall(b"ack" * data.count(b"\3"))
    client.close()'
    # Only a should is status 3: see the wrapper above.
    judge --only protocol.message,protocol.not-ascii,stop.idle -- "${COMMAND[@]}"
    [ "$status" -eq 1 ]
    judge --only work.computing "$BIN/epoll -p {port}"
    [ "$status" -eq 4 ]
}

@test "a finding that does not apply is skipped, and not ok" {
    judge --csv "$BATS_TEST_TMPDIR/csv" --only attack.in-flight "$BIN/select"
    [ "$status" -eq 4 ]
    [[ $output == skipped*"it has no worker processes"*"1 skipped, "* ]]
    grep -q '^2,attack.in-flight,attack,skipped,' "$BATS_TEST_TMPDIR/csv"
}

@test "TAP and CSV are complete and nothing else" {
    judge --tap --only protocol.message,protocol.glued --expect pool \
        "$BIN/single-process"
    [ "$status" -eq 1 ]
    [ "${lines[0]}" = "TAP version 13" ]
    [[ ${lines[1]} == "ok 1 - protocol.message: "* ]]
    [[ ${lines[3]} == "not ok 3 - behaves like one at a time"*"expected pool" ]]
    [ "${lines[4]}" = "1..3" ]
    judge --csv - --only protocol.message "$BIN/epoll"
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 3 ]
    [ "${lines[0]}" = "version,finding,tier,result,looked_at,expected,seen,seconds" ]
    [[ ${lines[1]} == 2,protocol.message,must,ok,*,[0-9]*.[0-9]* ]]
    [[ ${lines[2]} == 2,model,must,ok,*,any,*"event loop"* ]]
}

@test "every finding is listed, and explained with a lesson that exists" {
    local name
    judge --list
    [ "${#lines[@]}" -ge 40 ]
    while read -r _ name _; do
        echo "--- $name"
        "$BIN/judge" --explain "$name" || echo "status $?"
    done <<<"$output" >"$BATS_TEST_TMPDIR/explained"
    awk '/^--- / { name = $2; names++; next }
        { length_of[name] += length($0) + 1 }
        /^status / { print name ": " $0; bad = 1 }
        index($0, name " (") == 1 { named++ }
        /^What to do: / { told++ }
        /^Read: / && (getline line < $2) > 0 { close($2); lessons++ }
        END { print names, named, told, lessons
            for (name in length_of)
                if (length_of[name] <= 150) { print name " is short"; bad = 1 }
            exit bad || names < 40 || named != names || told != names ||
                lessons != names }' "$BATS_TEST_TMPDIR/explained"
}

@test "Ctrl-C shows what there is, and leaves nothing behind" {
    local dir=$BATS_TEST_TMPDIR pid
    ln -s "$(realpath "$BIN/prefork")" "$dir/prefork"
    "$BIN/judge" --all "$FOLDER/prefork" >"$dir/out" 2>&1 3>&- &
    pid=$!
    PIDS+=("$pid")
    until_true grep -q protocol.several "$dir/out"
    kill -INT "$pid"
    wait_for "$pid"
    [ "$status" -ne 0 ]
    grep -q '^interrupted' "$dir/out"
    [ "$(pgrep -c -f "^$dir/prefork")" = 0 ]
}

@test "a bad command line is named, with what is allowed, and status 2" {
    local bad
    while read -r -a bad; do
        run "$BIN/judge" "${bad[@]}"
        echo "${bad[*]}: $status: $output"
        [ "$status" -eq 2 ]
        [ "${#lines[@]}" -eq 2 ]
        [[ ${lines[0]} == "judge: "* ]]
        [ "${lines[1]}" = "try '$BIN/judge --help'" ]
    done <<'END'

-p 0
-p 3000 bin/epoll
--pid 1 bin/epoll
--expect pools bin/epoll
--expect pool:0 bin/epoll
--expect event-loop:3 bin/epoll
--only nothing bin/epoll
--skip must, bin/epoll
--explain nothing
-d 3 bin/epoll
--tap --csv - bin/epoll
--nonsense
END
}

@test "--help has a row per option, and no wide line" {
    run "$BIN/judge" --help
    [ "$status" -eq 0 ]
    grep -qE '^  -h, --help +print this text$' <<<"$output"
    grep -qE '^      --width=N +use N columns, .*\(20 to [0-9]+\)$' <<<"$output"
    not grep -E '.{80}' <<<"$output"
}

@test "a folder of submissions is judged, one row for each" {
    local dir=$BATS_TEST_TMPDIR/all out=$BATS_TEST_TMPDIR/out
    mkdir -p "$dir"/{ann,bob,"cy d",dee,eve,fay,gil,Jürgen,"$(printf 'o"k\e[31m\377')"}
    mkdir "$dir/=1+1" "$dir/$(printf 'x\342\200\256')"
    ln -s "$(realpath "$BIN/epoll")" "$dir/ann/mine"
    echo "./mine" >"$dir/ann/command"
    ln -s "$(realpath "$BIN/prefork")" "$dir/bob/mine"
    # shellcheck disable=SC2016 # for make
    printf 'run:\n\t./mine -p $(PORT) -d $(DELAY) -w 3\n' >"$dir/bob/Makefile"
    printf '#!/bin/sh\nexec sleep 100\n' >"$dir/cy d/mine"
    # shellcheck disable=SC2016 # for sh
    printf '#!/bin/sh\nexec "%s" -p "$1" -d "$2"\n' "$(realpath "$BIN/epoll")" \
        >"$dir/eve/run"
    printf 'all:\n\tsleep 100\n' >"$dir/dee/Makefile"
    echo ' ' >"$dir/fay/command"
    echo '--all' >"$dir/gil/command"
    mkdir "$dir/hal"
    printf 'all:\n\tyes\n' >"$dir/hal/Makefile"
    chmod +x "$dir/cy d/mine" "$dir/eve/run"
    BUILD_TIME=1 BUILD_KIB=100 BIN=$(realpath "$BIN") run tests/grade -o "$out" "$dir" \
        --only protocol.message,capacity.at-once --start-timeout 1s
    echo "$output"
    [ "$status" -eq 0 ]
    grep -q '^"ann",0,2,2,0,0,0,0,0,"an event loop","",[0-9.]*$' "$out/grades.csv"
    grep -q '^"bob",0,2,2,0,0,0,0,0,"a pool of 3","",[0-9.]*$' "$out/grades.csv"
    grep -q '^"cy d",4,0,0,' "$out/grades.csv"
    grep -q '^"dee",4,0,0,' "$out/grades.csv"
    grep -q '^"eve",0,2,2,' "$out/grades.csv"
    grep -q '^"fay",4,0,0,' "$out/grades.csv"
    grep -q '^"gil",4,0,0,' "$out/grades.csv"
    # Whatever a name is, it does nothing to the file, and columns stay below
    # each other.
    grep -qx '"Jürgen",4,[^"]*"","",[0-9.]*' "$out/grades.csv"
    grep -qx '"o\\x22k\\x1b\[31m\\xff",4,[^"]*"","",[0-9.]*' "$out/grades.csv"
    grep -qx 'Jürgen               *0/0 .*' <<<"$output"
    grep -q '^"\\x3d1+1",4,' "$out/grades.csv" # no formula
    grep -q '^"x\\xe2\\x80\\xae",4,' "$out/grades.csv"
    [ "$(LC_ALL=C.UTF-8 grep -c '^.\{25\}[0-9]/[0-9] ' <<<"$output")" -eq 12 ]
    [ "$(wc -c <"$out/hal.txt")" -lt 200000 ] # the disk is not filled
    grep -q "took more than 1 s" "$out/dee.txt"
    grep -q "no file 'command'" "$out/dee.txt"
    # Only what has no row is judged.  If the disk was full, the last row may be cut.
    sed -i /bob/d "$out/grades.csv"
    printf '"bob",0,2' >>"$out/grades.csv"
    rm "$out"/*.txt
    BIN=$(realpath "$BIN") tests/grade -o "$out" "$dir" --only protocol.message
    [ "$(ls "$out"/*.txt)" = "$out/bob.txt" ]
    [ "$(grep -c '^"bob",0,1,1,' "$out/grades.csv")" -eq 1 ]
}

@test "a mistake in the command line is found before a class is judged" {
    local dir=$BATS_TEST_TMPDIR/all out=$BATS_TEST_TMPDIR/out words
    mkdir -p "$dir/ann"
    printf '#!/bin/sh\nexec sleep 100\n' >"$dir/ann/run"
    chmod +x "$dir/ann/run"
    while read -r -a words; do
        BIN=$(realpath "$BIN") run tests/grade -o "$out" "${words[@]}"
        echo "${words[*]}: $output"
        [ "$status" -eq 2 ]
        [ ! -e "$out" ]
    done <<END
-j two $dir
-j 08 $dir
-x $dir
$dir/nobody
$dir --only nothing
$dir --nonsense
END
    # A judge that could not be started says nothing about a submission.
    printf '#!/bin/sh\nexit 127\n' >"$BATS_TEST_TMPDIR/judge"
    chmod +x "$BATS_TEST_TMPDIR/judge"
    BIN=$BATS_TEST_TMPDIR run tests/grade -o "$out" "$dir"
    echo "$output"
    [ "$status" -eq 1 ]
    [[ $output == *"grade: ann has no row yet"* ]]
    [ "$(wc -l <"$out/grades.csv")" -eq 1 ]
}

# Tells whether nothing is left that writes to this folder.
has_no_writer() {
    ! pgrep -f -- "$1/" >/dev/null
}

@test "Ctrl-C ends a class, and what was being judged gets no row" {
    local dir=$BATS_TEST_TMPDIR/all out=$BATS_TEST_TMPDIR/out
    mkdir -p "$dir/ann"
    printf '#!/bin/sh\nexec sleep 100\n' >"$dir/ann/run"
    chmod +x "$dir/ann/run"
    # timeout sends the signal to all, as a terminal does.
    BIN=$(realpath "$BIN") run timeout -s INT 2 tests/grade -o "$out" "$dir" \
        --start-timeout 5m
    until_true has_no_writer "$out"
    [ "$(wc -l <"$out/grades.csv")" -eq 1 ]
}

@test "a server with a fixed port is judged; one that no longer starts is not judged to the end" {
    local port count=$BATS_TEST_TMPDIR/count
    start
    port=$PORT
    kill "$PID"
    wait "$PID"
    judge --only protocol "sh -c exec\ '$BIN/epoll'\ -q\ -d\ 20ms\ -p\ $port"
    [ "$status" -eq 0 ]
    [[ $output == *"must 18 of 18 ok"* ]]
    # It starts three times, and never again.
    echo 3 >"$count"
    cat >"$BATS_TEST_TMPDIR/thrice" <<END
#!/bin/bash
exec 9>>"$count.lock" && flock 9
read -r n <"$count" && ((n > 0)) || exit 3
echo \$((n - 1)) >"$count"
exec 9>&-
exec '$(realpath "$BIN/epoll")' -q -p "\$1" -d "\$2"
END
    chmod +x "$BATS_TEST_TMPDIR/thrice"
    judge --only protocol "$BATS_TEST_TMPDIR/thrice" '{port}' '{delay}'
    [ "$status" -eq 4 ]
    [[ $output == *"it does not start any more: not everything was looked at"* ]]
    echo 3 >"$count"
    judge --tap --only protocol "$BATS_TEST_TMPDIR/thrice" '{port}' '{delay}'
    [ "$status" -eq 4 ]
    grep -q '^not ok [0-9]* - judged to the end: it does not start any more$' <<<"$output"
}

@test "nobody at the port is the command line's fault, not a server's" {
    judge -p 9
    [ "$status" -eq 4 ]
    [[ $stderr == *"cannot connect to port 9: "* ]]
    not grep -q 'NOT OK' <<<"$output"
}

@test "a machine without a way to the server is not the server's fault" {
    unshare -rn true 2>/dev/null || skip "no network namespaces"
    run unshare -rn "$BIN/judge" --only protocol.message "$BIN/epoll"
    echo "$output"
    [ "$status" -eq 4 ]
    [[ $output == *"cannot be reached: Network is unreachable; is the loopback"* ]]
    [[ $output != *"NOT OK"* ]]
}
