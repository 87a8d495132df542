#define _GNU_SOURCE /* pipe2 */

#include "client/target/server_process.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
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

#define LOOK_MS   2    /* how often a server is looked at that is to listen */
#define SAID_LEN  4096 /* in which it says where it listens */
#define QUOTE_LEN 100  /* of what a server said */

static sigset_t signals_before;
static struct rlimit descriptors_before; /* before any more were asked for */

void
server_process_prepare(void)
{
    struct sigaction no_action = {.sa_handler = SIG_DFL};
    sigset_t child;

    /* Ignored by whoever started us, children would leave no status. */
    if (sigaction(SIGCHLD, &no_action, NULL) == -1)
        die("sigaction");

    /* SIGCHLD is waited for, with a time limit, by sigtimedwait. */
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &child, &signals_before) == -1)
        die("sigprocmask");
    if (getrlimit(RLIMIT_NOFILE, &descriptors_before) == -1)
        die("getrlimit");
    process_tree_remember_children();
    /* Descendants whose parent ends become children of this process, which can
     * find and end them then (prctl(2)). */
    if (!process_adopt_orphans())
        die("prctl");
}

/* Finds a port that nobody uses now. */
static int
choose_port(char port[SERVER_PROCESS_PORT_MAX])
{
    struct sockaddr_in addr = {.sin_family = AF_INET};
    socklen_t len = sizeof(addr);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd == -1)
        return -1;
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) == -1 ||
        getsockname(fd, (struct sockaddr *)&addr, &len) == -1) {
        close(fd);
        return -1;
    }
    close(fd);
    snprintf(port, SERVER_PROCESS_PORT_MAX, "%d", ntohs(addr.sin_port));
    return 0;
}

/* Becomes the server; if that fails, writes why to report_fd. */
static _Noreturn void
become(char *const *words, int out_fd, int log_fd, int report_fd, pid_t parent)
{
    int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int error;

    /* Both ignored here, and that would be inherited. */
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
    if (null_fd == -1 || setpgid(0, 0) == -1 ||
        setrlimit(RLIMIT_NOFILE, &descriptors_before) == -1 ||
        !process_end_with_parent() ||
        sigprocmask(SIG_SETMASK, &signals_before, NULL) == -1 ||
        dup2(null_fd, STDIN_FILENO) == -1 ||
        dup2(out_fd, STDOUT_FILENO) == -1 || dup2(log_fd, STDERR_FILENO) == -1)
        goto out_report;
    /* The parent may have ended before it was to be told of. */
    if (getppid() != parent)
        _exit(EXIT_FAILURE);
    execvp(words[0], words);

out_report:
    error = errno;
    /* If it cannot be written, the parent sees an exit status of 1. */
    (void)!write(report_fd, &error, sizeof(error));
    _exit(EXIT_FAILURE);
}

/* Returns the error that become has reported; 0 at the end of input, for then
 * exec has closed the other end. */
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

/* Waits for a child that is ending. */
static void
reap(pid_t pid, struct server_process_end *end)
{
    while (process_reap(pid, 0, &end->status, &end->use) == -1)
        if (errno != EINTR)
            die("wait4");
}

/* Returns 0 once the server runs, else the error. */
static int
spawn(struct server_process *l)
{
    pid_t parent = getpid();
    int report[2];
    int error = 0;

    if (pipe2(report, O_CLOEXEC) == -1)
        return errno;
    l->pid = fork();
    if (l->pid == 0)
        become(l->words, fileno(l->out), fileno(l->log), report[1], parent);
    if (l->pid == -1)
        error = errno;
    close(report[1]);
    if (l->pid != -1)
        error = read_report(report[0]);
    close(report[0]);
    return error;
}

bool
server_process_ended(const struct server_process *l)
{
    siginfo_t info = {.si_pid = 0};

    if (l->pid == -1)
        return true;
    return waitid(P_PID, (id_t)l->pid, &info, WEXITED | WNOHANG | WNOWAIT) ==
               0 &&
           info.si_pid != 0;
}

/* Reads the port from "listening on ADDRESS port PORT". */
static bool
has_announced(struct server_process *l)
{
    char said[SAID_LEN];
    /* The server's own offset in the file is the same, hence pread. */
    ssize_t n = pread(fileno(l->out), said, sizeof(said) - 1, 0);
    const char *at = said;

    said[n > 0 ? n : 0] = '\0';
    while ((at = strstr(at, "listening on ")) != NULL) {
        if (strchr(at, '\n') != NULL &&
            sscanf(at, "listening on %63s port %5[0-9]", l->address, l->port) ==
                2)
            return true;
        at++;
    }
    return false;
}

static bool
is_ready(struct server_process *l, bool port_chosen)
{
    if (!port_chosen)
        return has_announced(l);
    return process_listens_on((unsigned)strtoul(l->port, NULL, 10));
}

void
server_process_status(char *out, size_t size, int status)
{
    if (WIFSIGNALED(status))
        snprintf(out, size, "signal %d", WTERMSIG(status));
    else
        snprintf(out, size, "exit status %d", WEXITSTATUS(status));
}

/* Returns the first line that the server said on stderr; "" if it said none. */
static void
first_words(const struct server_process *l, char words[QUOTE_LEN])
{
    ssize_t n = pread(fileno(l->log), words, QUOTE_LEN - 1, 0);

    words[n > 0 ? n : 0] = '\0';
    words[strcspn(words, "\n")] = '\0';
    /* They come from elsewhere, and are shown on a terminal. */
    for (char *c = words; *c != '\0'; c++)
        if (!isprint((unsigned char)*c))
            *c = '?';
}

