#!/usr/bin/env bats
# Goal: where io_uring is forbidden or missing, the server says which, in one line,
# and ends with status 1.

load ../helper

# refused CALL ERROR - starts the server on a machine where this system call fails.
refused() {
    run timeout 60 strace -o /dev/null -e "inject=$1:error=$2" "$BIN/$SERVER" -p 0
    echo "$output"
    # shellcheck disable=SC2154 # set by run
    [ "$status" -eq 1 ]
    [ "${#lines[@]}" -eq 1 ]
    [[ $output == "$SERVER: this machine "* ]]
}

@test "a machine without io_uring is told so in one line" {
    command -v strace >/dev/null || skip "no strace"
    sanitized && skip "strace and sanitizers do not go together"
    refused io_uring_setup EPERM
    [[ $output == *forbids*EPERM* ]]
    refused io_uring_setup ENOSYS
    [[ $output == *"has no io_uring"* ]]
    local call
    for call in io_uring_setup io_uring_register; do
        refused "$call" EINVAL
        [[ $output == *"an old io_uring, without multishot accept"* ]]
    done
}

@test "a queue that is full, or a wait that is interrupted, loses nothing" {
    command -v strace >/dev/null || skip "no strace"
    sanitized && skip "strace and sanitizers do not go together"
    start_command strace -D -f -qq -o /dev/null \
        -e inject=io_uring_enter:error=EAGAIN:when=3+5 "$BIN/$SERVER" -p 0 -d 0 -q
    client -q -n 20 8
    kill -TERM "$PID"
    ended_with 0
}
