#include "client/judge/target_server.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "client/target/process_tree.h"
#include "common/clock.h"
#include "common/net.h"

#define STOP_NS    (2 * CLOCK_S) /* for a server that is not needed any more */
#define JVM_STATUS (128 + SIGTERM)
#define PLACES_MAX 16 /* as good as any number */

int
target_server_start(struct target_server *s, const char *delay, const char *cpu,
                    char why[SERVER_PROCESS_WHY_MAX])
{
    if (s->command == NULL)
        return 0;
    if (server_process_start(&s->process, s->command,
                             delay != NULL ? delay : s->delay,
                             cpu != NULL ? cpu : "0", s->stop_fd, why) == -1) {
        server_process_close(&s->process);
        return -1;
    }
    s->pid = s->process.pid;
    s->to_len = net_resolve(s->process.address, s->process.port, &s->to);
    return 0;
}

void
target_server_stop(struct target_server *s)
{
    struct server_process_end end;

    if (s->command == NULL || s->pid == 0)
        return;
    /* One that has not ended in time once is not waited for again. */
    end = server_process_stop(&s->process, s->ignores_stop ? 0 : STOP_NS);
    s->ignores_stop = s->ignores_stop || end.killed;
    server_process_close(&s->process);
    s->pid = 0;
}

bool
target_server_lives(const struct target_server *s)
{
    if (s->command != NULL)
        return !server_process_ended(&s->process);
    return s->pid == 0 || kill(s->pid, 0) == 0;
}

bool
target_server_end(const struct target_server *s,
                  char words[TARGET_SERVER_WORDS_MAX])
{
    siginfo_t info = {.si_pid = 0};

    words[0] = '\0';
    if (s->command == NULL ||
        waitid(P_PID, (id_t)s->pid, &info, WEXITED | WNOHANG | WNOWAIT) == -1 ||
        info.si_pid == 0)
        return false;
    snprintf(
        words, TARGET_SERVER_WORDS_MAX, "%s %d%s",
        info.si_code == CLD_EXITED ? "exit status" : "signal", info.si_status,
        info.si_code != CLD_EXITED && info.si_status == SIGPIPE ? " (SIGPIPE)"
                                                                : "");
    return info.si_code == CLD_EXITED &&
           (info.si_status == 0 || info.si_status == JVM_STATUS);
}

int64_t
target_server_deadline(const struct target_server *s)
{
    return s->deadline_ns > 0 ? s->deadline_ns : CLOCK_NEVER;
}

bool
target_server_pause(const struct target_server *s, int64_t ns)
{
    int64_t end_ns = clock_now() + ns;
    struct pollfd stop = {.fd = s->stop_fd, .events = POLLIN};

    if (end_ns > target_server_deadline(s))
        return false;
    do
        if (poll(&stop, 1, clock_timeout_ms(end_ns)) > 0)
            return false;
    while (clock_now() < end_ns);
    return true;
}

int64_t
target_server_descriptors(const struct target_server *s)
{
    return s->pid == 0 ? -1 : process_tree_descriptors(s->pid);
}

int
target_server_places(const struct target_server *s)
{
    int at_once = s->model.at_once;

    if (at_once < 1)
        return 1;
    return at_once < PLACES_MAX ? at_once : PLACES_MAX;
}
