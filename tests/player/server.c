#define _GNU_SOURCE /* prlimit */

#include "tests/player/server.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <regex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "tests/player/case.h"
#include "tests/player/processes.h"

#define BUSY_NS (20 * CLOCK_MS) /* of CPU time */

static struct {
    pid_t pid; /* 0: none has been started */
    bool ended;
    int status;     /* once it has ended: as waitpid gives it */
    int64_t cpu_ns; /* once it has ended: all that it used */
    FILE *out;      /* its standard output */
    char port[6];   /* digits */
    struct sockaddr_storage address;
    socklen_t address_len;
    long descriptors;        /* open once it listens, before any client */
    struct usage mark;       /* what it had used at the last mark */
    long mark_kib;           /* its memory then; 0 before the first mark */
    struct processes family; /* the children it had when last looked at */
} server;

static int log_fd = -1; /* of the file that is the server's standard error */
static char **under;    /* words before the server's own; NULL: none */

static struct {
    bool set;
    bool of_files; /* of their size; otherwise of descriptors */
    struct rlimit value;
} limit;

/* --- starting --------------------------------------------------------------
 */

/* Calls prlimit(2) for the resource of limit; pid 0 is this process. */
static int
change_limit(pid_t pid, const struct rlimit *value, struct rlimit *old)
{
    return prlimit(pid, limit.of_files ? RLIMIT_FSIZE : RLIMIT_NOFILE, value,
                   old);
}

void
server_limit(const char *resource, unsigned long value)
{
    struct rlimit old;

    limit.of_files = strcmp(resource, "file") == 0;
    if (!limit.of_files && strcmp(resource, "descriptors") != 0)
        case_fail("there is no limit '%s'", resource);
    if (change_limit(0, NULL, &old) == -1)
        case_fail("prlimit: %s", strerror(errno));
    if (value > old.rlim_max)
        case_skip("the limit of %s is below %lu", resource, value);
    limit.set = !server_runs();
    limit.value.rlim_cur = value;
    limit.value.rlim_max = server.pid > 0 ? old.rlim_max : value;
    if (server_runs() && change_limit(server.pid, &limit.value, NULL) == -1)
        case_fail("prlimit: %s", strerror(errno));
}

void
server_under(char **words)
{
    under = words;
}

/* Makes an empty log, whose file has no name any more. */
static void
open_log(void)
{
    const char *dir = getenv("TMPDIR");
    char path[4096];

    if (log_fd != -1)
        close(log_fd);
    snprintf(path, sizeof(path), "%s/transcript.XXXXXX",
             dir == NULL || *dir == '\0' ? "/tmp" : dir);
    log_fd = mkstemp(path);
    if (log_fd == -1 || fcntl(log_fd, F_SETFL, O_APPEND) == -1 ||
        fcntl(log_fd, F_SETFD, FD_CLOEXEC) == -1 || unlink(path) == -1)
        case_fail("%s: %s", path, strerror(errno));
}

/* In the new process, whose memory is that of its parent: becomes the server.
 */
static _Noreturn void
become(char **words, int out)
{
    /* Under nohup(1), for instance, SIGHUP is ignored, and a program keeps what
     * it inherits. */
    if (signal(SIGHUP, SIG_DFL) == SIG_ERR ||
        prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 ||
        dup2(out, STDOUT_FILENO) == -1 || dup2(log_fd, STDERR_FILENO) == -1)
        _exit(126);
    if (limit.set && change_limit(0, &limit.value, NULL) == -1)
        _exit(126);
    execvp(words[0], words);
    _exit(127);
}

static int
append(char **words, int count, char **more)
{
    while (more != NULL && *more != NULL && count < SERVER_WORDS_MAX - 1)
        words[count++] = *more++;
    words[count] = NULL;
    return count;
}

