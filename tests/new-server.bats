#!/usr/bin/env bats
# Goal: adding a server is adding a file to servers/.  A copy of epoll.c under a
# new name, in a copy of the tree, is built, tested and shown like all others.

load helper

setup_file() {
    cd -- "$BATS_TEST_DIRNAME/.." || return
    COPY=$BATS_FILE_TMPDIR/tree
    export COPY
    mkdir -p "$COPY"/{bin,build}
    cp -Rp Makefile README.md servers client common notes tests "$COPY"
    find bin -maxdepth 1 -type f -exec cp -p -t "$COPY/bin" {} +
    cp -Rp build/plain "$COPY/build"
    rm -rf "$COPY"/build/plain/results
    sed 's/\.name = "epoll"/.name = "another"/' servers/epoll.c \
        >"$COPY/servers/another.c"
    in_copy make all
}

# in_copy COMMAND... - runs a command in the copy, without the variables of the
# make and the bats around this test, but with the same flags: with others make
# would compile everything again.
in_copy() {
    env -i -C "$COPY" PATH="$PATH" HOME="$HOME" WERROR="${WERROR-}" "$@"
}

# What is tested for all servers is the same as for epoll, so a part is enough.
@test "make test tests a new server" {
    run in_copy make -n test SERVERS=another BATS=bats
    echo "$output"
    [[ $output == *"bin/another"*"tests/contract/models.test"* ]]
    [[ $output == *"bin/another"*"tests/contract/shared/services.test"* ]]
    run in_copy make test SERVERS=another BATS=bats jobs=contract/another
    echo "$output"
    [ "$status" -eq 0 ]
    [[ $output == *"contract another: "* ]]
    [[ ${lines[-1]} =~ ^[0-9]+\ passed,\ 0\ failed,\ [0-9]+\ skipped,\ [0-9]+\ s\ of\ CPU\ time$ ]]
}

@test "a new server is last in the table, and has a prediction" {
    run in_copy make --no-print-directory -n demo SERVERS=all
    [[ $output == *"bin/epoll "*" bin/another"* ]]
    run in_copy bin/compare -d 1ms bin/another
    [ "$status" -eq 0 ]
    grep -E '^another( +[0-9.]+){2} +[1-6] +[0-9.]+ ' <<<"$output"
}

@test "a new server is in the figure of all servers" {
    in_copy tests/figures compare
    grep -q another "$COPY"/notes/figures/compare.svg
}

@test "the judge looks at a new server" {
    in_copy bin/judge --only protocol.message bin/another
}
