#!/usr/bin/env bats
# Goal: what every server promises, whatever its model.  Run once per server.

load helper

# --- the protocol -------------------------------------------------------------

@test "a message is acknowledged" {
    start -d 0
    talk <<'END'
1 connect
1 say hello
1 ack
1 nothing
1 say goodbye
1 eof
END
    unharmed
    [[ $SUMMARY == "served 2 clients, 2 messages, 2 acks, 0 naks in "* ]]
}

@test "five messages and goodbye" {
    start -d 1ms
    talk <<'END'
1 connect
1 say package 0
1 ack
1 say package 1
1 ack
1 say package 2
1 ack
1 say package 3
1 ack
1 say package 4
1 ack
1 say goodbye
1 eof
END
    unharmed
}

@test "a message may come byte by byte" {
    start -d 0
    talk <<'END'
1 connect
1 slowly hello there
1 ack
1 slowly goodbyes
1 ack
1 slowly goodbye
1 eof
END
    unharmed
}

@test "a message may be split at every point" {
    local cut
    # The pieces as talk wants them: one byte a word.
    local bytes=(o n e '\x03' g o o d b y e s '\x03' '\x03' t w o)
    start -d 0
    for ((cut = 1; cut < ${#bytes[@]}; cut++)); do
        printf '%s\n' "$cut connect" \
            "$cut send $(printf '%s' "${bytes[@]:0:cut}")"
        # So that the pieces are not glued again on the way.
        ((cut < 4)) || echo "$cut ack 1"
        echo "$cut say $(printf '%s' "${bytes[@]:cut}")"
        ((cut < 4)) && echo "$cut ack 4" || echo "$cut ack 3"
        printf '%s\n' "$cut nothing" "$cut close"
    done >"$BATS_TEST_TMPDIR/script"
    talk <"$BATS_TEST_TMPDIR/script"
    unharmed
}

@test "a thousand glued messages get exactly a thousand answers" {
    start -d 0
    talk <<'END'
1 connect
1 stuff 1000 package 0
1 ack 1000
1 say one more
1 ack
1 nothing
1 say goodbye
1 eof
END
    unharmed
}

@test "glued messages are worked on one after another, each for the delay" {
    start -d 5ms
    talk <<'END'
1 connect
1 stuff 40 package
1 ack 40
1 say goodbye
1 eof
END
    # 40 messages of 5 ms cannot be done in less than 200 ms.
    [ "$(awk '/ message /{ if (!a) a = $1 } / ack /{ b = $1 }
              END { print (b - a >= 0.195) }' "$LOG")" = 1 ]
    unharmed
}

@test "answers to naks and acks come in the order of the messages" {
    start -d 2ms
    talk <<'END'
1 connect
1 send one\x03caf\xc3\xa9\x03two\x03\x80\x03\x03
1 ack
1 nak
1 ack
1 nak
1 ack
1 nothing
1 say goodbye
1 eof
END
    unharmed
}

@test "a client that reads late gets all its answers" {
    start -d 0 -q
    talk <<'END'
1 connect small
1 flood 100000 x
1 ack 100000
1 nothing
1 say goodbye
1 eof
END
    unharmed
}

@test "an empty message is a message" {
    start -d 0
    talk <<'END'
1 connect
1 say
1 ack
1 send \x03\x03\x03
1 ack 3
1 nothing
END
    unharmed
}

@test "only the exact goodbye says goodbye" {
    start -d 0
    talk <<'END'
1 connect
1 say goodbyes
1 ack
1 say  goodbye
1 ack
1 say Goodbye
1 ack
1 say goodbye\x00
1 ack
1 say goodby
1 ack
1 send good
1 say bye
1 eof
END
    unharmed
}

@test "4096 bytes are acknowledged, more are refused, and it goes on" {
    local longest
    longest=$(printf '%4096s' '' | tr ' ' x)
    start -d 0
    talk <<END
1 connect
1 say $longest
1 ack
1 say x$longest
1 nak
1 say $longest
1 ack
1 say ${longest}goodbye
1 nak
1 say goodbye
1 eof
END
    unharmed
}

@test "bytes above 0x7f are refused, a NUL is not" {
    start -d 0
    talk <<'END'
1 connect
1 say caf\xc3\xa9
1 nak
1 say \x80
1 nak
1 say \xff
1 nak
1 say \x00
1 ack
1 say \x7f\x01\x02\x04
1 ack
END
    logged 'nak .*reason=not-ascii'
    unharmed
}

@test "a message without an end needs no memory and gets one nak" {
    local before
    start -d 0
    before=$(memory)
    # 64 MiB of one message, then its ETX.
    { head -c 67108864 /dev/zero | tr '\0' x; printf '\3'; } \
        >"/dev/tcp/127.0.0.1/$PORT"
    until_true logged 'nak .*reason=too-long'
    sanitized || (($(memory) - before < 1024))
    [ "$(log_count ' nak ')" -eq 1 ]
    unharmed
}

# The peak memory of the server and its children, in KiB.
memory() {
    local pid total=0 kib
    for pid in $PID $(children); do
        kib=$(awk '/^VmHWM/ { print $2 }' "/proc/$pid/status" 2>/dev/null)
        total=$((total + ${kib:-0}))
    done
    echo "$total"
}

@test "who has sent everything may say so and still gets the answers" {
    start -d 20ms
    talk <<'END'
1 connect
1 send one\x03two\x03three\x03unfinished
1 half
1 ack 3
1 eof
2 connect
2 half
2 eof
END
    until_true logged 'close .*reason=eof messages=3 acks=3'
    unharmed
}

@test "bytes after goodbye cost no answer" {
    local junk
    junk=$(printf '%4000s' '' | tr ' ' z)
    start -d 0 -q
    {
        echo '1 connect small'
        printf '%s\n' '1 stuff 900 x' '1 say goodbye'
        for _ in {1..20}; do echo "1 send $junk"; done
        echo '1 ack 900'
        echo '1 eof'
    } >"$BATS_TEST_TMPDIR/script"
    talk <"$BATS_TEST_TMPDIR/script"
    unharmed
}

@test "the end of one client is seen while another is being served" {
    [ "$SERVER" = single-process ] && skip "it serves one at a time"
    start -d 0
    talk <<'END'
1-3 connect
1-3 say hello
1-3 ack
2 say goodbye
2 eof
1 say again
1 ack
1 close
3 say again
3 ack
3 close
END
    unharmed
}

# --- rude clients -------------------------------------------------------------

@test "a reset in the middle of a message" {
    start -d 0
    talk <<'END'
1 connect
1 send unfinished
1 reset
2 connect
2 say one
2 ack
2 send two\x03thr
2 reset
END
    unharmed
}

@test "a reset while its message is worked on" {
    start -d 300ms
    talk <<'END'
1 connect
1 say hello
log message  client=1
1 reset
2 connect
2 say hello
2 ack
2 close
END
    unharmed
}

@test "a reset with a thousand messages glued behind the one in hand" {
    start -d 100ms
    talk <<'END'
1 connect
1 stuff 1000 hello
log message  client=1
1 reset
END
    unharmed
}

@test "a reset with answers that were never read" {
    start -d 0 -q
    talk <<'END'
1 connect small
1 stuff 200000 x
1 reset
END
    unharmed
}

@test "a client that does not read costs no CPU, and loses nothing" {
    start -d 0 -q
    # More answers than the kernel keeps: the server has to wait for the client.
    hold <<'END'
1 connect small
1 stuff 40000 x
END
    # Once it has taken in all that the kernel lets it.
    until_true at_rest
    then_do <<'END'
1 ack 40000
1 nothing
1 say goodbye
1 eof
END
    let_go
    unharmed
}

@test "a close with answers that were never read" {
    start -d 0 -q
    talk <<'END'
1 connect small
1 stuff 200000 x
1 close
END
    unharmed
}

@test "a thousand clients that connect and leave" {
    start -d 0
    {
        for i in {1..500}; do
            printf '%s\n' "$i connect" "$i close"
        done
        for i in {501..1000}; do
            printf '%s\n' "$i connect" "$i reset"
        done
    } >"$BATS_TEST_TMPDIR/script"
    talk <"$BATS_TEST_TMPDIR/script"
    unharmed
}

@test "random bytes" {
    start -d 0 -q
    for i in 1 2 3 4; do
        # The server may hang up on it: a "goodbye" by chance, say.
        head -c 500000 /dev/urandom >"/dev/tcp/127.0.0.1/$PORT" || true
    done
    unharmed
}

@test "more clients than can be served at once are all served" {
    start -d 1ms -q
    client -c 60 -n 3 -q
    unharmed
    [[ $SUMMARY == "served 61 clients, 181 messages, 181 acks, 0 naks in "* ]]
}

@test "a crowd that connects all at once waits for no lost SYN" {
    start -d 0 -q
    run client -c 300 -n 1 -q --width 80
    [ "$status" -eq 0 ]
    # One that is lost is sent again after a second.
    grep -E 'connecting .* (us|ms)$' <<<"$output"
    unharmed
}

@test "clients that are silent or slow cost no CPU and wake nobody" {
    start -d 0
    # As many as every model but one can have and still serve another.
    if [ "$SERVER" != single-process ]; then
        hold <<'END'
1-2 connect
3 connect
3 say hello
3 ack
4 connect
4 send half a mess
END
    fi
    at_rest
    talk <<'END'
5 connect
5 say hello
5 ack
5 close
END
    let_go
    unharmed
}

# --- faults of the system -----------------------------------------------------

@test "signals do not shorten a delay" {
    start -d 400ms
    talk <<'END'
1 connect
1 say hello
log message  client=1
signal 19
signal 18
# SIGUSR1, which has a handler: it interrupts the wait, SA_RESTART or not.
signal 10
signal 10
1 ack
1 close
END
    awk -F'took=' '/ ack /{ exit !($2 + 0 >= 400) }' "$LOG"
    unharmed
}

@test "being suspended and continued while waiting changes nothing" {
    start -d 0
    talk <<'END'
1 connect
1 say one
1 ack
signal 19
1 say two
signal 18
1 ack
signal 19
signal 18
1 say goodbye
1 eof
END
    unharmed
}

@test "short of descriptors it keeps its clients and takes others later" {
    # Fewer than the clients, for the models that have them all in one process.
    start_command sh -c "ulimit -n 32 && exec $BIN/$SERVER -p 0 -d 0"
    hold <<'END'
1-60 connect
1 say hello
1 ack
END
    at_rest_but_for_a_pause
    then_do <<'END'
1 say hello
1 ack
2-60 say hello
END
    let_go
    # Whoever waited for a descriptor gets one, those that let go included.
    unharmed
}

# A full server looks again ten times a second.
at_rest_but_for_a_pause() {
    local ticks sleeps
    ticks=$(cpu_ticks)
    sleeps=$(sleep_count)
    sleep 0.5
    sleeps=$(($(sleep_count) - sleeps))
    ticks=$(($(cpu_ticks) - ticks))
    echo "ticks $ticks, sleeps $sleeps"
    ((ticks <= 3 && sleeps <= 30))
}

@test "a descriptor limit lowered below what is open" {
    command -v prlimit >/dev/null || skip "no prlimit"
    start -d 0
    hold <<'END'
1-12 connect
1 say hello
1 ack
END
    prlimit --pid "$PID" --nofile=8:
    then_do <<'END'
1 say again
1 ack
1 close
END
    let_go
    prlimit --pid "$PID" --nofile=1024:
    unharmed
}

# calls_for OPTION... - lets one client say something and counts the server's
# system calls, by name, in $BATS_TEST_TMPDIR/calls; without those of beginning
# and ending, which are some hundreds.
calls_for() {
    start_command strace -f -qq -c -S name -o "$BATS_TEST_TMPDIR/calls" \
        "$BIN/$SERVER" -p 0 -d 0 -q
    client -q "$@" 1
    end_traced
    cat "$BATS_TEST_TMPDIR/calls"
}

# calls NAME... - how many there were of these; of all, if none is named.
calls() {
    awk -v names=" ${*:-total} " 'index(names, " " $NF " ") { n += $4 }
        END { print n + 0 }' "$BATS_TEST_TMPDIR/calls"
}

@test "a message costs as few system calls as the model allows" {
    command -v strace >/dev/null || skip "no strace"
    sanitized && skip "strace and sanitizers do not go together"
    local each=2
    case $SERVER in select | poll | epoll) each=3 ;; esac
    calls_for -n 1000
    [ "$(calls recvfrom)" -le 1010 ]
    [ "$(calls sendto)" -eq 1000 ]
    (($(calls) <= each * 1000 + 500))
    # 16 in flight come together, and so do their answers: one recv and one send.
    calls_for -n 1600 --pipeline 16
    (($(calls recvfrom) <= 110 && $(calls sendto) <= 110))
    (($(calls) <= each * 100 + 500))
}

@test "accept that fails is tried again" {
    command -v strace >/dev/null || skip "no strace"
    sanitized && skip "strace and sanitizers do not go together"
    start_command strace -f -qq -o /dev/null \
        -e trace=accept4 -e inject=accept4:error=ECONNABORTED:when=1+4 \
        "$BIN/$SERVER" -p 0 -d 0
    echo '1-9 connect' | talk
    talk <<'END'
1 connect
1 say hello
1 ack
END
    [ "$(log_count 'accept ')" -ge 10 ]
    end_traced
}

@test "accept that finds no descriptor is tried again, after a pause" {
    command -v strace >/dev/null || skip "no strace"
    sanitized && skip "strace and sanitizers do not go together"
    local workers=()
    [ "$SERVER" != prefork ] || workers=(-w 1)
    start_command strace -f -qq -o /dev/null \
        -e trace=accept4 -e inject=accept4:error=EMFILE:when=1..4 \
        "$BIN/$SERVER" -p 0 -d 0 "${workers[@]}"
    talk <<'END'
1 connect
1 say hello
1 ack
END
    # Logged once, and each of the four failures is followed by 100 ms of pause.
    [ "$(log_count 'warning .*cannot accept')" -eq 1 ]
    awk '/ warning / { full = $1 } / accept / { accepted = $1 }
         END { exit !(accepted - full >= 0.299) }' "$LOG"
    end_traced
}

# The pid of a traced server is that of strace's child.
end_traced() {
    kill -TERM "$(children "$PID" | awk '{ print $1 }')"
    ended_with 0
}

@test "closed standard output does not stop service" {
    # shellcheck disable=SC2016 # for the eval
    start_with_port '>&-' '2>>"$LOG"'
    talk <<'END'
1 connect
1 say hello
1 ack
END
    kill -TERM "$PID"
    ended_with 0
}

@test "closed standard descriptors are not given to clients" {
    start_with_port '<&-' '>&-' '2>&-'
    talk <<'END'
1 connect
1 say hello
1 ack
1 nothing
1 say goodbye
1 eof
END
    kill -TERM "$PID"
    ended_with 0
}

# start_with_port REDIRECTION... - starts the server so that it cannot say its
# port: one below those that the system gives away, tried until it is free.
start_with_port() {
    PORT=$((20000 + RANDOM % 10000))
    eval "\"\$BIN/\$SERVER\" -p \$PORT -d 0 $* 3>&- &"
    PID=$!
    PIDS+=("$PID")
    until_true answers
}

answers() {
    (exec 5<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null
}

@test "a full pipe on standard error does not stop service" {
    local full=$BATS_TEST_TMPDIR/full
    mkfifo "$full"
    exec 6<>"$full" # a reader that never reads
    LOG=$full start -d 0
    PORT=$PORT LOG=/dev/null talk <<'END'
1 connect
1 flood 3000 x
1 ack 3000
1 say goodbye
1 eof
END
    kill -TERM "$PID"
    until_true has_ended "$PID"
    wait "$PID"
    exec 6>&-
}

@test "a log file that may not grow does not stop service" {
    start_command prlimit --fsize=2000 "$BIN/$SERVER" -p 0 -d 0
    for i in {1..60}; do
        printf '%s\n' "$i connect" "$i say hello" "$i ack" "$i close"
    done | talk
    (($(stat -c %s "$LOG") <= 2000))
    unharmed
}

@test "a reader of standard output that leaves is no trouble" {
    "$BIN/$SERVER" -p 0 -d 0 2>>"$LOG" 3>&- > >(head -n 1 >"$BATS_TEST_TMPDIR/line") &
    PID=$!
    PIDS+=("$PID")
    until_true test -s "$BATS_TEST_TMPDIR/line"
    read -r _ _ _ _ PORT <"$BATS_TEST_TMPDIR/line"
    talk <<'END'
1 connect
1 say hello
1 ack
END
    kill -TERM "$PID"
    ended_with 0
}

# --- idle clients -------------------------------------------------------------

@test "a silent client is hung up on after the idle timeout" {
    start -d 0 -t 150ms
    talk <<'END'
1 connect
1 eof
2 connect
2 send half
2 eof
3 connect
3 say hello
3 ack
3 eof
END
    [ "$(log_count ' idle  ')" -eq 3 ]
    unharmed
}

@test "work is not silence: a delay may be longer than the idle timeout" {
    start -d 400ms -t 100ms
    talk <<'END'
1 connect
1 say hello
1 ack
1 eof
END
    unharmed
}

# --- stopping -----------------------------------------------------------------

@test "SIGTERM and SIGINT end an idle server with status 0 and a summary" {
    start
    stopped
    logged 'stop  *signal=TERM'
    start
    kill -INT "$PID"
    ended_with 0
    logged 'stop  *signal=INT'
}

@test "silent clients do not hold up a stop" {
    start -d 0
    talk <<'END'
1-8 connect
8 send half a mess
1 say hello
1 ack
signal 15
1-8 gone
END
    ended_with 0
}

@test "the message in hand is answered before the end" {
    start -d 500ms
    talk <<'END'
1 connect
1 send hello\x03never worked on\x03
log message  client=1
signal 15
1 ack
1 eof
END
    [ "$(log_count 'message ')" -eq 1 ]
    ended_with 0
}

@test "a client that talks without end does not hold up a stop" {
    start -d 0 -q
    "$BIN/client" --port "$PORT" --duration 60s --pipeline 100 >/dev/null 2>&1 3>&- &
    PIDS+=($!)
    until_true busy
    kill -TERM "$PID"
    ended_with 0
    not wait "${PIDS[-1]}"
    unset 'PIDS[-1]'
}

busy() {
    (($(cpu_ticks) >= 2))
}

@test "a client that does not read does not hold up a stop" {
    start -d 0 -q
    talk <<'END'
1 connect small
1 stuff 200000 x
signal 15
1 gone
END
    ended_with 0
}

@test "a stop loses no answer that has been given, even to a slow reader" {
    # That the second client has been hung up on shows that the stop is under way.
    local other=2
    [ "$SERVER" != single-process ] || other='# 2'
    start -d 0
    talk <<END
1 connect small
1 stuff 5000 x
1 say this is the last one
log message  client=1 bytes=20
log ack      client=1
$other connect
$other say hello
$other ack
signal 15
log stop
$other eof
1 send and another thing
1 ack 5001
1 eof
END
    ended_with 0
}

@test "a stop loses no answer, even to one who has sent without end" {
    local got
    start -d 0 -q
    got=$(
        talk <<'END'
1 connect small
1 stuff 300000 x
1 ack 900
signal 15
1 count
END
    )
    ended_with 0
    read -r -t 5 -u 4 SUMMARY
    # All that the server counted.
    echo "got 900 and $got; $SUMMARY"
    [[ $SUMMARY == *" $((900 + got)) acks, "* ]]
}

@test "a stop while descriptors are short does not spin" {
    local ticks
    sanitized && skip "sanitizers use CPU of their own"
    start_command sh -c "ulimit -n 20 && exec $BIN/$SERVER -p 0 -d 700ms"
    hold <<'END'
1-40 connect
1-40 say hello
log message  client=1
END
    ticks=$(cpu_ticks)
    kill -TERM "$PID"
    until_true has_ended "$PID"
    # What is known of a process that has ended and has not been waited for.
    ticks=$(($(cpu_ticks) - ticks))
    echo "ticks $ticks"
    ((ticks <= 10))
    ended_with 0
}

@test "signals that were blocked or ignored at the start stop it all the same" {
    env --block-signal=TERM true 2>/dev/null || skip "env cannot block signals"
    start_command env --block-signal=TERM,INT,USR1,CHLD --ignore-signal=INT \
        "$BIN/$SERVER" -p 0 -d 0
    talk <<'END'
1-3 connect
1 say hello
1 ack
signal 2
1-3 gone
END
    ended_with 0
}

@test "children that are not its own do not confuse it" {
    [[ $SERVER == *fork* ]] || skip "it has no children"
    start_command bash -c "sleep 0.3 & sleep 0.3 & exec $BIN/$SERVER -p 0 -d 600ms"
    # They end while the first message is worked on, and one more after it.
    talk <<'END'
1 connect
1 say hello
log message  client=1
1 ack
1 close
END
    unharmed
}

@test "a stop under load" {
    start -d 1ms -q
    client -c 20 -n 100000 -q >/dev/null 2>&1 3>&- &
    PIDS+=($!)
    until_true busy
    kill -TERM "$PID"
    ended_with 0
    # Its clients were cut off, and the client says so.
    not wait "${PIDS[-1]}"
    unset 'PIDS[-1]'
}

@test "a signal between the last look and the wait is not lost" {
    sanitized && skip "sanitizers want to be loaded first"
    local wait
    case $SERVER in
    prefork) wait=pselect ;;
    select | poll) wait=$SERVER ;;
    epoll) wait=epoll_wait ;;
    *) wait=accept4 ;;
    esac
    start_command env LD_PRELOAD="$PWD/$TOOLS/worst.so" WORST="$wait:1" \
        "$BIN/$SERVER" -p 0 -d 0
    ended_with 0
    case $SERVER in select | poll | epoll) return ;; esac
    # And in the wait for a client that says nothing more.
    start_command env LD_PRELOAD="$PWD/$TOOLS/worst.so" WORST=recv:2 \
        "$BIN/$SERVER" -p 0 -d 0 -q
    talk <<'END'
