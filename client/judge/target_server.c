#include "client/judge/target_server.h"

#include <ctype.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/judge/watch.h"
#include "client/target/process.h"
#include "client/target/process_tree.h"
#include "common/clock.h"

/* For a server that is not needed any more. */
#define STOP_NS         (100 * CLOCK_MS)
#define LIMIT_NS        (2 * CLOCK_S)
#define LIMIT_TIMES     20
#define SILENCE_NS      (150 * CLOCK_MS)
#define SILENCE_TIMES   5
#define SILENCE_MOST    2
#define SILENCE_LONG_NS (600 * CLOCK_MS)
#define LOAD_MAX        6 /* with a larger load nothing is waited for longer */
#define STEADY_NS       (20 * CLOCK_MS) /* without new processes, and a part */
#define STEADY_PART     4               /* of what it took to listen */
#define STEADY_MAX_NS   (2 * CLOCK_S)
#define JVM_STATUS      (128 + SIGTERM)
#define PLACES_MAX      16 /* as good as any number */

static void
take_address(struct target_server *s, const struct address_list *list)
{
    const struct address *chosen = address_choose(list);

    s->to = chosen->to;
    s->to_len = chosen->to_len;
}

bool
target_server_meet(struct target_server *s, const char *host, const char *port,
                   char why[SERVER_PROCESS_WHY_MAX])
{
    struct address_list list;

    if (!address_find(&list, host, port, why))
        return false;
    take_address(s, &list);
    return true;
}

/* Tells whether the process pid, or one below it, runs a program of this name,
 * with or without a version behind it, as in "python3.11". */
static bool
runs(pid_t pid, const char *name)
{
    size_t len = strlen(name);
    struct process_tree t;
    char path[PATH_MAX];

    process_tree_list(&t, pid);
    for (int i = 0; i < t.count; i++) {
        const char *slash = process_program(t.pids[i], path, sizeof(path))
                                ? strrchr(path, '/')
                                : NULL;

        if (slash != NULL && strncmp(slash + 1, name, len) == 0 &&
            !isalpha((unsigned char)slash[1 + len]))
            return true;
    }
    return false;
}

static int
start_at(struct target_server *s, const char *port, const char *delay,
         const char *cpu, char why[SERVER_PROCESS_WHY_MAX])
{
    int64_t began_ns = clock_now();
    int result = port == NULL
                     ? server_process_start(&s->process, s->command, delay, cpu,
                                            s->stop_fd, why)
                     : server_process_start_at(&s->process, s->command, port,
                                               delay, cpu, s->stop_fd, why);

    if (result == -1) {
        server_process_close(&s->process);
        return -1;
    }
    s->pid = s->process.pid;
    /* A server that needed long to start may need long for its workers, too. */
    process_tree_await_steady(
        s->pid, STEADY_NS + (clock_now() - began_ns) / STEADY_PART,
        STEADY_MAX_NS);
    s->is_java = runs(s->pid, "java");
    s->counts_references = runs(s->pid, "python") || runs(s->pid, "perl") ||
                           runs(s->pid, "php") || runs(s->pid, "tclsh");
    take_address(s, &s->process.to);
    return 0;
}

int
target_server_start(struct target_server *s, const char *delay, const char *cpu,
                    char why[SERVER_PROCESS_WHY_MAX])
{
    if (s->command == NULL)
        return 0;
    return start_at(s, NULL, delay != NULL ? delay : s->delay,
                    cpu != NULL ? cpu : "0", why);
}

int
target_server_start_again(struct target_server *s,
                          char why[SERVER_PROCESS_WHY_MAX])
{
    char port[SERVER_PROCESS_PORT_MAX];

    memcpy(port, s->process.port, sizeof(port));
    target_server_stop(s);
    return start_at(s, port, s->delay, "0", why);
}

