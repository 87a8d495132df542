#!/usr/bin/env bats
# Goal: a page that shows what a command prints shows what it prints.

load helper

# free_port FROM - prints the next port, of four digits like that of the pages, on
# which nobody listens.
free_port() {
    local port=$1
    while (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
        port=$((port + 1))
    done
    echo "$port"
}

# play PAGE... - six pages at a time, for they wait more than they compute, each
# with a port of its own.  What is not seen is looked for once more: something else
# on the machine may have been in the way.
play() {
    local page port=3000
    # shellcheck disable=SC2016 # for the shell that xargs starts
    for page; do
        port=$(free_port $((port + 1)))
        echo "$port $page"
    done | xargs -P 6 -L 1 bash -c \
        'export PORT=$0; tests/lesson "$1" || { echo "once more:"; tests/lesson "$1"; }'
}

page() { # TEXT...
    printf '%s\n' "$@" >"$BATS_TEST_TMPDIR/page.md"
    PORT=$(free_port 3001) run tests/lesson "$BATS_TEST_TMPDIR/page.md"
    echo "$output"
}

@test "each page does what it says" {
    local pages names
    # What they build has been built, for two that built the same would collide.
    names=$(sed -n 's|^[0-9]*\$ tests/zoo/build ||p' notes/*.md)
    # shellcheck disable=SC2086 # several names
    tests/zoo/build $names
    # The last ones take longest.
    mapfile -t pages < <(grep -l '^```console' notes/*.md | sort -r)
    play "${pages[@]}"
}

@test "a page is right about what it leaves out, and about what is about right" {
    page '```console' '$ bin/epoll -q -d 0' 'listening on 127.0.0.1 port 3000' '```' \
        '```console 2' '2$ echo one; echo 1.4 two 7; echo three' 'one' '~1 ... ~7' '...' '```' \
        '```console' '^C' 'served 0 clients, ...' '```'
    [ "$status" -eq 0 ]
    [[ $output == *"page.md: 2 commands" ]]
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
    page '```console' '$ bin/epoll -d 0' 'listening on 127.0.0.1 port 3000' '```' \
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
