#!/usr/bin/env bats
# Goal: the notes and the README speak of what there is.

load helper

@test "every file that is named exists" {
    local file
    for file in $(grep -ohE '\b(servers|common|client|tests|notes)/[a-zA-Z0-9_./-]+\.(c|h|bats|md|bash)' \
        README.md notes/*.md | sort -u); do
        echo "$file"
        [ -e "$file" ]
    done
    for file in $(grep -ohE '\]\([^)#:]+\)' notes/*.md | tr -d '])('); do
        echo "notes/$file"
        [ -e "notes/$file" ]
    done
    for file in $(grep -ohE '\]\([^)#:]+\)' README.md | tr -d '])('); do
        echo "$file"
        [ -e "$file" ]
    done
}

@test "every server has its page, and --help names it" {
    local server lesson
    for server in servers/*.c; do
        server=$(basename "$server" .c)
        lesson=$("$BIN/$server" --help | sed -n 's/^Lesson: //p')
        echo "$server: $lesson"
        [ -e "$lesson" ]
    done
}

@test "every name in backticks that looks like one of ours is in the sources" {
    local name
    # shellcheck disable=SC2016 # backticks, not a command
    for name in $(grep -ohE '`[a-zA-Z]+_[a-zA-Z_]+`' notes/*.md README.md |
        tr -d '`' | sort -u); do
        echo "$name"
        grep -qrw -- "$name" servers common client
    done
}

@test "every command line of ours is accepted" {
    local line
    # With --help at its end nothing is started, and bad options are refused.
    while read -r line; do
        line=${line%%[#&]*}
        echo "$line"
        # What stands behind a judge's server is the server's: this one is run.
        if [[ $line == bin/judge\ * ]]; then
            line="bin/judge --only protocol.message ${line#bin/judge}"
        else
            line+=" --help"
        fi
        run bash -c "$line"
        [ "$status" -eq 0 ]
    done < <(sed -n "s|^    \(bin/[a-z-]* .*\)|\1|p" README.md notes/*.md)
}

@test "the table of the zoo is what its patches say" {
    diff <(tests/zoo/build --list) tests/zoo/README.md
}