int64_t
target_server_stop_within(struct target_server *s, int64_t patience_ns)
{
    int64_t began_ns = clock_now();

    if (s->command == NULL || s->pid == 0)
        return 0;
    (void)server_process_stop(&s->process, patience_ns);
    server_process_close(&s->process);
    s->pid = 0;
    return clock_now() - began_ns;
}

void
target_server_stop(struct target_server *s)
{
    (void)target_server_stop_within(s, STOP_NS);
}

bool
target_server_lives(const struct target_server *s)
{
    if (s->command != NULL)
        return !server_process_ended(&s->process);
    return s->pid == 0 || kill(s->pid, 0) == 0;
}

/* Returns " (SIGPIPE)" for the signals that end a server by a mistake in it, ""
 * for others. */
static const char *
signal_name(int number)
{
    static const struct {
        int number;
        const char *name;
    } names[] = {
        {SIGABRT, " (SIGABRT)"}, {SIGBUS, " (SIGBUS)"},
        {SIGFPE, " (SIGFPE)"},   {SIGILL, " (SIGILL)"},
        {SIGKILL, " (SIGKILL)"}, {SIGPIPE, " (SIGPIPE)"},
        {SIGSEGV, " (SIGSEGV)"}, {SIGTERM, " (SIGTERM)"},
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (names[i].number == number)
            return names[i].name;
    return "";
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
    if (info.si_code == CLD_EXITED)
        snprintf(words, TARGET_SERVER_WORDS_MAX, "exit status %d",
                 info.si_status);
    else
        snprintf(words, TARGET_SERVER_WORDS_MAX, "signal %d%s", info.si_status,
                 signal_name(info.si_status));
    return info.si_code == CLD_EXITED &&
           (info.si_status == 0 ||
            (s->is_java && info.si_status == JVM_STATUS));
}

void
target_server_last_words(const struct target_server *s,
                         char words[TARGET_SERVER_END_MAX])
{
    words[0] = '\0';
    if (s->command != NULL && s->pid != 0)
        (void)server_process_last_words(&s->process, words,
                                        TARGET_SERVER_END_MAX);
}

void
target_server_set_limits(struct target_server *s)
{
    s->load = process_load() / process_cores().time;
    if (s->load < 1)
        s->load = 1;
    if (s->load > LOAD_MAX)
        s->load = LOAD_MAX;
    s->limit_ns = LIMIT_NS + LIMIT_TIMES * s->answer_ns;
    s->silence_ns = SILENCE_NS + SILENCE_TIMES * s->answer_ns;
    /* Most of a long time is a fixed delay, which varies little. */
    if (s->silence_ns > SILENCE_MOST * s->answer_ns + SILENCE_LONG_NS)
        s->silence_ns = SILENCE_MOST * s->answer_ns + SILENCE_LONG_NS;
}

int64_t
target_server_patience(const struct target_server *s, int64_t ns)
{
    return s->load > 1 ? (int64_t)(s->load * (double)ns) : ns;
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
    watch_waited(end_ns);
    return true;
}

int64_t
target_server_descriptors(const struct target_server *s)
{
    return s->pid == 0 ? -1 : process_tree_descriptors(s->pid);
}

static unsigned
port_of(const struct target_server *s)
{
    /* The port is at the same place in addresses of both families. */
    const struct sockaddr_in *to = (const void *)&s->to;

    return ntohs(to->sin_port);
}

int
target_server_listeners(const struct target_server *s)
{
    return process_listeners(port_of(s));
}

bool
target_server_listens(const struct target_server *s, pid_t pid)
{
    return process_listening_port(pid, port_of(s)) != 0;
}

int
target_server_places(const struct target_server *s)
{
    int at_once = s->model.at_once;

    if (s->model.mixes_up)
        return PLACES_MAX; /* how many it answers says nothing */
    if (at_once < 1 || (s->model.bounded && target_server_listeners(s) > 1))
        return 1;
    return at_once < PLACES_MAX ? at_once : PLACES_MAX;
}