1 connect
1 say hello
1 ack
1 eof
END
    case $SERVER in
    *fork*) stopped ;; # the signal was for one child
    *) ended_with 0 ;;
    esac
}

@test "a signal is not lost, whenever it comes" {
    local n=200
    sanitized && n=30
    "$TOOLS/cycles" "$n" 15 "$BIN/$SERVER" -p 0 -q -d 2ms
    "$TOOLS/cycles" "$((n / 4))" 2 "$BIN/$SERVER" -p 0 -q -d 2ms
}

@test "a second signal ends at once, and no child stays behind" {
    local family
    start -d 60s
    talk <<'END'
1 connect
1 say hello
log message  client=1
signal 15
log stop
1 nothing
END
    family=$(children)
    kill -TERM "$PID"
    ended_with 143
    for pid in $family; do
        until_true has_ended "$pid"
    done
}

@test "children end with their parent, however it ends" {
    local signal family
    for signal in KILL HUP; do
        start -d 60s
        talk <<'END'
1 connect
1 say hello
log message  client=1
END
        family=$(children)
        kill -"$signal" "$PID"
        until_true has_ended "$PID"
        for pid in $family; do
            until_true has_ended "$pid"
        done
        : >"$LOG"
    done
}

@test "the port can be bound again at once" {
    local port
    start -d 0
    port=$PORT
    # The server closes first, so the connection stays in TIME_WAIT.
    talk <<'END'
1 connect
1 say goodbye
1 eof
END
    stopped
    start_command "$BIN/$SERVER" -p "$port" -d 0
    [ "$PORT" = "$port" ]
    unharmed
}

