#define _GNU_SOURCE /* pipe2 */

#include "client/target/server_process.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "client/target/command.h"
#include "client/target/process.h"
#include "client/target/process_tree.h"
#include "common/clock.h"
#include "common/log.h"

#define LOOK_MAX_MS 500  /* between two looks whether the server listens */
#define OUTPUT_LEN  4096 /* the announcement is in the first bytes of stdout */
#define QUOTE_LEN   100  /* of stderr, to say why a server has ended */
#define STATUS_LEN  32
#define MARK_LEN    64

static int64_t start_limit_ns = SERVER_PROCESS_START_NS;
static struct rlimit descriptors_before; /* the limit before it was raised */

/* A variable in the environment of the server and its descendants. */
static char mark[MARK_LEN];

void
server_process_prepare(void)
{
    struct sigaction no_action = {.sa_handler = SIG_DFL};
    sigset_t child;

    /* A process that ignores SIGCHLD gets no status of its children, and it may
     * have inherited that. */
    if (sigaction(SIGCHLD, &no_action, NULL) == -1)
        die("sigaction");
    /* It is blocked, because sigtimedwait waits for it. */
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &child, NULL) == -1)
        die("sigprocmask");
    if (getrlimit(RLIMIT_NOFILE, &descriptors_before) == -1)
        die("getrlimit");
    snprintf(mark, sizeof(mark), "STARTED_BY_%d=%lld", (int)getpid(),
             (long long)clock_now());
    if (!process_can_look())
        log_error("/proc does not show the processes, so what is learned from "
                  "it is not known: memory, CPU time, processes left behind");
    if (!process_adopt_orphans())
        die("prctl");
}

/* Writes a message into why, and returns -1. */
static int __attribute__((format(printf, 2, 3)))
fail(char why[SERVER_PROCESS_WHY_MAX], const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(why, SERVER_PROCESS_WHY_MAX, format, args);
    va_end(args);
    return -1;
}

/* --- starting a program --------------------------------------------------- */

/* Writes a port that no socket uses now. */
static int
choose_port(char port[SERVER_PROCESS_PORT_MAX])
{
    struct sockaddr_in addr = {.sin_family = AF_INET};
    socklen_t len = sizeof(addr);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int result = -1;

    if (fd == -1)
        return -1;
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) == 0 &&
        getsockname(fd, (struct sockaddr *)&addr, &len) == 0)
        result = 0;
    close(fd);
    snprintf(port, SERVER_PROCESS_PORT_MAX, "%d", ntohs(addr.sin_port));
    return result;
}

/* Makes a file for one of the server's streams. */
static FILE *
open_file(void)
{
    FILE *file = tmpfile();

    /* The server inherits it only as stdout or stderr. */
    if (file == NULL || fcntl(fileno(file), F_SETFD, FD_CLOEXEC) == -1 ||
        fcntl(fileno(file), F_SETFL, O_APPEND) == -1)
        die("cannot make a file for the server's output");
    return file;
}

/* In the child: gives the server what it starts with.  Returns false with errno
 * set if that fails. */
static bool
set_up(const struct server_process *s)
{
    int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    sigset_t none;

    /* A program inherits which signals are blocked and ignored, here and in the
     * shell that started this program.  It fails for SIGKILL and a few others,
     * which cannot be ignored. */
    for (int number = 1; number <= SIGRTMAX; number++)
        (void)signal(number, SIG_DFL);
    sigemptyset(&none);
    return null_fd != -1 && setsid() != -1 && putenv(mark) == 0 &&
           setrlimit(RLIMIT_NOFILE, &descriptors_before) == 0 &&
           process_end_with_parent() &&
           sigprocmask(SIG_SETMASK, &none, NULL) == 0 &&
           dup2(null_fd, STDIN_FILENO) != -1 &&
           dup2(fileno(s->out), STDOUT_FILENO) != -1 &&
           dup2(fileno(s->log), STDERR_FILENO) != -1;
}

/* In the child: runs the server.  If that fails, writes errno to report_fd. */
static _Noreturn void
run_server(const struct server_process *s, pid_t parent, int report_fd)
{
    int error;

    if (set_up(s)) {
        /* A parent that ended before process_end_with_parent kills nobody. */
        if (getppid() != parent)
            _exit(EXIT_FAILURE);
        execvp(s->words[0], s->words);
    }
    error = errno;
    /* If this fails, the parent sees an exit status of 1. */
    (void)!write(report_fd, &error, sizeof(error));
    _exit(EXIT_FAILURE);
}

/* Returns the errno that run_server has written.  If it runs the server, exec
 * closes its end of the pipe, so that there is nothing to read, and it is 0. */
static int
read_report(int fd)
{
    int error = 0;
    ssize_t n;

    do
        n = read(fd, &error, sizeof(error));
    while (n == -1 && errno == EINTR);
    return n > 0 ? error : 0;
}

/* Waits for the server, which has ended. */
static void
reap(struct server_process *s, struct server_process_end *end)
{
    while (process_reap(s->pid, 0, &end->status, &end->use) == -1)
        if (errno != EINTR)
            die("wait4");
    s->pid = -1;
}

