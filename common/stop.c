#include "common/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/linger.h"
#include "common/log.h"
#include "common/system.h"

#define SIGNAL_PASSED_ON SIGUSR1 /* from the main thread to another thread */

/* What the handler reads.  Each is lock-free, or is written only while the
 * signals are held off or before the handler is installed. */
static atomic_int request; /* the signal; 0: none */
static bool in_child;
static int listeners[STOP_LISTENERS_MAX];
static atomic_int listener_count;
static atomic_int drained = -1; /* a worker's own source of clients */
static int left = -1;           /* a blocking listener that others use, too */
static int stand_in;            /* the socket that takes its place */
static bool alarms;             /* an alarm ends a wait that begins too late */
static _Thread_local atomic_int armed = -1; /* the descriptor, -1: none */
static sem_t *_Atomic waited_for;

static pid_t server; /* the process that the user has started */

/* Ends the wait of the calling thread for its client.  The signal itself has
 * interrupted a call that was waiting; the timeouts are for a call that has not
 * begun yet. */
static void
end_wait_for_bytes(void)
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

static void
end_all_waits(void)
{
    int count = atomic_load(&listener_count);
    int own = atomic_load(&drained);
    sem_t *semaphore = atomic_load(&waited_for);

    for (int i = 0; i < count; i++)
        system_end_accept(listeners[i]);
    if (left != -1)
        (void)dup2(stand_in, left); /* cannot fail: both are open */
    if (alarms)
        (void)alarm(1);
    if (own != -1)
        (void)fcntl(own, F_SETFL, O_NONBLOCK); /* cannot fail for a socket */
    end_wait_for_bytes();
    if (semaphore != NULL)
        (void)sem_post(semaphore); /* fails at SEM_VALUE_MAX: nobody waits */
}

/* Ends the process by the signal's default action. */
static void
end_now(int signal_number)
{
    struct sigaction by_default = {.sa_handler = SIG_DFL};

    /* The first process of a container has no default actions. */
    if (getpid() == 1)
        _exit(128 + signal_number);
    /* Neither can fail with these arguments.  The signal is delivered when the
     * handler returns, because it is blocked until then. */
    (void)sigaction(signal_number, &by_default, NULL);
    (void)raise(signal_number);
}

static void
handle_request(int signal_number)
{
    int saved = errno;

    if (in_child && signal_number == SIGINT)
        return;
    if (atomic_exchange(&request, signal_number) == 0) {
        if (!in_child)
            log_from_handler(signal_number == SIGINT
                                 ? "stop     signal=INT (again to end at once)"
                                 : "stop     signal=TERM (again to end at "
                                   "once)");
        end_all_waits();
    } else if (!in_child) {
        end_now(signal_number);
    }
    /* To a child the same request may come twice: from its parent, and from
     * whatever signals the whole process group. */
    errno = saved;
}

static void
handle_passed_on(int signal_number)
{
    int saved = errno;

    (void)signal_number;
    if (stop_requested())
        end_wait_for_bytes();
    errno = saved;
}

static void
install(int signal_number, void (*handler)(int))
{
    /* Without SA_RESTART, because an interrupted wait must return. */
    struct sigaction action = {.sa_handler = handler};

    sigfillset(&action.sa_mask);
    if (sigaction(signal_number, &action, NULL) == -1)
        die("sigaction");
}

void
stop_on_signals(void)
{
    sigset_t none;

    server = getpid();
    /* Our parent may have left signals blocked, or ignored, as a shell does
     * with SIGINT for a job in the background (POSIX.1-2017, 2.11).
     * pthread_sigmask fails only for a wrong first argument. */
    sigemptyset(&none);
    (void)pthread_sigmask(SIG_SETMASK, &none, NULL);
    install(SIGINT, handle_request);
    install(SIGTERM, handle_request);
    install(SIGNAL_PASSED_ON, handle_passed_on);
}

bool
stop_requested(void)
{
    return atomic_load(&request) != 0;
}

void
stop_wait(void)
{
    sigset_t none;

    sigemptyset(&none);
    stop_hold(); /* so that no request comes between the look and the wait */
    while (!stop_requested())
        (void)sigsuspend(&none); /* returns after each signal, always -1 */
    stop_release();
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
        end_all_waits();
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
    /* select, poll, epoll_wait and io_uring_enter would not notice the other
     * socket.  The signal interrupts them, and if one of them begins a moment
     * later, the alarm does. */
    alarms = true;
    install(SIGALRM, on_alarm);
    stand_in = socket(AF_INET, SOCK_STREAM, 0);
    if (stand_in == -1)
        die("socket");
    if ((fcntl(listener, F_GETFL) & O_NONBLOCK) == 0)
        left = listener;
    if (stop_requested()) /* before this call */
        end_all_waits();
}

void
stop_drains(int fd)
{
    atomic_store(&drained, fd);
    if (stop_requested()) /* before this call */
        end_all_waits();
}

void
stop_follow(void)
{
    int none = 0;

    atomic_compare_exchange_strong(&request, &none, SIGTERM);
}

void
stop_arm(int fd)
{
    atomic_store(&armed, fd);
    if (stop_requested())
        end_wait_for_bytes();
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
stop_in_child(void)
{
    in_child = true;
    atomic_store(&listener_count, 0);
    if (system_end_with_parent(server) == -1) {
        if (errno != ESRCH)
            die("cannot end with the parent");
        _exit(EXIT_FAILURE); /* the parent has ended already */
    }
    stop_release();
}

void
stop_threads(const pthread_t threads[], int count)
{
    for (int i = 0; i < count; i++)
        /* It fails only for a thread that has ended (pthread_kill(3)). */
        (void)pthread_kill(threads[i], SIGNAL_PASSED_ON);
    for (int i = 0; i < count; i++)
        /* It fails only for a thread that was joined or detached before. */
        (void)pthread_join(threads[i], NULL);
}
