#!/usr/bin/env bats
# Goal: a page that shows what a command prints shows what it prints.  Apart from
# other tests, for the pages use port 3000.

load helper

# needs_port - skips the test if somebody listens on the port of the pages.
needs_port() {
    ! (: <"/dev/tcp/127.0.0.1/3000") 2>/dev/null || skip "port 3000 is in use"
}

page() { # TEXT...
    printf '%s\n' "$@" >"$BATS_TEST_TMPDIR/page.md"
    run tests/lesson "$BATS_TEST_TMPDIR/page.md"
    echo "$output"
}

@test "each page does what it says" {
    needs_port
    local page
    for page in $(grep -l '^```console' notes/*.md); do
        tests/lesson "$page"
    done
}

@test "a page is right about what it leaves out, and about what is about right" {
    needs_port
    page '```console' '$ bin/epoll -q -d 0' 'listening on 127.0.0.1 port 3000' '```' \
        '```console 2' '$ echo one; echo 1.4 two 7; echo three' 'one' '~1 ... ~7' '...' '```' \
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

@test "a page that leaves a command running is found" {
    page '```console' '$ sleep 5' '```' '```console' '^C' '$ echo' '' '```' \
        '```console' '$ sleep 6' '```' '```console 2' '$ true' '```' '```console' '^C' '```'
    [ "$status" -eq 0 ]
    page '```console' '^C' '```'
    [ "$status" -eq 1 ]
}