/* Starts the program in a child.  Returns 0, or the errno of what failed. */
static int
spawn(struct server_process *s)
{
    struct server_process_end end = {.status = 0};
    pid_t parent = getpid();
    int report[2];
    int error;

    if (pipe2(report, O_CLOEXEC) == -1)
        return errno;
    s->pid = fork();
    if (s->pid == 0)
        run_server(s, parent, report[1]);
    error = s->pid == -1 ? errno : 0;
    process_tree_claim(s->pid, mark);
    close(report[1]);
    if (s->pid != -1) {
        error = read_report(report[0]);
        if (error != 0)
            reap(s, &end);
    }
    close(report[0]);
    return error;
}

/* --- until it listens ----------------------------------------------------- */

/* Reads address and port from "listening on ADDRESS port PORT".  Returns false
 * if that line has not been written yet. */
static bool
has_announced(struct server_process *s, char address[PROCESS_ADDRESS_MAX])
{
    char output[OUTPUT_LEN];
    /* The server and this program share the file's offset, hence pread. */
    ssize_t n = pread(fileno(s->out), output, sizeof(output) - 1, 0);
    const char *at = output;

    output[n > 0 ? n : 0] = '\0';
    for (; (at = strstr(at, "listening on ")) != NULL; at++)
        if (strchr(at, '\n') != NULL &&
            sscanf(at, "listening on %63s port %7[0-9]", address, s->port) == 2)
            return true;
    return false;
}

/* Returns whether this machine has the IPv6 address ::1.  Containers often have
 * none, but a socket can listen on :: there. */
static bool
has_ipv6(void)
{
    struct sockaddr_in6 addr = {.sin6_family = AF_INET6,
                                .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool has =
        fd != -1 && bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) == 0;

    if (fd != -1)
        close(fd);
    return has;
}

/* Finds out where to connect to a server that listens on address.  Returns 0,
 * or -1 with the reason in why. */
static int
find_address(struct server_process *s, const char *address,
             char why[SERVER_PROCESS_WHY_MAX])
{
    long port = strtol(s->port, NULL, 10);
    char reason[ADDRESS_WHY_MAX];
    const char *host = address;

    if (port < 1 || port > UINT16_MAX)
        return fail(why, "announced port %s, but ports are from 1 to 65535",
                    s->port);
    if (strcmp(address, "0.0.0.0") == 0)
        host = "127.0.0.1";
    else if (strcmp(address, "::") == 0)
        host = has_ipv6() ? "::1" : "127.0.0.1";
    if (address_find(&s->to, host, s->port, reason))
        return 0;
    return fail(why, "announced the address '%s': %.60s", address, reason);
}

/* Returns how long to pause before the next look whether the server listens.
 * To look costs CPU time, some milliseconds where the kernel has a large table
 * of sockets.  So the pause grows with the time that the server has taken: the
 * listener is found at most a quarter later than it could be. */
static int
look_pause_ms(int64_t waited_ns)
{
    int64_t pause_ms = 1 + waited_ns / CLOCK_MS / 4;

    return (int)(pause_ms < LOOK_MAX_MS ? pause_ms : LOOK_MAX_MS);
}

void
server_process_limit_start(int64_t ns)
{
    start_limit_ns = ns;
}

/* Waits until the server listens.  Returns 0, or -1 with the reason in why. */
static int
await_listener(struct server_process *s, bool port_chosen,
               char why[SERVER_PROCESS_WHY_MAX])
{
    int64_t began_ns = clock_now();
    struct pollfd stop = {.fd = s->stop_fd, .events = POLLIN};
    unsigned port = (unsigned)strtoul(s->port, NULL, 10);
    char address[PROCESS_ADDRESS_MAX];

    for (;;) {
        int64_t waited_ns;

        if (server_process_ended(s))
            return fail(why, "ended before it listened");
        if (port_chosen ? process_listens_on(port, address)
                        : has_announced(s, address))
            return find_address(s, address, why);
        waited_ns = clock_now() - began_ns;
        if (waited_ns >= start_limit_ns)
            return fail(why, "%s within %d s",
                        port_chosen
                            ? "did not listen on its {port}"
                            : "did not print 'listening on ADDRESS port PORT'",
                        (int)(start_limit_ns / CLOCK_S));
        if (poll(&stop, 1, look_pause_ms(waited_ns)) > 0)
            return fail(why, "interrupted");
    }
}

void
server_process_status(char *out, size_t size, int status)
{
    if (WIFSIGNALED(status))
        snprintf(out, size, "signal %d", WTERMSIG(status));
    else
        snprintf(out, size, "exit status %d", WEXITSTATUS(status));
}