/* Waits until the server listens.  Returns 0, or -1 with the reason in why. */
static int
await(struct server_process *l, bool port_chosen, int stop_fd,
      char why[SERVER_PROCESS_WHY_MAX])
{
    int64_t deadline_ns = clock_now() + SERVER_PROCESS_START_NS;
    struct pollfd stop = {.fd = stop_fd, .events = POLLIN};

    for (;;) {
        bool ended = server_process_ended(l);

        if (!ended && is_ready(l, port_chosen))
            return 0;
        if (ended) {
            snprintf(why, SERVER_PROCESS_WHY_MAX, "ended before it listened");
            return -1;
        }
        if (clock_now() >= deadline_ns) {
            snprintf(why, SERVER_PROCESS_WHY_MAX, "%s within %d s",
                     port_chosen
                         ? "did not listen on its {port}"
                         : "did not say 'listening on ADDRESS port PORT'",
                     (int)(SERVER_PROCESS_START_NS / CLOCK_S));
            return -1;
        }
        if (poll(&stop, 1, LOOK_MS) > 0) {
            snprintf(why, SERVER_PROCESS_WHY_MAX, "interrupted");
            return -1;
        }
    }
}

/* Adds to why how the server ended and what it said. */
static void
explain(struct server_process *l, const struct server_process_end *end,
        char why[SERVER_PROCESS_WHY_MAX])
{
    char status[32];
    char words[QUOTE_LEN];
    size_t len = strlen(why);

    if (!end->by_itself)
        return;
    server_process_status(status, sizeof(status), end->status);
    first_words(l, words);
    snprintf(why + len, SERVER_PROCESS_WHY_MAX - len, ", %s%s%s", status,
             *words != '\0' ? ": " : "", words);
}

/* Makes a file for what the server says. */
static FILE *
open_file(void)
{
    FILE *file = tmpfile();

    /* The server gets it as 1 or 2, and as nothing else. */
    if (file == NULL || fcntl(fileno(file), F_SETFD, FD_CLOEXEC) == -1 ||
        fcntl(fileno(file), F_SETFL, O_APPEND) == -1)
        die("cannot make a file for what the server says");
    return file;
}

int
server_process_start(struct server_process *l, const char *text,
                     const char *delay, const char *cpu, int stop_fd,
                     char why[SERVER_PROCESS_WHY_MAX])
{
    bool port_chosen = command_takes_port(text);
    struct command_terms terms = {.port = l->port, .delay = delay, .cpu = cpu};
    struct server_process_end end = {.status = 0};
    int error;

    *l = (struct server_process){
        .pid = -1, .stop_fd = stop_fd, .address = "127.0.0.1", .port = "0"};
    if (port_chosen && choose_port(l->port) == -1)
        die("cannot find a free port");
    l->words = command_words(text, &terms);
    if (l->words == NULL && errno != EINVAL)
        die("memory for a command");
    if (l->words == NULL) {
        snprintf(why, SERVER_PROCESS_WHY_MAX, "there is no command");
        return -1;
    }
    l->log = open_file();
    l->out = open_file();
    error = spawn(l);
    if (error != 0) {
        snprintf(why, SERVER_PROCESS_WHY_MAX, "cannot be started: %.100s: %s",
                 l->words[0], strerror(error));
        if (l->pid != -1)
            reap(l->pid, &end);
        l->pid = -1;
        return -1;
    }
    if (await(l, port_chosen, stop_fd, why) == 0)
        return 0;
    end = server_process_stop(l, SERVER_PROCESS_HURRY_NS);
    explain(l, &end, why);
    return -1;
}

bool
server_process_await_end(const struct server_process *l, int64_t patience_ns)
{
    int64_t deadline_ns = clock_now() + patience_ns;
    struct pollfd stop = {.fd = l->stop_fd, .events = POLLIN};
    sigset_t child;

    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    while (!server_process_ended(l)) {
        int64_t left_ns = deadline_ns - clock_now();
        struct timespec left = {
            .tv_sec = (time_t)(left_ns / CLOCK_S),
            .tv_nsec = (long)(left_ns % CLOCK_S),
        };

        if (left_ns <= 0)
            return false;
        /* Somebody waits for that. */
        if (left_ns > SERVER_PROCESS_HURRY_NS && poll(&stop, 1, 0) > 0) {
            deadline_ns = clock_now() + SERVER_PROCESS_HURRY_NS;
            continue;
        }
        /* A signal, SIGCHLD or another, or the time: the loop looks. */
        (void)sigtimedwait(&child, NULL, &left);
    }
    return true;
}

struct server_process_end
server_process_stop(struct server_process *l, int64_t patience_ns)
{
    struct server_process_end end = {.by_itself = server_process_ended(l)};

    /* To kill, -1 is everybody. */
    if (l->pid == -1)
        return end;
    if (!end.by_itself) {
        /* It can only fail because it has ended, and then it is a zombie. */
        (void)kill(l->pid, SIGTERM);
        end.killed = !server_process_await_end(l, patience_ns);
    }
    /* All that are left of its group: as long as it is not reaped, no other
     * group can have that number. */
    (void)kill(-l->pid, SIGKILL);
    /* It may have left that group. */
    (void)kill(l->pid, SIGKILL);
    if (!server_process_await_end(l, SERVER_PROCESS_STOP_NS)) {
        /* It may not be killed: it has become somebody else's. */
        end.killed = end.stubborn = true;
        l->pid = -1;
        return end;
    }
    reap(l->pid, &end);
    end.stubborn =
        !process_tree_end_strangers(SERVER_PROCESS_STOP_NS, &end.use);
    l->pid = -1;
    return end;
}

void
server_process_close(struct server_process *l)
{
    if (l->log != NULL)
        fclose(l->log);
    if (l->out != NULL)
        fclose(l->out);
    free(l->words);
}
