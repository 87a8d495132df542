#include "common/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/net.h"

#define SIGNAL_WAKE SIGUSR1 /* from the main thread to a worker thread */

/* A handler reads all of these.  Those that are no lock-free atomics are
 * written only while it is held off, or before it is installed. */
static atomic_int requested;
static pid_t server; /* the process that was started by the user */
static _Thread_local atomic_int waits_on = -1;
static int pipe_read = -1;
static int pipe_write = -1;
static void (*also)(void);

/* Ends the wait of this thread, be it under way or still to begin.  The signal
 * itself has interrupted what was waiting.  Not by shutdown: a connection shut
 * down for reading is reset when more bytes come, and loses what was sent. */
static void
end_wait(void)
{
    const struct timeval soon = {.tv_usec = 1};
    const struct timeval linger = {.tv_sec = NET_LINGER_NS / CLOCK_S};
    int fd = atomic_load(&waits_on);

    /* These fail for no valid socket, and then nothing waits on it. */
    if (fd != -1) {
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon));
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &linger, sizeof(linger));
    }
}

/* In a child the request may come twice, from the parent and from whoever
 * signals the whole process group: it stays one request. */
static void
handle_stop_in_child(int signal_number)
{
    atomic_store(&requested, signal_number);
    end_wait();
}

static void
handle_stop(int signal_number)
{
    int saved = errno;
    struct sigaction first = {.sa_handler = SIG_DFL};

    /* A child has this handler from its birth on, so that there is no moment at
     * which it has none, and no system call to change it. */
    if (getpid() != server) {
        if (signal_number == SIGTERM)
            handle_stop_in_child(signal_number);
        errno = saved;
        return;
    }
    if (atomic_exchange(&requested, signal_number) != 0) {
        /* The second one: it is delivered again when this handler returns.  Not
         * before that, for a child forked meanwhile would inherit it. */
        sigaction(signal_number, &first, NULL);
        raise(signal_number);
        return;
    }
    log_from_handler(signal_number == SIGINT
                         ? "stop     signal=INT (again to end at once)"
                         : "stop     signal=TERM (again to end at once)");
    end_wait();
    if (pipe_write != -1)
        (void)!write(pipe_write, "", 1); /* full: it is readable already */
    if (also != NULL)
        also();
    errno = saved;
}

static void
handle_wake(int signal_number)
{
    int saved = errno;

    (void)signal_number;
    if (stop_requested() != 0)
        end_wait();
    errno = saved;
}

static void
handle(int signal_number, void (*handler)(int))
{
    /* No SA_RESTART: an interrupted wait is to return. */
    struct sigaction action = {.sa_handler = handler};

    sigfillset(&action.sa_mask);
    if (sigaction(signal_number, &action, NULL) == -1)
        die("sigaction");
}

/* Changes whether our signals are held off.  Keeps errno. */
static void
change_mask(int how)
{
    sigset_t ours;

    sigemptyset(&ours);
    sigaddset(&ours, SIGINT);
    sigaddset(&ours, SIGTERM);
    sigaddset(&ours, SIGCHLD);
    /* It can only fail for a wrong argument (pthread_sigmask(3)). */
    (void)pthread_sigmask(how, &ours, NULL);
}

void
stop_on_signals(void)
{
    sigset_t none;

    server = getpid();
    /* Whoever started us may have left them blocked, or ignored as a shell does
     * with SIGINT for a job in the background (POSIX.1-2017, 2.11). */
    sigemptyset(&none);
    (void)pthread_sigmask(SIG_SETMASK, &none, NULL);
    handle(SIGINT, handle_stop);
    handle(SIGTERM, handle_stop);
    handle(SIGNAL_WAKE, handle_wake);
}

int
stop_requested(void)
{
    return atomic_load(&requested);
}

int
stop_wakes(int fd)
{
    int before = atomic_exchange(&waits_on, fd);

    /* One that came before this call found nothing to end. */
    if (stop_requested() != 0)
        end_wait();
    return before;
}

int
stop_pipe(void)
{
    int ends[2];

    if (pipe_read != -1)
        return pipe_read;
    if (pipe(ends) == -1)
        die("pipe");
    for (int i = 0; i < 2; i++)
        if (fcntl(ends[i], F_SETFD, FD_CLOEXEC) == -1 ||
            fcntl(ends[i], F_SETFL, O_NONBLOCK) == -1)
            die("fcntl");
    pipe_read = ends[0];
    stop_hold();
    pipe_write = ends[1];
    stop_release();
    if (stop_requested() != 0) /* before there was a pipe */
        (void)!write(pipe_write, "", 1);
    return pipe_read;
}

void
stop_hold(void)
{
    change_mask(SIG_BLOCK);
}

void
stop_release(void)
{
    change_mask(SIG_UNBLOCK);
}

void
stop_pause(int64_t until_ns)
{
    int64_t left = until_ns - clock_now();
    struct timespec limit = {0};
    sigset_t none;
    int result;

    if (left > 0) {
        limit.tv_sec = (time_t)(left / CLOCK_S);
        limit.tv_nsec = (long)(left % CLOCK_S);
    }
    sigemptyset(&none);
    /* Waits for no descriptor: a sleep that lets signals in only while it
     * lasts.  Whether it ended by one or by the limit, the caller looks. */
    result = pselect(0, NULL, NULL, NULL,
                     until_ns == CLOCK_NEVER ? NULL : &limit, &none);
    log_call(result, "pselect()");
}

void
stop_calls(void (*function)(void))
{
    stop_hold();
    also = function;
    stop_release();
}

void
stop_in_child(pid_t parent)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1)
        die("prctl");
    if (getppid() != parent) /* it ended before we said so */
        _exit(EXIT_FAILURE);
}

void
stop_thread(pthread_t thread)
{
    /* Fails only for a thread that has ended (pthread_kill(3)). */
    (void)pthread_kill(thread, SIGNAL_WAKE);
}