# --- what is seen and typed ---------------------------------------------------

@test "IPv6" {
    [ -e /proc/net/if_inet6 ] || skip "no IPv6"
    start -d 0 -a ::1
    TALK_ADDRESS=::1 talk <<'END'
1 connect
1 say hello
1 ack
END
    logged 'from=\[::1\]:'
    stopped
}

@test "the event log names time, process, verb and values" {
    start -d 10ms
    talk <<'END'
1 connect
1 say hello
1 ack
1 say caf\xe9
1 nak
1 say goodbye
1 eof
END
    stopped
    # Nothing but such lines, with these verbs.
    not grep -vE '^ *[0-9]+\.[0-9]{3} [0-9/]+ +(accept|message|ack|nak|goodbye|close|refuse|spawn|reap|idle|warning|stop) +[^ ]' "$LOG"
    logged 'accept .*client=1 from=127.0.0.1:'
    logged 'message .*client=1 bytes=5'
    logged 'ack .*client=1 took=1'
    logged 'nak .*client=1 reason=not-ascii'
    logged 'goodbye .*client=1'
    logged 'close .*client=1 reason=goodbye messages=2 acks=1 naks=1'
}

@test "--quiet logs no event, --verbose the system calls" {
    start -d 0 -q
    unharmed
    [ ! -s "$LOG" ]
    start -d 0 -v
    talk <<'END'
1 connect
1 say hello
1 ack
END
    logged 'accept4([0-9]*) = [0-9]'
    logged 'recv([0-9]*, [0-9]*) = 6'
    logged 'send([0-9]*, 3) = 3'
    stopped
}

