#include "common/stop_waits.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/linger.h"
#include "common/log.h"
#include "common/stop.h"
#include "common/system.h"

/* What a handler reads, perhaps while one of the functions below runs: so each
 * is lock-free, and is set after what belongs to it. */
static int listeners[STOP_LISTENERS_MAX];
static atomic_int listener_count;
static atomic_int drained = -1; /* a worker's own source of clients */
static atomic_int left = -1;    /* a blocking listener that others use, too */
static int stand_in;            /* the socket that takes its place */
static atomic_bool alarms;      /* an alarm ends a wait that begins too late */
static _Thread_local atomic_int armed = -1; /* the descriptor, -1: none */
static sem_t *_Atomic waited_for;

/* The signal itself has interrupted a call that was waiting; the timeouts are
 * for a call that has not begun yet. */
void
stop_waits_end_for_bytes(void)
{
    const struct timeval soon = {.tv_usec = 1};
    const struct timeval linger = {.tv_sec = LINGER_NS / CLOCK_S};
    int fd = atomic_load(&armed);

    /* setsockopt fails only if fd is not a socket, and then no thread waits
     * for bytes from it. */
    if (fd != -1) {
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon));
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &linger, sizeof(linger));
    }
}

void
stop_waits_end(void)
{
    int count = atomic_load(&listener_count);
    int own = atomic_load(&drained);
    int inherited = atomic_load(&left);
    sem_t *semaphore = atomic_load(&waited_for);

    for (int i = 0; i < count; i++)
        system_end_accept(listeners[i]);
    if (inherited != -1)
        (void)dup2(stand_in, inherited); /* cannot fail: both are open */
    if (atomic_load(&alarms))
        (void)alarm(1);
    if (own != -1)
        (void)fcntl(own, F_SETFL, O_NONBLOCK); /* cannot fail for a socket */
    stop_waits_end_for_bytes();
    if (semaphore != NULL)
        (void)sem_post(semaphore); /* fails at SEM_VALUE_MAX: nobody waits */
}

void
stop_shuts(int listener)
{
    int count = atomic_load(&listener_count);

    if (count < STOP_LISTENERS_MAX) {
        listeners[count] = listener;
        atomic_store(&listener_count, count + 1);
    } else {
        errno = ENOMEM;
        die("more than %d listeners", STOP_LISTENERS_MAX);
    }
    if (stop_requested()) /* before this call */
        stop_waits_end();
}

/* The alarm has no work to do but to interrupt a wait. */
static void
on_alarm(int signal_number)
{
    (void)signal_number;
}

void
stop_leaves(int listener)
{
    const struct sigaction by_alarm = {.sa_handler = on_alarm};

    /* select, poll, epoll_wait and io_uring_enter would not notice the other
     * socket.  The signal interrupts them, and if one of them begins a moment
     * later, the alarm does. */
    if (sigaction(SIGALRM, &by_alarm, NULL) == -1)
        die("sigaction");
    atomic_store(&alarms, true);
    stand_in = socket(AF_INET, SOCK_STREAM, 0);
    if (stand_in == -1)
        die("socket");
    /* A non-blocking listener is not stored, because accept does not wait on
     * it.  Also, a child may close it, and then the handler would replace any
     * file that has got its descriptor since. */
    if ((fcntl(listener, F_GETFL) & O_NONBLOCK) == 0)
        atomic_store(&left, listener);
    if (stop_requested()) /* before this call */
        stop_waits_end();
}

void
stop_drains(int fd)
{
    atomic_store(&drained, fd);
    if (stop_requested()) /* before this call */
        stop_waits_end();
}

void
stop_waits_forget_listeners(void)
{
    atomic_store(&listener_count, 0);
}

void
stop_arm(int fd)
{
    atomic_store(&armed, fd);
    if (stop_requested())
        stop_waits_end_for_bytes();
}

void
stop_disarm(void)
{
    atomic_store(&armed, -1);
}

bool
stop_wait_semaphore(sem_t *semaphore)
{
    int result;

    atomic_store(&waited_for, semaphore);
    do
        result = stop_requested() ? 0 : sem_wait(semaphore);
    while (result == -1 && errno == EINTR);
    atomic_store(&waited_for, NULL);
    return !stop_requested();
}
