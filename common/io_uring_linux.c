#define _GNU_SOURCE /* syscall */

#include "common/io_uring.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"

int
io_uring_setup(unsigned entries, struct io_uring_params *params)
{
    return (int)syscall(IO_URING_SETUP, entries, params);
}

int
io_uring_enter(int fd, unsigned submit, unsigned wait_for, unsigned flags,
               const struct io_uring_getevents_arg *arg)
{
    int result = (int)syscall(IO_URING_ENTER, fd, submit, wait_for, flags, arg,
                              arg == NULL ? (size_t)0 : sizeof(*arg));

    log_call(result, "io_uring_enter(submit %u, wait for %u)", submit,
             wait_for);
    return result;
}

int
io_uring_register(int fd, unsigned what, void *arg, unsigned count)
{
    return (int)syscall(IO_URING_REGISTER, fd, what, arg, count);
}

/* Ends the program, and says why there is no io_uring. */
static _Noreturn void
give_up(const char *why)
{
    log_error("this machine %s; uring needs io_uring of Linux 5.19 or newer; "
              "bin/epoll runs without it",
              why);
    exit(EXIT_FAILURE);
}

_Noreturn void
io_uring_explain(int error)
{
    FILE *setting = fopen("/proc/sys/kernel/io_uring_disabled", "re");
    int disabled = 0;
    char why[128];

    if (setting != NULL) {
        if (fscanf(setting, "%d", &disabled) != 1)
            disabled = 0;
        fclose(setting);
    }
    if (error == ENOSYS)
        give_up("has no io_uring (ENOSYS), or a container hides it");
    if (error == EPERM && disabled > 0)
        snprintf(why, sizeof(why),
                 "forbids io_uring (EPERM: kernel.io_uring_disabled is %d)",
                 disabled);
    else if (error == EPERM)
        snprintf(why, sizeof(why),
                 "forbids io_uring (EPERM, probably by the seccomp profile of "
                 "a container)");
    else if (error == EINVAL)
        snprintf(why, sizeof(why),
                 "has an old io_uring, without multishot accept or pools of "
                 "buffers (EINVAL)");
    else
        snprintf(why, sizeof(why), "cannot make an io_uring (%s)",
                 strerror(error));
    give_up(why);
}
