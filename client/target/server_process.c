#define _GNU_SOURCE /* pipe2, strcasestr */

#include "client/target/server_process.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "client/draw/text.h"
#include "client/target/command.h"
#include "client/target/listener.h"
#include "client/target/process.h"
#include "client/target/process_tree.h"
#include "common/clock.h"
#include "common/log.h"

#define QUOTE_LEN   120  /* of stderr, to say why a server has ended */
#define TAIL_LEN    8192 /* of stderr, where that is looked for */
#define STATUS_LEN  80
#define PROGRAM_LEN 80 /* of a name that cannot be started */
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

/* --- starting a program --------------------------------------------------- */

/* Makes a file for one of the server's streams, which inherits it only as
 * stdout or stderr.  It is in memory, since a folder for it may be full or
 * missing. */
static FILE *
open_file(void)
{
    int fd = process_memory_file();
    FILE *file = fd != -1 ? fdopen(fd, "w+") : NULL;

    if (file == NULL || fcntl(fd, F_SETFL, O_APPEND) == -1)
        die("cannot make a file for the server's output");
    return file;
}

/* In the child: limits the size of files, among them those in memory that get
 * the server's output. */
static bool
limit_output(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_FSIZE, &limit) == -1)
        return false;
    if (limit.rlim_cur > SERVER_PROCESS_OUTPUT_MAX)
        limit.rlim_cur = SERVER_PROCESS_OUTPUT_MAX;
    return setrlimit(RLIMIT_FSIZE, &limit) == 0;
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
           limit_output() && process_end_with_parent() &&
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

void
server_process_limit_start(int64_t ns)
{
    start_limit_ns = ns;
}

bool
server_process_last_words(const struct server_process *s, char *words,
                          size_t size)
{
    static const char *const causes[] = {"error",  "exception", "panic",
                                         "fatal",  "fail",      "cannot",
                                         "denied", "in use"};
    char tail[TAIL_LEN + 1];
    off_t end = lseek(fileno(s->log), 0, SEEK_END);
    off_t begin = end > TAIL_LEN ? end - TAIL_LEN : 0;
    /* The server and this program share the file's offset, hence pread. */
    ssize_t len = pread(fileno(s->log), tail, TAIL_LEN, begin);
    const char *best = "";
    bool names_cause = false;

    tail[len > 0 ? len : 0] = '\0';
    for (char *line = strtok(tail, "\n"); line != NULL;
         line = strtok(NULL, "\n")) {
        bool is_cause = false;

        for (size_t i = 0; i < sizeof(causes) / sizeof(*causes); i++)
            is_cause = is_cause || strcasestr(line, causes[i]) != NULL;
        /* Lines that are indented tell where in the program that was; those of
         * our own log are, too. */
        if (!isspace((unsigned char)*line) && (is_cause || !names_cause) &&
            strstr(line, "--help") == NULL) {
            best = line;
            names_cause = is_cause;
        }
    }
    text_visible(words, size, best, strlen(best));
    return *words != '\0';
}

void
server_process_status(char *out, size_t size, int status)
{
    if (WIFSIGNALED(status))
        snprintf(out, size, "signal %d%s", WTERMSIG(status),
                 WTERMSIG(status) == SIGXFSZ
                     ? " (it wrote more than 256 MiB to a file or as output)"
                     : "");
    else
        snprintf(out, size, "exit status %d", WEXITSTATUS(status));
}

/* Adds to why how the server has ended, and what it said about that. */
static void
add_end(char why[SERVER_PROCESS_WHY_MAX], const struct server_process *s,
        int status)
{
    char words[STATUS_LEN];
    char quote[QUOTE_LEN];
    size_t len = strlen(why);

    server_process_status(words, sizeof(words), status);
    len += (size_t)text_print(why + len, SERVER_PROCESS_WHY_MAX - len, ", %s",
                              words);
    if (server_process_last_words(s, quote, sizeof(quote)))
        text_print(why + len, SERVER_PROCESS_WHY_MAX - len, ": %s", quote);
}

/* Returns whether the first len bytes of a text are the path of a program. */
static bool
is_program(const char *text, size_t len)
{
    char *path = strndup(text, len);
    struct stat st;
    bool is = path != NULL && stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
              access(path, X_OK) == 0;

    free(path);
    return is;
}

/* Returns whether several words of a text are the path of a program. */
static bool
has_blank_in_path(const char *text)
{
    size_t len = strcspn(text, " ");

    while (text[len] != '\0') {
        len += 1 + strcspn(text + len + 1, " ");
        if (is_program(text, len))
            return true;
    }
    return false;
}

/* Returns what may be wrong with a command whose program cannot be started. */
static const char *
hint(const char *text, const char *program)
{
    size_t len;

    if (has_blank_in_path(command_program(text, &len)))
        return "; write '\\ ' for a blank that is part of a name";
    if (strchr(program, ' ') != NULL &&
        is_program(program, strcspn(program, " ")))
        return "; give each word as an argument of its own";
    if (*program == '-')
        return "; options must come before the servers";
    if (text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789")] == '=')
        return "; NAME= is a label here, write env NAME=... for a variable";
    return "";
}

int
server_process_start_at(struct server_process *s, const char *text,
                        const char *port, const char *delay, const char *cpu,
                        int stop_fd, char why[SERVER_PROCESS_WHY_MAX])
{
    bool port_chosen = command_takes_port(text);
    struct command_terms terms = {.port = s->port, .delay = delay, .cpu = cpu};
    struct server_process_end end;
    char program[PROGRAM_LEN];
    int error;

    *s =
        (struct server_process){.pid = -1, .stop_fd = stop_fd, .port_lock = -1};
    snprintf(s->port, sizeof(s->port), "%s", port);
    s->words = command_words(text, &terms);
    if (s->words == NULL) {
        snprintf(why, SERVER_PROCESS_WHY_MAX, "there is no command");
        return -1;
    }
    s->log = open_file();
    s->out = open_file();
    error = spawn(s);
    if (error != 0) {
        text_visible(program, sizeof(program), s->words[0],
                     strlen(s->words[0]));
        text_print(why, SERVER_PROCESS_WHY_MAX, "cannot be started: %s: %s%s",
                   program, strerror(error), hint(text, s->words[0]));
        return -1;
    }
    if (listener_await(s, port_chosen, start_limit_ns, why) == 0)
        return 0;
    end = server_process_stop(s, SERVER_PROCESS_HURRY_NS);
    if (end.by_itself)
        add_end(why, s, end.status);
    return -1;
}

int
server_process_start(struct server_process *s, const char *text,
                     const char *delay, const char *cpu, int stop_fd,
                     char why[SERVER_PROCESS_WHY_MAX])
{
    char port[SERVER_PROCESS_PORT_MAX] = "0";
    int lock = command_takes_port(text) ? listener_choose_port(port) : -1;
    int result =
        server_process_start_at(s, text, port, delay, cpu, stop_fd, why);

    s->port_lock = lock;
    return result;
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
    if (s->port_lock != -1)
        close(s->port_lock);
    free(s->words);
}
