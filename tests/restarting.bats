#!/usr/bin/env bats
# Goal: a server that inherits its listener leaves it as it was, so that a restart
# refuses nobody; and the count of a restart that loses clients shows it.

load helper

# restart WAY SERVER [OPTION...] -- [OPTION OF THE LOAD...]
restart() {
    way=$1 server=()
    shift
    while [ "$1" != -- ]; do
        server+=("$1")
        shift
    done
    shift
    AFTER=0.2 run timeout 120 env BIN="$BIN" tests/restart "$way" 0 "$BIN/${server[0]}" "${server[@]:1}" \
        -- "$BIN/client" -q --width 200 --duration 500ms "$@" 3>&-
    echo "$way ${server[*]}"
    echo "$output"
    [[ $output =~ ([0-9]+)\ offered:\ ([0-9]+)\ answered,\ ([0-9]+)\ refused ]]
    offered=${BASH_REMATCH[1]} refused=${BASH_REMATCH[3]}
}

# uring - prints this name, unless io_uring is forbidden here.
uring() {
    [[ " ${SERVERS-uring} " != *" uring "* ]] || echo uring
}

@test "a server that is stopped, and then started, refuses clients in between" {
    DOWN=0.2 restart stop-start single-process -d 10ms -- --rate 100 --per-connection 1 100
    [ "$offered" -eq 50 ]
    [ "$refused" -gt 0 ]
    [[ $output == *"connection refused"* ]]
}

@test "nobody is refused if the listener is inherited, whatever the model" {
    local server
    for server in single-process fork-per-client prefork prethreaded threaded epoll $(uring); do
        restart inherited "$server" -d 10ms -- --rate 100 --per-connection 1 100
        [ "$offered" -eq 50 ]
        not grep -F 'connection refused' <<<"$output"
        # The old server may have accepted clients whose message it has not read
        # yet; the queue of threaded holds 16.  After a shutdown of the listener
        # nobody would be answered any more: half of the clients.
        [ "$refused" -le 16 ]
    done
}

@test "a stop of a server with an inherited listener ends it, and it alone" {
    # The shell keeps the listener, and the stop may come at any moment.
    cat >"$BATS_TEST_TMPDIR/stops" <<'END'
for i in 1 2 3 4; do
    exec {out}< <(export LISTEN_FDS=1 LISTEN_PID=$BASHPID; exec "$1" -q -d 0 -p 1)
    pid=$!
    read -r -u "$out" line
    echo "$line"
    kill -TERM "$pid"
    while kill -0 "$pid" 2>/dev/null; do sleep 0.01; done
    cat <&"$out"
done
END
    local server
    for server in prethreaded prefork epoll poll $(uring); do
        run timeout 120 "$BIN/lab/listener" 0 bash "$BATS_TEST_TMPDIR/stops" "$BIN/$server" 3>&-
        echo "$output"
        [ "$status" -eq 0 ]
        # The port of the listener, and not that of the option.
        PORT=$(sed -n 's/^listening on 127.0.0.1 port //p' <<<"$output" | uniq)
        [[ $PORT =~ ^[0-9]+$ ]]
        [ "$PORT" -ne 1 ]
        [ "$(grep -c '^listening on ' <<<"$output")" -eq 4 ]
        [ "$(grep -c '^served 0 clients' <<<"$output")" -eq 4 ]
    done
}

@test "a listener that was passed on to another process is not used" {
    LISTEN_FDS=1 LISTEN_PID=1 SERVER=epoll start -q
    stopped
    run bash -c 'export LISTEN_FDS=1 LISTEN_PID=$$; exec "$1" -q 3</dev/null' bash "$BIN/epoll"
    [ "$status" -eq 1 ]
    [[ $output == "epoll: LISTEN_FDS says that descriptor 3 is a listener: "* ]]
}

@test "a server whose workers listen themselves does not ignore a listener" {
    local server
    for server in prefork-reuseport loop-per-core; do
        run bash -c 'export LISTEN_FDS=1 LISTEN_PID=$$; exec "$1" -q -p 0' bash "$BIN/$server"
        echo "$output"
        [ "$status" -eq 1 ]
        [[ $output == "$server: LISTEN_FDS passes a listener on, and this server cannot use it, "* ]]
    done
}