/* Reads "listening on ADDRESS port PORT" from the server. */
static void
await_listening(void)
{
    struct pollfd p = {.fd = fileno(server.out), .events = POLLIN};
    char line[256];
    char address[128];
    struct addrinfo numeric = {.ai_flags = AI_NUMERICHOST};
    struct addrinfo *found;

    if (poll(&p, 1, case_patience_s() * 1000) != 1 ||
        fgets(line, sizeof(line), server.out) == NULL ||
        sscanf(line, "listening on %127s port %5s", address, server.port) !=
            2 ||
        getaddrinfo(address, server.port, &numeric, &found) != 0)
        case_fail("the server does not say where it listens");
    server.address_len = found->ai_addrlen;
    memcpy(&server.address, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
}

void
server_start(const char *program, char **options)
{
    char *words[SERVER_WORDS_MAX];
    char *port[] = {(char[]){"-p"}, (char[]){"0"}, NULL};
    char *own[] = {(char *)program, NULL};
    int ends[2];
    int count = append(words, 0, under);
    bool has_port = false;
    pid_t pid;

    if (server_runs())
        case_fail("the last server still runs");
    if (server.out != NULL)
        fclose(server.out);
    for (char **word = options; *word != NULL; word++)
        has_port = has_port || strcmp(*word, "-p") == 0;
    count = append(words, count, own);
    count = append(words, count, has_port ? NULL : port);
    append(words, count, options);
    open_log();
    if (pipe2(ends, O_CLOEXEC) == -1)
        case_fail("pipe: %s", strerror(errno));
    memset(&server, 0, sizeof(server));
    /* A fork would copy the tables of this process's pages, which takes longer
     * than all else here. */
    /* NOLINTNEXTLINE(clang-analyzer-security.insecureAPI.vfork) */
    pid = vfork();
    if (pid == 0)
        become(words, ends[1]); /* NOLINT(clang-analyzer-unix.Vfork) */
    if (pid == -1)
        case_fail("vfork: %s", strerror(errno));
    server.pid = pid;
    close(ends[1]);
    server.out = fdopen(ends[0], "r");
    if (server.out == NULL)
        case_fail("fdopen: %s", strerror(errno));
    await_listening();
    limit.set = false;
    server.descriptors = processes_descriptors(server.pid);
    server.mark = processes_usage(server.pid);
}

bool
server_runs(void)
{
    return server.pid > 0 && !server.ended;
}

void
server_kill(void)
{
    struct processes children;

    if (!server_runs())
        return;
    processes_children(server.pid, &children);
    (void)kill(server.pid, SIGKILL);
    for (int i = 0; i < children.count; i++)
        (void)kill(children.pids[i], SIGKILL);
    (void)waitpid(server.pid, NULL, 0);
}

void
server_reset(void)
{
    if (server.out != NULL)
        fclose(server.out);
    if (log_fd != -1)
        close(log_fd);
    memset(&server, 0, sizeof(server));
    log_fd = -1;
    under = NULL;
    limit.set = false;
}

int
server_family(void)
{
    if (server.pid == 0)
        case_fail("no server has been started");
    return server.address.ss_family;
}

int
server_connect(int fd)
{
    return connect(fd, (struct sockaddr *)&server.address, server.address_len);
}

const char *
server_pid(void)
{
    static char digits[12];

    snprintf(digits, sizeof(digits), "%d", (int)server.pid);
    return digits;
}

const char *
server_port(void)
{
    return server.port;
}

/* --- the log ---------------------------------------------------------------
 */

/* Returns the log as it is now, and has it split into lines by the caller; the
 * caller frees it. */
static char *
read_log(void)
{
    struct stat status;
    char *text;
    ssize_t size;

    if (log_fd == -1 || fstat(log_fd, &status) == -1)
        case_fail("there is no log");
    text = malloc((size_t)status.st_size + 1);
    if (text == NULL)
        case_fail("no memory");
    size = pread(log_fd, text, (size_t)status.st_size, 0);
    text[size > 0 ? size : 0] = '\0';
    return text;
}

void
server_print_log(void)
{
    char *text = log_fd == -1 ? NULL : read_log();
    char *from = text == NULL ? NULL : text + strlen(text);

    if (text == NULL || *text == '\0')
        return;
    for (int lines = 0; from > text && lines <= 30; from--)
        lines += from[-1] == '\n';
    printf("the end of the server's log:\n%s", from == text ? from : from + 1);
    free(text);
}

static void
compile(regex_t *compiled, const char *regex)
{
    if (regcomp(compiled, regex, REG_EXTENDED | REG_NOSUB) != 0)
        case_fail("not a regular expression: %s", regex);
}

/* Walks through the lines of a log.  Returns the next line, which it ends with
 * a NUL, or NULL at the end or at a line that is not complete yet. */
static char *
next_line(char **rest)
{
    char *line = *rest;
    char *end = strchr(line, '\n');

    if (end == NULL)
        return NULL;
    *end = '\0';
    *rest = end + 1;
    return line;
}

/* The lines that match: how many, and the time of the first and the last. */
struct matches {
    long count;
    double first_s;
    double last_s;
    double least_gap_s; /* between two of them, one after the other */
    pid_t last_pid;     /* the process that wrote the last one */
};

static struct matches
find_matches(const char *regex)
{
    struct matches found = {.least_gap_s = 1e9};
    char *text = read_log();
    char *rest = text;
    char *line;
    regex_t compiled;

    compile(&compiled, regex);
    while ((line = next_line(&rest)) != NULL)
        if (regexec(&compiled, line, 0, NULL, 0) == 0) {
            char *end = line;
            double s = strtod(line, &end);

            if (found.count == 0)
                found.first_s = s;
            else if (s - found.last_s < found.least_gap_s)
                found.least_gap_s = s - found.last_s;
            found.last_s = s;
            found.last_pid = (pid_t)strtol(end, NULL, 10);
            found.count++;
        }
    regfree(&compiled);
    free(text);
    return found;
}

static const char *awaited;

static bool
is_logged(void)
{
    return find_matches(awaited).count > 0;
}

void
server_log(const char *regex)
{
    awaited = regex;
    if (!case_wait(is_logged))
        case_fail("not logged in %d s: %s", case_patience_s(), regex);
}

void
server_log_count(long count, const char *regex)
{
    struct matches found = find_matches(regex);

    if (found.count != count)
        case_fail("%ld lines of the log match", found.count);
}

void
server_log_only(const char *regex)
{
    char *text = read_log();
    char *rest = text;
    char *line;
    regex_t compiled;

    compile(&compiled, regex);
    while ((line = next_line(&rest)) != NULL)
        if (regexec(&compiled, line, 0, NULL, 0) != 0)
            case_fail("a line of the log does not match: %s", line);
    regfree(&compiled);
    free(text);
}

void
server_log_lasted(const char *from, const char *to, double ms)
{
    struct matches begun = find_matches(from);
    struct matches done = find_matches(to);
    double took_ms = (done.last_s - begun.first_s) * 1000;

    if (begun.count == 0 || done.count == 0)
        case_fail("the log has no such lines");
    /* Times in the log are rounded to the millisecond. */
    if (took_ms < ms - 1.5)
        case_fail("it took only %.0f ms", took_ms);
}

void
server_log_apart(const char *regex, double ms, bool apart)
{
    struct matches found = find_matches(regex);
    double gap_ms = found.least_gap_s * 1000;

    if (found.count < 2)
        case_fail("%ld lines of the log match", found.count);
    if (apart ? gap_ms < ms - 1.5 : gap_ms >= ms)
        case_fail("the nearest two are %.0f ms apart", gap_ms);
}

void
server_log_at_once(long count)
{
    char *text = read_log();
    char *rest = text;
    char *line;
    long now = 0;
    long most = 0;

    while ((line = next_line(&rest)) != NULL) {
        now += strstr(line, " message ") != NULL;
        now -= strstr(line, " ack ") != NULL;
        most = now > most ? now : most;
    }
    free(text);
    if (most != count)
        case_fail("at most %ld messages were worked on at once", most);
}

/* --- while it runs ---------------------------------------------------------
 */

void
server_signal(int signal_number, const char *regex)
{
    pid_t to = regex == NULL ? server.pid : find_matches(regex).last_pid;

    processes_children(server.pid, &server.family);
    if (to <= 0 || kill(to, signal_number) == -1)
        case_fail("kill: %s", to <= 0 ? "no such line" : strerror(errno));
}

void
server_signal_children(int signal_number)
{
    struct processes children;

    processes_children(server.pid, &children);
    for (int i = 0; i < children.count; i++)
        if (kill(children.pids[i], signal_number) == -1)
            case_fail("kill: %s", strerror(errno));
}

static long expected;

static bool
has_children(void)
{
    processes_children(server.pid, &server.family);
    return server.family.count == expected;
}

void
server_children(long count)
{
    expected = count;
    if (!case_wait(has_children))
        case_fail("it has %d children", server.family.count);
}

static bool
has_zombies(void)
{
    return processes_zombies(server.pid) == expected;
}

void
server_zombies(long count)
{
    expected = count;
    if (!case_wait(has_zombies))
        case_fail("it has %ld zombies", processes_zombies(server.pid));
}

static bool
has_threads(void)
{
    return processes_threads(server.pid) == expected;
}

void
server_threads(long count)
{
    expected = count;
    if (!case_wait(has_threads))
        case_fail("it has %ld threads", processes_threads(server.pid));
}

static bool
is_at_rest(void)
{
    struct usage before = processes_usage(server.pid);
    struct usage after;

    /* So long is looked at: nothing is waited for. */
    clock_wait_until(clock_now() + 100 * CLOCK_MS);
    after = processes_usage(server.pid);
    return after.awake == 0 && after.sleeps - before.sleeps <= expected;
}

void
server_rest(long sleeps)
{
    expected = sleeps;
    if (!case_wait(is_at_rest))
        case_fail("it does not come to rest");
}

static bool
is_waiting(void)
{
    return processes_waiting_in(server.pid, expected) != 0;
}

void
server_waits(const char *call)
{
    static const struct {
        const char *name;
        long number;
    } calls[] = {
        {"accept4", SYS_accept4},
        {"ppoll", SYS_ppoll},
        {"pselect6", SYS_pselect6},
#ifdef SYS_poll /* not on newer machines */
        {"poll", SYS_poll},
        {"epoll_wait", SYS_epoll_wait},
#endif
        {"io_uring_enter", SYS_io_uring_enter},
    };
    size_t i = 0;

    while (strcmp(call, calls[i].name) != 0)
        if (++i == sizeof(calls) / sizeof(calls[0]))
            case_skip("this machine has no system call %s", call);
    expected = calls[i].number;
    if (!case_wait(is_waiting))
        case_fail("it does not wait in %s", call);
    if (processes_waiting_in(server.pid, expected) == -1)
        case_skip("the kernel does not say where a process waits");
}

static bool
is_busy(void)
{
    return processes_usage(server.pid).cpu_ns - server.mark.cpu_ns >= BUSY_NS;
}

static bool
are_busy(void)
{
    return processes_computing(server.pid, BUSY_NS) >= expected;
}

void
server_busy(long threads)
{
    expected = threads;
    if (!case_wait(threads == 0 ? is_busy : are_busy))
        case_fail("it has nothing to do");
}

void
server_mark(void)
{
    server.mark = processes_usage(server.pid);
    server.mark_kib = processes_memory(server.pid);
}

void
server_cpu(long ms)
{
    int64_t used_ns =
        server.ended ? server.cpu_ns : processes_usage(server.pid).cpu_ns;

    used_ns = (used_ns - server.mark.cpu_ns) / CLOCK_MS;
    if (used_ns > ms)
        case_fail("it used %ld ms of CPU time", (long)used_ns);
}

void
server_memory(long kib)
{
    long more = processes_memory(server.pid) - server.mark_kib;

    /* A sanitizer needs memory for what it remembers. */
    if (more > kib && !case_sanitized())
        case_fail("it uses %ld KiB more", more);
}

void
server_sleeps(long count)
{
    long more = processes_usage(server.pid).sleeps - server.mark.sleeps;

    if (more > count)
        case_fail("it went to sleep %ld times", more);
}

/* --- the end ---------------------------------------------------------------
 */

static bool
has_ended(void)
{
    struct rusage used;

    if (!server.ended &&
        wait4(server.pid, &server.status, WNOHANG, &used) == server.pid) {
        server.ended = true;
        server.cpu_ns =
            (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * CLOCK_S +
            (used.ru_utime.tv_usec + used.ru_stime.tv_usec) * CLOCK_US;
    }
    return server.ended;
}

static bool
have_children_ended(void)
{
    return processes_have_ended(&server.family);
}

void
server_ended(int status)
{
    if (!case_wait(has_ended))
        case_fail("the server has not ended in %d s", case_patience_s());
    if (!case_wait(have_children_ended))
        case_fail("a child of the server still runs");
    if (find_matches("Sanitizer|runtime error").count > 0)
        case_fail("a sanitizer reports");
    if (status < 0 &&
        !(WIFSIGNALED(server.status) && WTERMSIG(server.status) == -status))
        case_fail("it ended with wait status 0x%x", (unsigned)server.status);
    if (status >= 0 &&
        !(WIFEXITED(server.status) && WEXITSTATUS(server.status) == status))
        case_fail("it ended with wait status 0x%x", (unsigned)server.status);
}

static const char *
summary_line(void)
{
    static char line[1024];

    if (!server.ended || fgets(line, sizeof(line), server.out) == NULL)
        case_fail("it prints no summary");
    line[strcspn(line, "\n")] = '\0';
    return line;
}

void
server_summary(const char *regex)
{
    const char *line = summary_line();
    regex_t compiled;

    compile(&compiled, regex);
    if (regexec(&compiled, line, 0, NULL, 0) != 0)
        case_fail("the summary is: %s", line);
    regfree(&compiled);
}

void
server_summary_acks(long acks)
{
    const char *line = summary_line();
    long counted;

    if (sscanf(line, "served %*[^,], %*[^,], %ld", &counted) != 1 ||
        counted != acks)
        case_fail("%ld acks were received; the summary is: %s", acks, line);
}

static bool
has_let_go(void)
{
    return processes_descriptors(server.pid) <= server.descriptors;
}

void
server_stop_unharmed(void)
{
    if (has_ended())
        case_fail("the server has ended");
    if (!case_wait(has_let_go))
        case_fail("it has %ld descriptors, and had %ld",
                  processes_descriptors(server.pid), server.descriptors);
    server_zombies(0);
    server_rest(2);
    server_signal(SIGTERM, NULL);
    server_ended(0);
}