/* Adds to why how the server has ended, and the first line of its stderr. */
static void
add_last_words(char why[SERVER_PROCESS_WHY_MAX], const struct server_process *s,
               int status)
{
    char words[STATUS_LEN];
    char quote[QUOTE_LEN];
    ssize_t n = pread(fileno(s->log), quote, QUOTE_LEN - 1, 0);
    size_t len = strlen(why);

    quote[n > 0 ? n : 0] = '\0';
    quote[strcspn(quote, "\n")] = '\0';
    /* The server could write what changes the settings of a terminal. */
    for (char *c = quote; *c != '\0'; c++)
        if (!isprint((unsigned char)*c))
            *c = '?';
    server_process_status(words, sizeof(words), status);
    snprintf(why + len, SERVER_PROCESS_WHY_MAX - len, ", %s%s%s", words,
             *quote != '\0' ? ": " : "", quote);
}

int
server_process_start_at(struct server_process *s, const char *text,
                        const char *port, const char *delay, const char *cpu,
                        int stop_fd, char why[SERVER_PROCESS_WHY_MAX])
{
    bool port_chosen = command_takes_port(text);
    struct command_terms terms = {.port = s->port, .delay = delay, .cpu = cpu};
    struct server_process_end end;
    int error;

    *s = (struct server_process){.pid = -1, .stop_fd = stop_fd};
    snprintf(s->port, sizeof(s->port), "%s", port);
    s->words = command_words(text, &terms);
    if (s->words == NULL)
        return fail(why, "there is no command");
    s->log = open_file();
    s->out = open_file();
    error = spawn(s);
    if (error != 0)
        return fail(why, "cannot be started: %.100s: %s", s->words[0],
                    strerror(error));
    if (await_listener(s, port_chosen, why) == 0)
        return 0;
    end = server_process_stop(s, SERVER_PROCESS_HURRY_NS);
    if (end.by_itself)
        add_last_words(why, s, end.status);
    return -1;
}

int
server_process_start(struct server_process *s, const char *text,
                     const char *delay, const char *cpu, int stop_fd,
                     char why[SERVER_PROCESS_WHY_MAX])
{
    char port[SERVER_PROCESS_PORT_MAX] = "0";

    if (command_takes_port(text) && choose_port(port) == -1)
        die("cannot find a free port");
    return server_process_start_at(s, text, port, delay, cpu, stop_fd, why);
}

void
server_process_ask(char **words, char *answer, size_t size)
{
    struct server_process s = {.pid = -1, .stop_fd = -1, .words = words};
    ssize_t n = 0;

    s.log = open_file();
    s.out = open_file();
    if (spawn(&s) == 0) {
        (void)server_process_await_end(&s, SERVER_PROCESS_ASK_NS);
        (void)server_process_stop(&s, 0);
        n = pread(fileno(s.out), answer, size - 1, 0);
    }
    answer[n > 0 ? n : 0] = '\0';
    fclose(s.log);
    fclose(s.out);
}

/* --- until it has ended --------------------------------------------------- */

bool
server_process_ended(const struct server_process *s)
{
    siginfo_t info = {.si_pid = 0};

    return s->pid == -1 || (waitid(P_PID, (id_t)s->pid, &info,
                                   WEXITED | WNOHANG | WNOWAIT) == 0 &&
                            info.si_pid != 0);
}

bool
server_process_await_end(const struct server_process *s, int64_t patience_ns)
{
    int64_t deadline_ns = clock_now() + patience_ns;
    struct pollfd stop = {.fd = s->stop_fd, .events = POLLIN};
    sigset_t child;

    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    while (!server_process_ended(s)) {
        int64_t left_ns = deadline_ns - clock_now();
        struct timespec left = {
            .tv_sec = (time_t)(left_ns / CLOCK_S),
            .tv_nsec = (long)(left_ns % CLOCK_S),
        };

        if (left_ns <= 0)
            return false;
        /* After Ctrl-C, a person waits for the end of this program. */
        if (left_ns > SERVER_PROCESS_HURRY_NS && poll(&stop, 1, 0) > 0)
            deadline_ns = clock_now() + SERVER_PROCESS_HURRY_NS;
        else
            (void)sigtimedwait(&child, NULL, &left);
    }
    return true;
}

struct server_process_end
server_process_stop(struct server_process *s, int64_t patience_ns)
{
    struct server_process_end end = {.by_itself = server_process_ended(s)};

    if (s->pid == -1)
        return end;
    if (!end.by_itself) {
        /* This fails only if the server has just become a zombie. */
        (void)kill(s->pid, SIGTERM);
        end.killed = !server_process_await_end(s, patience_ns);
    }
    /* Kill the rest of its group, too.  The number cannot be that of another
     * group, since the server has not been reaped yet. */
    (void)kill(-s->pid, SIGKILL);
    /* The server may have left its group. */
    (void)kill(s->pid, SIGKILL);
    if (!server_process_await_end(s, SERVER_PROCESS_STOP_NS)) {
        /* It now runs as another user, so this program may not kill it. */
        end.killed = end.stubborn = true;
        s->pid = -1;
        return end;
    }
    reap(s, &end);
    end.stubborn = !process_tree_end_orphans(SERVER_PROCESS_STOP_NS, &end.use);
    return end;
}

void
server_process_close(struct server_process *s)
{
    if (s->log != NULL)
        fclose(s->log);
    if (s->out != NULL)
        fclose(s->out);
    free(s->words);
}
