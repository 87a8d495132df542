#include "common/stop.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/log.h"
#include "common/stop_waits.h"
#include "common/system.h"

#define SIGNAL_PASSED_ON SIGUSR1 /* from the main thread to another thread */

/* What the handler reads.  Each is lock-free, or is written only while the
 * signals are held off or before the handler is installed. */
static atomic_int request; /* the signal; 0: none */
static bool in_child;

static pid_t server; /* the process that the user has started */

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
        stop_waits_end();
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
        stop_waits_end_for_bytes();
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
stop_follow(void)
{
    int none = 0;

    atomic_compare_exchange_strong(&request, &none, SIGTERM);
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
    stop_waits_forget_listeners();
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
