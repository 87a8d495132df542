# models - what the tests of the models share: the five rows of the table that
# tells them apart.  Each is proved by cause and effect where it can be: what a
# script expects in that order cannot come in another.

# served_at_once N - of 8 clients exactly N are served; the next one is when one
# of them has left, and the rest are not yet.
served_at_once() {
    local n=$1
    start -d 0 "${@:2}"
    talk <<END
1-8 connect
1-8 say hello
1-$n ack
$(held_up "$n")
END
    stopped
}

# The steps for those that are held up, if any are.
held_up() {
    local n=$1 next=$(($1 + 1))
    ((n < 8)) || return 0
    for _ in {1..5}; do
        # The server is at work, and still not for them.
        printf '%s\n' '1 say again' '1 ack' "$next-8 nothing"
    done
    printf '%s\n' "$n say goodbye" "$n eof" "$next ack"
    ((next == 8)) || printf '%s\n' "$((next + 1))-8 nothing"
}

# processes_and_threads PROCESSES THREADS - while 8 clients are connected the
# server has so many children, and so many threads itself.
processes_and_threads() {
    start -d 0 "${@:3}"
    hold <<'END'
1-8 connect
1 say hello
1 ack
END
    until_true equals process_count "$1"
    until_true equals thread_count "$2"
    at_rest
    [ "$(process_count)" -eq "$1" ]
    [ "$(thread_count)" -eq "$2" ]
    then_do <<'END'
1-8 close
END
    let_go
    stopped
}

# takes_rounds ROUNDS - 8 clients with 3 messages of 50 ms each take ROUNDS times
# as long as one client.  Less is impossible; much more is tolerated, since
# machines are busy.
takes_rounds() {
    sanitized && skip "sanitizers change the times"
    start -d 50ms "${@:2}"
    client -c 8 -n 3 -q
    stopped
    awk -v rounds="$1" '
        / accept / && !first { first = $1 }
        / ack / { last = $1 }
        END {
            took = last - first
            one = 3 * 0.050
            printf "took %.3f s, %.2f rounds\n", took, took / one
            exit !(took >= 0.98 * rounds * one && took < 1.9 * rounds * one)
        }' "$LOG"
}

# in_hand - prints how many messages were worked on at once at most, by the log.
in_hand() {
    awk '/ message / { if (++n > most) most = n } / ack / { n-- }
         END { print most + 0 }' "$LOG"
}

# computing one-after-another|together - how 8 clients fare whose messages take
# 50 ms of computing each.  One thread cannot finish two of them within less than
# 50 ms of each other, however busy the machine is; several workers do, even if
# they share one core.  That they use all cores is in cores.bats.
computing() {
    sanitized && skip "sanitizers change the times"
    start -d 0 -C 50ms "${@:2}"
    client -c 8 -n 1 -q
    stopped
    awk -v expected="$1" '
        / ack / {
            if (last && $1 - last < least || !least) least = last ? $1 - last : 9
            last = $1
        }
        END {
            found = least < 0.045 ? "together" : "one-after-another"
            printf "least time between two answers %.3f s: %s\n", least, found
            exit !(found == expected)
        }' "$LOG"
}