@test "a bad command line is named, with what is allowed, and status 2" {
    local bad
    while read -r -a bad; do
        [ "${bad[0]}" = "''" ] && bad[0]=''
        run "$BIN/$SERVER" "${bad[@]}"
        echo "${bad[*]}: $status: $output"
        [ "$status" -eq 2 ]
        [ "${#lines[@]}" -eq 2 ]
        [[ ${lines[0]} == "$SERVER: "* ]]
        [ "${lines[1]}" = "try '$SERVER --help'" ]
    done <<'END'
-p -1
-p 65536
-p 3k
--port=
-p 1e9
-d 2
-d 2x
-d -2s
-d ms
-d 1001m
-C 5
-b 0
-b x
-t 3
--delay
-Z
--nonsense
--help=yes
-q -v
argument
''
END
    run "$BIN/$SERVER" -d 2
    [ "${lines[0]}" = "$SERVER: --delay: '2' has no unit; write 2s, 2ms or 2us" ]
}

@test "options of other servers are not accepted" {
    local option
    case $SERVER in
    prefork | threaded) option=--max-clients=3 ;;
    *) option=--workers=3 ;;
    esac
    run "$BIN/$SERVER" "$option"
    [ "$status" -eq 2 ]
    [[ ${lines[0]} == *"$option: no such option"* ]]
}

