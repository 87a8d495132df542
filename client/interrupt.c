#include "client/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "common/log.h"

/* The handler writes into its second end, the program waits at its first. */
static int stop_pipe[2];

static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};

static void
request_stop(int signal_number)
{
    int saved = errno;

    /* If write fails, the pipe is full, so it holds a request already. */
    (void)!write(stop_pipe[1], "", 1);
    errno = saved;
    if (signal_number == SIGPIPE)
        return; /* there may be many of them */
    /* The next one ends the program by its default action. */
    (void)signal(signal_number, SIG_DFL);
}

/* The first process of a container has no default actions. */
static void
end_at_once(int signal_number)
{
    _exit(128 + signal_number);
}

static void
request_stop_as_first(int signal_number)
{
    request_stop(signal_number);
    if (signal_number != SIGPIPE)
        (void)signal(signal_number, end_at_once);
}

int
interrupt_catch(void)
{
    struct sigaction action = {
        .sa_handler = getpid() == 1 ? request_stop_as_first : request_stop,
    };
    struct sigaction before;
    sigset_t caught;

    if (pipe(stop_pipe) == -1)
        die("pipe");
    for (int i = 0; i < 2; i++)
        if (fcntl(stop_pipe[i], F_SETFD, FD_CLOEXEC) == -1 ||
            fcntl(stop_pipe[i], F_SETFL, O_NONBLOCK) == -1)
            die("fcntl");
    sigemptyset(&action.sa_mask);
    sigemptyset(&caught);
    for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
        if (sigaction(signals[i], NULL, &before) == -1)
            die("sigaction");
        if (signals[i] == SIGHUP && before.sa_handler == SIG_IGN)
            continue;
        if (sigaction(signals[i], &action, NULL) == -1)
            die("sigaction");
        sigaddset(&caught, signals[i]);
    }
    if (sigprocmask(SIG_UNBLOCK, &caught, NULL) == -1)
        die("sigprocmask");
    return stop_pipe[0];
}

bool
interrupt_requested(void)
{
    struct pollfd request = {.fd = stop_pipe[0], .events = POLLIN};

    return poll(&request, 1, 0) > 0;
}
