#!/usr/bin/env bats
# Goal: the client checks the answers of every service in both frames, and says
# what is wrong with those of a wrong server (tests/judged/services.py).

load helper

setup_file() {
    PYTHON=$(python3 -S -c 'import sys; print(sys.executable)' 2>/dev/null) || true
    export PYTHON PYTHONDONTWRITEBYTECODE=1
}

# start_python SERVICE [FRAME [FAULT]] - a server that is right, or wrong in one
# way.
start_python() {
    [ -n "$PYTHON" ] || skip "no python3"
    start_command "$PYTHON" -S tests/judged/services.py 0 0 "$@"
}

# ask OPTION... - runs the client, which must end with that status.
ask() {
    local expected=$1
    shift
    run "$BIN/client" --port "$PORT" --width 80 --ascii -q "$@"
    echo "status $status: $output"
    [ "$status" -eq "$expected" ]
}

@test "the client takes the right answers of each service, in both frames" {
    local service frame file=README.md
    for frame in etx length; do
        for service in echo upper daytime kv file; do
            start -d 0 -s "$service" -f "$frame" --file "$file"
            ask 0 -s "$service" -f "$frame" 2
            [[ $output == *" answers, 0 naks, 0 errors"* ]]
            stopped
        done
    done
}

@test "the client counts and names updates that are lost" {
    start_python kv etx lost
    ask 1 -s kv -n 50 4
    [[ ${output//$'\n'/ } == *"200 ADDs were answered, but the value of count went from 0 to 180: 20 updates are lost."* ]]
    ask 1 -s kv --duration 300ms 2
    [[ ${output//$'\n'/ } == *"updates are lost."* ]]
    kill "$PID"
    start_python kv length truths
    ask 1 -s kv -f length -n 3
    [[ ${output//$'\n'/ } == *"went from 0 to 0: 3 updates are lost."* ]]
    kill "$PID"
    start_python kv
    ask 0 -s kv -n 50 4
    ask 0 -s kv -n 1 2
    [[ ${output//$'\n'/ } == *" 2 ADDs were answered, and the value of count went from 200 to 202: no update is lost."* ]]
    ask 0 -s kv -n 1 1
    [[ ${output//$'\n'/ } == *" 1 ADD was answered, and the value of count went from 202 to 203: no update is lost."* ]]
}

@test "the client says which byte of an answer is wrong" {
    start_python echo etx one-off
    ask 1 -s echo --size 4096
    [[ $output == *"answer 1 of 5 has 'o\x03' behind 4095 right bytes, not 'n'"* ]]
    kill "$PID"
    start_python upper length one-off
    ask 1 -s upper -f length
    [[ $output == *"answer 1 of 5 has '1' behind 8 right bytes, not '0'"* ]]
    kill "$PID"
    start_python kv etx cut
    ask 1 -s kv
    [[ $output == *"the server closed after 0 of 5 answers"* ]]
}

@test "the client compares files with each other and with the one it knows" {
    local file=$BATS_TEST_TMPDIR/file
    head -c 300001 /dev/urandom >"$file"
    FILE=$file start_python file
    ask 0 -s file --file "$file" 3
    [[ $output == *"3 files of 300001 bytes, checksum "* ]]
    [[ $output == *"The slowest client took "* ]]
    printf x >>"$file"
    ask 0 -s file 3
    [[ $output == *"3 files of 300002 bytes, checksum "* ]]
    ask 1 -s file --file tests/judged/services.py 2
    [[ $output == *"answer 1 of 1 is another file of 300002 bytes"* ]]
    # A small one, since each client needs an answer in time.
    head -c 3000 /dev/urandom >"$file"
    ask 0 -s file --duration 300ms 2
    [[ $output == *" MB/s"* ]]
    printf x >"$file"
    ask 0 -s file 1
    [[ $output == *"1 file of 1 byte, checksum "*"0.000001 MB in "* ]]
    : >"$file"
    ask 0 -s file 2
    [[ $output == *"2 files of 0 bytes, checksum "*"0 MB in "*": 0 MB/s"* ]]
}

@test "services and frames that do not fit are rejected" {
    rejects client <<'END'
--service: 'nosuch' is not ack, echo, upper, daytime, kv or file|-s nosuch
--frame: 'nosuch' is not etx or length|-f nosuch
--size: with --frame length, a message has at most 4096 bytes|-f length --size 4097
--size: the messages of --service kv have a size of their own|-s kv --size 3
--messages: a server of --service daytime closes after one answer|-s daytime -n 2
--file: has no effect without --service file|--file x
--interactive: is one client, without THINK|-i 2
--interactive and --csv cannot be used together|-i --csv x
END
}

@test "clients that others wrote for ten characters of length run unmodified" {
    [ -n "$PYTHON" ] || skip "no python3"
    for SERVER in epoll prefork; do
        start -d 0 -s upper -f length
        run "$PYTHON" -S tests/tools/conventions.py echo "$PORT" hello '' 'größer' 42
        [ "$output" = $'HELLO\n\nGRößER\n42' ]
        stopped
        start -d 0 -s daytime
        run "$PYTHON" -S tests/tools/conventions.py time "$PORT"
        [[ $output == "The time is "[A-Z]*" UTC 20"* ]]
        stopped
    done
}

# talk [OPTION...] - sends the lines of stdin by hand.
talk() {
    run --separate-stderr "$BIN/client" --port "$PORT" --interactive \
        --timeout 60s "$@"
    echo "status $status: $output"
}

@test "a script of lines is a conversation, and its bytes are seen" {
    start -d 20ms
    talk <<<$'hello\nhel\\c\nlo\none\\x03two\n\\x00\\xff\ngoodbye\nnot sent'
    [ "$status" -eq 0 ]
    [ "${lines[0]}" = \
        'sent     68 65 6c 6c 6f 03                                hello.' ]
    [ "${lines[1]}" = \
        'received 61 63 6b                                         ack' ]
    # One read may return two answers.
    # shellcheck disable=SC2001 # a pattern with groups
    [ "$(sed 's/^\(received 61 63 6b\) 61 63 6b .*/\1\n\1/' <<<"$output" |
        cut -c -26 | sed 's/ *$//' | tail -n +3)" = \
        'sent     68 65 6c
sent     6c 6f 03
received 61 63 6b
sent     6f 6e 65 03 74 77
received 61 63 6b
received 61 63 6b
sent     00 ff 03
received 6e 61 6b
sent     67 6f 6f 64 62 79
the server closed the conn' ]
    not logged 'not sent'

    # The last line may have no end; an answer that does not come is missed.
    talk < <(printf 'hello\nlast')
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 5 ]
    stopped
    wrong_server 'acx'
    talk <<<'hello'
    [ "$status" -eq 1 ]
}

@test "Ctrl-D ends a conversation on a terminal, and so does Ctrl-C" {
    [ -n "$PYTHON" ] || skip "no python3"
    start -d 0
    for end in 04 03; do
        run "$PYTHON" -S -c "$(
            cat <<'END'
import os, pty, signal, sys
pid, terminal = pty.fork()
if pid == 0:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.execvp(sys.argv[2], sys.argv[2:])
said, steps = b"", [(b"> ", b"hello\n"), (b"ack\r\n> ", bytes.fromhex(sys.argv[1]))]
while True:
    while steps and steps[0][0] in said:
        os.write(terminal, steps.pop(0)[1])
    try:
        got = os.read(terminal, 65536)
    except OSError:
        got = b""
    if not got:
        break
    said += got
print(said.decode())
print("status", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
        )" "$end" "$BIN/client" -i --port "$PORT" 3>&-
        echo "$output"
        [[ $output == *"received 61 63 6b "* ]]
        [[ $end == 04 && $output == *"closed the connection"*"status 0" ]] ||
            [[ $end == 03 && $output == *"status 1" ]]
    done
    stopped
}

@test "a client that does not read a large answer costs the loops nothing" {
    head -c 20000000 /dev/zero >"$BATS_TEST_TMPDIR/file"
    for SERVER in select poll epoll epoll-edge loop-per-core reactor pipeline; do
        start -d 0 -v -s file --file "$BATS_TEST_TMPDIR/file"
        exec 6<>"/dev/tcp/127.0.0.1/$PORT"
        printf 'get\3' >&6
        ask 0 -s file --file "$BATS_TEST_TMPDIR/file"
        sleep 0.1
        exec 6>&-
        kill "$PID"
        mapfile -t lines <"$LOG"
        echo "$SERVER: ${#lines[@]} lines"
        [ "${#lines[@]}" -lt 2000 ]
        : >"$LOG"
    done
}
