#include "client/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "common/log.h"

/* The handler writes into its second end, the program waits at its first. */
static int stop_pipe[2];

static void
request_stop(int signal_number)
{
    int saved = errno;

    (void)signal_number;
    /* If write fails, the pipe is full, so it holds a request already. */
    (void)!write(stop_pipe[1], "", 1);
    errno = saved;
}

int
interrupt_catch(void)
{
    /* SA_RESETHAND restores the default action as the handler is called, so a
     * second signal ends the program at once. */
    struct sigaction action = {
        .sa_handler = request_stop,
        .sa_flags = (int)SA_RESETHAND,
    };

    if (pipe(stop_pipe) == -1)
        die("pipe");
    for (int i = 0; i < 2; i++)
        if (fcntl(stop_pipe[i], F_SETFD, FD_CLOEXEC) == -1 ||
            fcntl(stop_pipe[i], F_SETFL, O_NONBLOCK) == -1)
            die("fcntl");
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGINT, &action, NULL) == -1 ||
        sigaction(SIGHUP, &action, NULL) == -1 ||
        sigaction(SIGTERM, &action, NULL) == -1)
        die("sigaction");
    return stop_pipe[0];
}

bool
interrupt_requested(void)
{
    struct pollfd request = {.fd = stop_pipe[0], .events = POLLIN};

    return poll(&request, 1, 0) > 0;
}