@test "trouble at the start is one line that names the object, and status 1" {
    start -d 0
    run "$BIN/$SERVER" -p "$PORT"
    [ "$status" -eq 1 ]
    [ "${#lines[@]}" -eq 1 ]
    [[ $output == "$SERVER: cannot listen on 127.0.0.1 port $PORT: "*"try -p 0"* ]]
    run "$BIN/$SERVER" -a 192.0.2.1 -p 0
    [ "$status" -eq 1 ]
    [[ $output == "$SERVER: cannot listen on 192.0.2.1 port 0: "* ]]
    run "$BIN/$SERVER" -a 'no such name' -p 0
    [ "$status" -eq 1 ]
    [[ $output == *"no such name"* ]]
    unharmed
}

@test "--help fits a screen, --version is a line" {
    run "$BIN/$SERVER" --help
    [ "$status" -eq 0 ]
    echo "$output"
    (($(wc -l <<<"$output") <= 23))
    ((${#output} > 500))
    not grep -E '.{80}' <<<"$output"
    run "$BIN/$SERVER" --version
    [ "$status" -eq 0 ]
    [[ $output == "$SERVER "[0-9]* ]]
}

@test "--traits is a line that programs can read" {
    run "$BIN/$SERVER" --traits
    [ "$status" -eq 0 ]
    echo "$output"
    [ "${#lines[@]}" -eq 1 ]
    grep -qxE "at_once=(one|all|workers) \
processes=(one|one-per-client|one-per-worker) threads=(one|one-per-worker) \
computes=(one|each) waits_in=[a-z0-9_]+ lesson=notes/[0-9]{2}-[a-z-]+[.]md" <<<"$output"
}
