#!/usr/bin/env bats
# Goal: tests/lesson finds a page that shows something else than a command
# prints.  make plays the pages of the notes, each by itself.

load helper

# page TEXT... - plays a page of these lines.
page() { # TEXT...
    printf '%s\n' "$@" >"$BATS_TEST_TMPDIR/page.md"
    PORT=3099 run tests/lesson "$BATS_TEST_TMPDIR/page.md"
    echo "$output"
}

@test "a page is right about what it leaves out, and about what is about right" {
    page '```console' '$ bin/epoll -q -d 0' 'listening on 127.0.0.1 port 3000' '```' \
        '```console 2' '2$ echo one; echo 1.4 two 7; echo three' 'one' '~1 ... ~7' '...' '```' \
        '```console' '^C' 'served 0 clients, ...' '```'
    [ "$status" -eq 0 ]
    [[ $output == *"page.md: 2 commands" ]]
}

@test "a page that is played on another port has both of its servers there" {
    page '```console' '$ echo 3000, port 3000, 3901, port 3901' \
        '3099, port 3000, 4000, port 3901' '```'
    [ "$status" -eq 0 ]
}

@test "a page that does not exist is not ok; one without commands is skipped" {
    run tests/lesson "$BATS_TEST_TMPDIR/none.md"
    [ "$status" -eq 1 ]
    [[ $output == *"not ok 1 "*"none.md: there is no such page" ]]
    page 'Only words.'
    [ "$status" -eq 0 ]
    [[ $output == *"ok 1 "*" # skip it has no commands" ]]
    run tests/lesson
    [ "$status" -eq 2 ]
}

@test "a page that shows anything else is found" {
    local shown
    for shown in 'on' 'one.' 'one ~2' 'two 5' '...two' '[o]ne ~4' ''; do
        page '```console' '$ echo one 5' "$shown" '```'
        [ "$status" -eq 1 ]
        [[ $output == *"page.md:"*"shows something else"* ]]
    done
    page '```console' '$ echo one; echo two' 'one' '```'
    [ "$status" -eq 1 ]
    page '```console' '$ echo one' 'one' 'two' '```'
    [ "$status" -eq 1 ]
}

@test "a page may go on in the first terminal after the second" {
    page '```console' '$ bin/epoll -d 0' 'listening on 127.0.0.1 port 3000' '```' \
        '```console 2' '2$ : </dev/tcp/127.0.0.1/3000; echo done' 'done' '```' \
        '```console' '...' '... close    client=1 reason=eof ...' '```' \
        '```console' '^C' '...' '```'
    [ "$status" -eq 0 ]
    PATIENCE=5 page '```console' '$ bin/epoll -d 0' 'listening on 127.0.0.1 port 3000' '```' \
        '```console 2' '2$ echo done' 'done' '```' \
        '```console' 'done' '```' '```console' '^C' '...' '```'
    [ "$status" -eq 1 ]
}

@test "a page that leaves a command running is found" {
    page '```console' '$ sleep 5' '```' '```console' '^C' '$ echo' '' '```' \
        '```console' '$ sleep 6' '```' '```console 2' '2$ true' '```' '```console' '^C' '```'
    [ "$status" -eq 0 ]
    page '```console' '^C' '```'
    [ "$status" -eq 1 ]
    [[ $output == *"nothing runs there"* ]]
}

@test "a page that says how a command ends is right about that" {
    page '```console' '$ sleep 0.2' '```' '```console 2' '2$ true' '```' \
        '```console' '$ echo $?' '0' '```'
    [ "$status" -eq 0 ]
    page '```console' '$ false' '```' '```console 2' '2$ true' '```' \
        '```console' '$ echo $?' '0' '```'
    [ "$status" -eq 1 ]
}

@test "a page that needs what is not there is skipped" {
    page '<!-- needs sh no-such-program -->' '```console' '$ false' 'true' '```'
    [ "$status" -eq 0 ]
    [[ $output == *"page.md # skip needs no-such-program" ]]
    page '<!-- needs sh -->' '```console' '$ printf "a\tb\n"' 'a b' '```'
    [ "$status" -eq 0 ]
    [[ $output == *"page.md: 1 commands" ]]
}

@test "a page on which the judge finds the machine too busy is skipped" {
    ALONE=1 page '```console' '$ printf "unknown x: on this machine 9 threads\\n per core want to run\\n"' \
        'NOT OK x' '```'
    [ "$status" -eq 0 ]
    [[ $output == *"page.md # skip the machine is too busy for the judge" ]]
}

@test "a page may be played on terminals" {
    page '```console' '$ test -t 1 || echo a file' 'a file' '```'
    [ "$status" -eq 0 ]
    page '<!-- on a terminal -->' '```console' '$ test -t 0 && test -t 2 && stty size' '24 80' \
        '$ sleep 9' '```' '```console 2' '2$ echo one; exit 3' 'one' '```' '```console' '^C' '```'
    [ "$status" -eq 0 ]
    page '<!-- on a terminal -->' '```console' '$ bin/epoll -q' 'listening on 127.0.0.1 port 3000' '```' \
        '```console 2' '2$ true' '```' '```console' '^C' 'served 0 clients, ...' '```'
    [ "$status" -eq 0 ]
}
