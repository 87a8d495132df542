#!/usr/bin/env bats
# Goal: the judge is right about correct servers in other languages, which are
# not made of the modules of this suite (tests/judged/table).

load helper

setup_file() {
    # Not a script that starts it, which may take a second on a busy machine.
    PYTHON=$(python3 -S -c 'import sys; print(sys.executable)' 2>/dev/null) || true
    export PYTHON PYTHONDONTWRITEBYTECODE=1
}

@test "servers in other languages are judged as what they are" {
    sanitized && skip "the servers are the same"
    run tests/judged/check
    echo "$output"
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -gt 2 ]
}

@test "what a good server does at the start, or when it is full, is no defect" {
    sanitized && skip "the servers are the same"
    command -v python3 >/dev/null || skip "no python3"
    run timeout 120 "$BIN/judge" --only neighbours.leftover,attack.churn \
        python3 tests/judged/refuses.py '{port}' '{delay}' 3
    echo "$output"
    [ "$status" -ne 1 ]
    [ "$status" -ne 3 ]
    [[ $output == *"serves 3 at once, no more"* ]]
    run timeout 120 "$BIN/judge" --only idle.waiting \
        python3 tests/judged/inetd.py '{port}' '{delay}'
    echo "$output"
    [ "$status" -eq 0 ]
}

# is_busy - as is_too_busy, or two looks differed, as they may beside much else.
is_busy() {
    grep -qE 'threads per core want|waited for a core|held up|not the same twice'
}

# What is wrong (tests/judged/services.py) and which finding says so.
defects() {
    cat <<'END'
kv    etx    pieces   service.glued
echo  etx    pieces   service.split
upper etx    end      service.end-of-input
upper etx    longest  service.longest
echo  etx    empty    service.empty
echo  etx    no-limit service.too-long
echo  etx    part     service.unread
upper length ten      frame.error
echo  length goodbye  frame.goodbye
kv    etx    after    state.after
ack   etx    steps    work.beyond
ack   etx    spins    idle.waiting
ack   etx    retries  neighbours.slow-reader
ack   etx    lifetime idle.client
END
}

@test "each finding is seen where a server is wrong" {
    sanitized && skip "the servers are the same"
    [ -n "$PYTHON" ] || skip "no python3"
    local service frame fault finding status=0 busy=
    while read -r service frame fault finding; do
        timeout 120 "$BIN/judge" --service "$service" --frame "$frame" -d 1ms \
            --csv "$BATS_TEST_TMPDIR/$finding" --only "$finding" -- \
            "$PYTHON" -S tests/judged/services.py '{port}' '{delay}' "$service" \
            "$frame" "$fault" >"$BATS_TEST_TMPDIR/out" 2>&1 </dev/null || true
        grep -q "^2,$finding,[a-z]*,not ok," "$BATS_TEST_TMPDIR/$finding" && continue
        is_busy <"$BATS_TEST_TMPDIR/out" && busy+=" $finding" && continue
        echo "$fault: not seen as $finding"
        cat "$BATS_TEST_TMPDIR/out"
        status=1
    done < <(defects)
    [ "$status" -eq 0 ]
    [ -z "$busy" ] || skip "the machine was too busy for$busy"
}

@test "a message that comes in many pieces must not end the client" {
    sanitized && skip "the servers are the same"
    [ -n "$PYTHON" ] || skip "no python3"
    cat >"$BATS_TEST_TMPDIR/server.py" <<'END'
import socket, sys, threading

def serve(client):
    pieces = 0
    while data := client.recv(4096):
        pieces = 0 if data.endswith(b"\3") else pieces + 1
        if b"goodbye" in data or pieces > 10:
            break
        client.sendall(b"ack" * data.count(b"\3"))
    client.close()

listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    threading.Thread(target=serve, args=listener.accept()[:1], daemon=True).start()
END
    run timeout 120 "$BIN/judge" --only neighbours.dribbling -- \
        "$PYTHON" -S "$BATS_TEST_TMPDIR/server.py" '{port}'
    echo "$output"
    [ "$status" -eq 3 ]
    [[ $output == *"bytes one by one: "* ]]
}

@test "a server that is stopped after it has listened is named so" {
    sanitized && skip "the servers are the same"
    [ -n "$PYTHON" ] || skip "no python3"
    cat >"$BATS_TEST_TMPDIR/server.py" <<'END'
import os, signal, socket, sys

listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
os.kill(os.getpid(), signal.SIGSTOP)
END
    run timeout 120 "$BIN/judge" --only protocol.message -- \
        "$PYTHON" -S "$BATS_TEST_TMPDIR/server.py" '{port}'
    echo "$output"
    [ "$status" -eq 1 ]
    output=$(tr -s '\n ' ' ' <<<"$output")
    [[ $output =~ "; its process "[0-9]+" is stopped (state T)" ]]
}

@test "the only server below a reloader is no worker that must be replaced" {
    sanitized && skip "the servers are the same"
    [ -n "$PYTHON" ] || skip "no python3"
    run timeout 120 "$BIN/judge" --all --only attack.worker -- "$PYTHON" -S \
        tests/judged/reloader.py tests/judged/thread-per-client.py '{port}' '{delay}'
    echo "$output"
    [[ $output == "skipped attack.worker "*"it has no worker processes"* ]]
}

@test "a client that ends its input before it reads must get all answers" {
    sanitized && skip "the servers are the same"
    [ -n "$PYTHON" ] || skip "no python3"
    cat >"$BATS_TEST_TMPDIR/server.py" <<'END'
import asyncio, sys

async def serve(reader, writer):
    text = b""
    writer.transport.set_write_buffer_limits(high=200000)
    while data := await reader.read(65536):
        *messages, text = (text + data).split(b"\3")
        for message in messages:
            if message == b"goodbye":
                return writer.close()
            writer.write(b"ack")
        await writer.drain()
    writer.transport.abort()

async def main():
    await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1]))
    await asyncio.Event().wait()

asyncio.run(main())
END
    local times
    for times in 1 2 3; do # how much the kernel keeps differs
        run timeout 120 "$BIN/judge" --only neighbours.slow-reader -- \
            "$PYTHON" -S "$BATS_TEST_TMPDIR/server.py" '{port}'
        echo "$times: $output"
        [ "$status" -eq 0 ] || break
    done
    is_busy <<<"$output" && skip "the machine is too busy"
    [ "$status" -eq 3 ]
    [[ $output == *"answers came, then the server closed"* ]]
}
