#!/usr/bin/env bats
# Goal: the client checks the answers of every service in both frames, and says
# what is wrong with those of a wrong server (tests/judged/services.py).

load helper

setup_file() {
    PYTHON=$(python3 -c 'import sys; print(sys.executable)' 2>/dev/null) || true
    export PYTHON PYTHONDONTWRITEBYTECODE=1
}

# start_python SERVICE [FRAME [FAULT]] - a server that is right, or wrong in one
# way.
start_python() {
    [ -n "$PYTHON" ] || skip "no python3"
    start_command "$PYTHON" tests/judged/services.py 0 0 "$@"
}

# ask OPTION... - runs the client, which must end with that status.
ask() {
    local expected=$1
    shift
    run "$BIN/client" --port "$PORT" --width 80 --ascii -q "$@"
    echo "status $status: $output"
    [ "$status" -eq "$expected" ]
}

@test "the client takes the right answers" {
    local service frame
    while read -r service frame; do
        start_python "$service" "$frame"
        ask 0 -s "$service" -f "$frame" 2
        [[ $output == *" answers, 0 naks, 0 errors"* ]]
        kill "$PID"
    done <<'END'
echo length
daytime etx
kv etx
END
}

@test "the client counts and names updates that are lost" {
    start_python kv etx lost
    ask 1 -s kv -n 50 4
    [[ ${output//$'\n'/ } == *"200 ADDs were answered, but the value of count went from 0 to 180: 20 updates are lost."* ]]
    ask 1 -s kv --duration 100ms 2
    [[ ${output//$'\n'/ } == *"updates are lost."* ]]
    kill "$PID"
    start_python kv length truths
    ask 1 -s kv -f length -n 3
    [[ ${output//$'\n'/ } == *"went from 0 to 0: 3 updates are lost."* ]]
    kill "$PID"
    start_python kv
    ask 0 -s kv -n 50 4
    ask 0 -s kv -n 1 2
    [[ ${output//$'\n'/ } == *"went from 200 to 202: no update is lost."* ]]
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
    ask 0 -s file --duration 100ms 2
    [[ $output == *" MB/s"* ]]
}

@test "services and frames that do not fit are rejected" {
    rejects client <<'END'
--service: 'nosuch' is not ack, echo, upper, daytime, kv or file|-s nosuch
--frame: 'nosuch' is not etx or length|-f nosuch
--size: with --frame length, a message has at most 4096 bytes|-f length --size 4097
--size: the messages of --service kv have a size of their own|-s kv --size 3
--messages: a server of --service daytime closes after one answer|-s daytime -n 2
--file: has no effect without --service file|--file x
END
}
