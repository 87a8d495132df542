#!/usr/bin/env bats
# Goal: inside says where each client waits, as the model of the server has it,
# and a replay shows what was recorded.

load helper

# watch SERVER [ARG...] - runs inside without a terminal; the recording is in
# FILE, the picture in $output.
watch() {
    FILE=$BATS_TEST_TMPDIR/recording
    run --separate-stderr "$BIN/inside" --ascii --width 80 \
        --record "$FILE" -n 1 "${options[@]}" "$@" 3>&-
    echo "$output"
    # shellcheck disable=SC2154 # set by run
    echo "$stderr"
    [ "$status" -eq "${expected:-0}" ]
}

# most LETTER - prints how many clients were in that place in one sample, at
# most.
most() {
    awk -v place="$1" '
        $1 == "sample" { n = 0 }
        $1 == "client" && $3 == place && ++n > most { most = n }
        END { print most + 0 }' "$FILE"
}

# sees CONDITION SERVER [ARG...] - watches until the recording meets the condition, a
# function.  On a busy machine there may be one sample per second.  So it tries again with
# longer times: @300 as an option is 300 ms at first.
sees() {
    local condition=$1 times i words all
    shift
    all=("${options[@]}" "$@")
    options=()
    for times in 1 4 16; do
        words=("${all[@]}")
        for i in "${!words[@]}"; do
            [[ ${words[i]} != @* ]] || words[i]=$((${words[i]#@} * times))ms
        done
        watch "${words[@]}"
        needs_kernel
        ! "$condition" || return 0
        echo "$condition: not in $(grep -c '^sample' "$FILE") samples"
    done
    return 1
}

# lacks NUMBER - whether something could not be seen (see recording.h).
lacks() {
    (($(sed -n 's/^lacks //p' "$FILE") & $1))
}

# needs_kernel - skips the test where the kernel does not tell about sockets.
needs_kernel() {
    lacks 1 && skip "the kernel does not tell"
    true
}

@test "prefork: two are served, three are in a queue of three, one is outside" {
    # Nobody is answered before the end.  The workers have accepted two clients
    # when the third comes.
    options=(--stagger @100 --timeout @1200)
    expected=1
    # The sixth: its handshake is not finished, or has not begun.
    is_full() {
        [ "$(most S)" -eq 2 ] && [[ $output == *3333* ]] &&
            awk '$1 == "sample" { queued = outside = 0; full = $3 == 3 && $4 == 3 }
                $1 == "client" { queued += $3 == "Q"; outside += $3 ~ /[-HN]/ }
                full && queued == 3 && outside == 1 { found = 1 }
                END { exit !found }' "$FILE"
    }
    sees is_full "$BIN/prefork" -w 2 -b 2 -d 60s
    [ "$(most Q)" -eq 3 ]
}

@test "prefork: each worker is seen in its delay, with its client" {
    serve_several() {
        lacks 2 && skip "the kernel does not tell"
        # Rows 1 and 2 are the workers; the last but two is the client.
        for row in 1 2; do
            [ "$(awk -v row=$row '$1 == "task" && $2 == row && $3 == "d" { print $6 }' \
                "$FILE" | sort -u | wc -l)" -ge 2 ] || return 1
        done
    }
    sees serve_several "$BIN/prefork" -w 2 -d @300
}

@test "threaded: clients that no worker has are accepted and unread" {
    are_unread() {
        [ "$(most U)" -ge 4 ] &&
            grep -q '^task [0-9]* d clock_nanosleep' "$FILE" &&
            grep -q '^task [0-9]* a accept' "$FILE"
    }
    sees are_unread "$BIN/threaded" -w 2 -d @300
}

@test "epoll: while it computes, all clients have been read" {
    are_read() {
        [ "$(most R)" -ge 3 ] && grep -q '^task 0 [#=]' "$FILE"
    }
    sees are_read "$BIN/epoll" -d 0 -C @50
}

@test "fork-per-client: a process for each client" {
    have_a_child_each() {
        [ "$(most S)" -eq 6 ] && [ "$(grep -c '^row .* child ' "$FILE")" -eq 6 ]
    }
    sees have_a_child_each "$BIN/fork-per-client" -d @300
}

@test "a replay draws what was recorded" {
    local picture
    watch "$BIN/prefork" -w 2 -d 50ms
    picture=$output
    run --separate-stderr "$BIN/inside" --replay "$FILE" --ascii --width 80
    [ "$status" -eq 0 ]
    [ "$output" = "$picture" ]
    not grep -E '.{81}' <<<"$output"
    not grep -P '[^\x00-\x7f]' <<<"$output"
}

@test "--svg and --trace have a lane for each client and task" {
    local replayed=tests/golden/inside-prefork.txt
    local svg=$BATS_TEST_TMPDIR/svg trace=$BATS_TEST_TMPDIR/trace
    run --separate-stderr "$BIN/inside" --replay "$replayed" --svg "$svg" \
        --trace "$trace"
    [ "$status" -eq 0 ]
    [ "$(grep -c '<g class="lane"' "$svg")" -eq 9 ]
    [ "$(grep -c '<g class="band"' "$svg")" -eq 2 ]
    [[ $(<"$svg") == *'<title>accept queue; '* ]]
    [[ $(<"$svg") == *'>holds 3</text>'* ]]
    [ "$(grep -c '"thread_name"' "$trace")" -eq 9 ]
    command -v python3 >/dev/null || skip "no python3"
    # The picture is well-formed, slices of a thread do not overlap, and the
    # counters say what the recording says.
    python3 -S - "$svg" "$trace" "$replayed" <<'END'
import json, sys
import xml.dom.minidom
xml.dom.minidom.parse(sys.argv[1])
events = json.load(open(sys.argv[2]))["traceEvents"]
ends = {}
for e in events:
    if e["ph"] == "X":
        lane = (e["pid"], e["tid"])
        assert e["ts"] >= ends.get(lane, 0), e
        ends[lane] = e["ts"] + e["dur"]
counted = [e["args"]["value"] for e in events
           if e["ph"] == "C" and e["name"] == "accept queue"]
lines = [line.split() for line in open(sys.argv[3])]
queues = [int(words[2]) for words in lines if words[0] == "sample"]
assert counted == [q for i, q in enumerate(queues) if i == 0 or queues[i - 1] != q]
END
}

@test "--html is a picture, sentences, and a replay" {
    local page=$BATS_TEST_TMPDIR/page.html dom
    run --separate-stderr "$BIN/inside" --html "$page" \
        --replay tests/golden/inside-prefork.txt
    [ "$status" -eq 0 ]
    # Without a script: the picture, and a sentence for each change.
    [ "$(grep -c '<g class="lane"' "$page")" -eq 9 ]
    [[ $(<"$page") == *'<li data-at="91967"><time>0.092 s</time> <span>Clients '* ]]
    [ "$(wc -c <"$page")" -lt 60000 ]
    not grep -oE '(src|href)="?[a-z]+:' "$page"
    # What a reader does, and what the page then shows, a line each.
    cat >"$BATS_TEST_TMPDIR/acts.html" <<'END'
<pre id="seen"></pre><script>
const seen = (...what) => get("seen").append(what.join("|") + "\n");
const state = (name) => [...body.rows].find((row) =>
  row.cells[0].textContent === name).cells[1].textContent;
const told = () => get("told").textContent;
seen("controls", !bar.hidden, slider.value, slider.max, lanes.length);
slider.value = 2;
slider.dispatchEvent(new Event("input"));
seen(get("replay-time").textContent, told());
seen(state("client 1"), state("client 6"), state("queue"), state("child 2"));
get("replay-next").click();
seen(slider.value, document.querySelectorAll("[aria-current]").length, told());
get("replay-before").click();
seen(slider.value, told());
play.click();
seen(play.textContent);
play.click();
seen(play.textContent);
show(times.length - 1);
seen(state("client 1"));
</script>
END
    sed -i "/^<\/script>/r $BATS_TEST_TMPDIR/acts.html" "$page"
    browser "$page"
    run sed -n '/<pre id="seen">/,/<\/pre>/ { s/.*<pre id="seen">//; p }' <<<"$dom"
    echo "$output"
    [ "${lines[0]}" = "controls|true|0|17|11" ]
    [[ ${lines[1]} == "0.173 s|Clients 1 and 2 are being served."*"full"* ]]
    [ "${lines[2]}" = "served by child 1|not connected|3 in the accept queue|delay, client 2 (clock_nanosleep)" ]
    [[ ${lines[3]} == "4|1|Clients 3 and 4 are being served."* ]]
    [[ ${lines[4]} == "3|Clients 1 and 2 are being served."* ]]
    [ "${lines[5]}" = pause ]
    [ "${lines[6]}" = replay ]
    [ "${lines[7]}" = "not started, or ended" ]
}

@test "a server that runs already is watched by its port" {
    start -d 100ms -q
    options=(-p "$PORT")
    watch
    [[ $output == "127.0.0.1 port $PORT: "* ]]
    needs_kernel
    # It was found by its listener.
    grep -q "^row $PID $PID server" "$FILE"
    stopped
}

@test "servers that fail are named, with the reason" {
    run --separate-stderr "$BIN/inside" "$BIN/epoll" --no-such-option
    [ "$status" -eq 1 ]
    [[ $stderr == *"ended before it listened, exit status 2"* ]]
    "$BIN/inside" sleep 60 '{port}' 2>"$BATS_TEST_TMPDIR/said" 3>&- &
    PIDS+=("$!")
    until_true pgrep -P "$!" -x sleep
    kill -INT "$!"
    wait_for "$!"
    [ "$(<"$BATS_TEST_TMPDIR/said")" = "inside: interrupted before sleep 60 {port} listened" ]
    run --separate-stderr "$BIN/inside" --replay /dev/null
    [ "$status" -eq 1 ]
    [[ $stderr == *"/dev/null: it is not a recording of inside"* ]]
    rejects inside <<END
SERVER: 'x=' has no command|x=
SERVER is missing|
SERVER ('x') and --port cannot be used together|-p 3000 x
SERVER ('x') and --replay cannot be used together|--replay file x
--clients: '0' is not a number|-c 0 x
-d: no such option; options of the server must come after it|-d 1s x
--delay: no such option; options of the server must come after|--delay 1s x
END
}

@test "on a terminal: it is live, keys step and quit, and all is as before" {
    command -v script >/dev/null || skip "no script(1)"
    local file=$BATS_TEST_TMPDIR/terminal keys=$BATS_TEST_TMPDIR/keys
    local command="stty rows 24 cols 80; before=\$(stty -g)
        '$BIN/inside' '$BIN/prefork' -w 2 -d 60s && echo well
        [ \"\$before\" = \"\$(stty -g)\" ] && echo as before"
    mkfifo "$keys"
    : >"$file"
    TERM=xterm LC_ALL=C NO_COLOR=1 SHELL=/bin/sh \
        script -q -f -c "$command" "$file" <"$keys" >/dev/null 3>&- &
    PIDS+=($!)
    exec 5>"$keys"
    # What the terminal shows, and the keys that are pressed then.
    while IFS='|' read -r words pressed; do
        until_true grep -q "$words" "$file"
        printf %s "$pressed" >&5
    done <<'END'
are being served| <<>w
frozen: sample |?
What you see|cq
^as before|
END
    exec 5>&-
    grep -q '^well' "$file"
    # The picture of the whole comes when the screen is as it was before.
    [[ $(<"$file") == *$'\e[?1049h'*$'\e[?1049l'*'where 6 clients waited'* ]]
    not grep -P '\e\[\d*m|[^\x00-\x7f]' "$file"
}
