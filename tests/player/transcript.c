/* transcript - plays conversations with a server, and checks what comes.
 *
 *     transcript [-f TEXT] SERVER FILE...
 *
 * SERVER is a program, such as bin/epoll.  Each FILE holds cases:
 *
 *     case a client gets its answer although another one is silent
 *         unless at_once=one
 *         server -d 0
 *         1-2 connect
 *         2 say hello; ack
 *         1 nothing
 *         summary ^served 3 clients
 *
 * A case begins with a line "case NAME" and ends before the next.  Its lines
 * are played one after the other, with a server of its own.  A line is done
 * when what it expects has happened: so a case proves that one thing happens
 * after another, and does not depend on how fast the machine is.  A case fails
 * at the first line that does not come true within 60 seconds (or PATIENCE in
 * the environment, in seconds).
 *
 * A case whose server still runs at its end goes on like this: all clients
 * close; one more client is served; the server has no more descriptors open
 * than at the start and no zombies; it comes to rest; SIGTERM ends it with
 * status 0; and its children end.  No case passes if a sanitizer reports.
 *
 * The output is TAP: one line per case, and after a case that fails, what was
 * wrong and the end of the server's log.  -f plays only cases with TEXT in
 * their name.  The exit status is 1 if a case has failed.
 *
 * Whether a case is played:
 *
 *     only KEY=VALUE...    if SERVER --traits prints all of these words
 *     unless KEY=VALUE...  if it does not print all of these words
 *     needs ipv6           skips the case without IPv6
 *     needs plain          skips the case for servers with a sanitizer
 *     needs signals        skips it with the thread sanitizer, which delivers a
 *                          signal late or not at all
 *     needs descriptors N  skips the case if fewer may be open
 *
 * Starting the server.  $NAME stands for a variable of the environment, $PORT
 * and $PID for those of the last server.  Words may be in single quotes.
 *
 *     file N               makes a file of N bytes, whose path is $FILE; it has
 *                          a name until the server listens
 *     shrink N             makes it shorter
 *     limit descriptors N  the next server may open so many; once it runs: only
 *                          so many from now on
 *     limit file N         it may write files of so many bytes
 *     under COMMAND...     the next server is started by this command; skips
 *                          the case if there is no such command
 *     server [OPTION]...   starts SERVER on a free port
 *     run COMMAND...       runs a command, which ends with status 0; $SERVER is
 *                          the program SERVER
 *
 * Clients have numbers.  "1-8 say hello; ack" lets client 1 say hello and wait
 * for its answer, then client 2, and so on.  In TEXT \xNN is a byte, and
 * "x{4096}" is 4096 times x.
 *
 *     1 connect            connects; "connect small": with a receive buffer
 *                          that few answers fill
 *     1 say TEXT           sends a message: TEXT and its ETX
 *     1 send TEXT          sends TEXT only
 *     1 slowly TEXT        sends a message byte by byte
 *     1 pause              waits 1 ms, so that what follows arrives separately
 *     1 stuff N TEXT       sends N messages, or as many as the server takes
 *     1 flood N TEXT       sends N messages, and reads answers when the server
 *                          takes no more
 *     1 talk N TEXT        sends N messages, each after the ack for the last;
 *                          with ETX in TEXT, as many together, and gets all
 *     1 random N           sends N bytes, the same in each run, or fewer if the
 *                          server closes
 *     1 babble TEXT        from now on sends TEXT again and again and reads
 *                          what comes, until the connection ends
 *     1 dribble            from now on reads 1000 bytes every 10 ms
 *     1 ack [N]            gets "ack" (N times); 1 nak [N] the same
 *     1 get TEXT           gets TEXT
 *     1 get-line REGEX     gets a line, which matches
 *     1 get-file N         gets the first N bytes of $FILE
 *     1 nothing            has got nothing more so far, and no end
 *     1 acks               gets "ack" again and again, then the end of input
 *     1 eof                gets the end of input, and nothing before it
 *     1 gone               gets an end or a reset, whatever comes before it
 *     1 unresent           the kernel had to send nothing of it again
 *     1 half               ends its input (shutdown), and can still read
 *     1 close, 1 reset     closes, or resets, the connection
 *
 * The server.  REGEX is an extended regular expression for a part of a line of
 * its log.
 *
 *     log REGEX            waits until the log has such a line
 *     logged N REGEX       it has exactly N
 *     logged only REGEX    all lines are such
 *     lasted N REGEX to REGEX   at least N ms passed between these lines
 *     apart N REGEX        any two such lines are at least N ms apart
 *     near N REGEX         some two such lines are less than N ms apart
 *     at-once N            N messages were worked on at the same time, not more
 *     signal NAME          sends it a signal (TERM, KILL, ...)
 *     signal NAME children sends one to each of its children
 *     signal NAME REGEX    sends one to the process that wrote the last of them
 *     children N           waits until it has N children, zombies included
 *     zombies N            waits until N of them are zombies
 *     threads N            waits until it has N threads itself
 *     rest [N]             waits until it sleeps: its threads and its children
 *                          wake up at most N times (2) in 100 ms
 *     busy [N]             waits until it has computed for 20 ms; with N, until
 *                          each of N threads of it and its children has
 *     waits                waits until a thread of it, or of its children,
 *                          waits in the system call that --traits names
 *     calls N [NAME]       under strace -c -o $FILE, once it has ended: made at
 *                          most N system calls (of that name)
 *     mark                 remembers what it has used so far.  Since then, or
 *                          since its start, it has at most
 *     cpu N                  used N ms of CPU time
 *     memory N               taken N KiB of memory
 *     sleeps N               gone to sleep N times
 *     ended N              it and its children end; N is the exit status, or
 *                          the name of a signal
 *     summary REGEX        it ends as at the end of a case, if it has not
 *                          ended; the next line that it prints matches
 *     summary acks         the next line counts the acks that clients got */

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/net.h"
#include "tests/player/case.h"
#include "tests/player/client.h"
#include "tests/player/server.h"

#define LINE_MAX_BYTES 1024
#define TRAITS_MAX     512
#define STATUS_SKIPPED 77 /* of the process that plays a case */

static const char *program;  /* the server's */
static const char *filter;   /* only cases with this in their name; NULL: all */
static FILE *tap;            /* where the results go */
static FILE *out;            /* what the case that is played has printed */
static const char *filename; /* that is being read */
static int line_number;
static char traits[TRAITS_MAX]; /* " key=value key=value " */

static int file = -1; /* $FILE; -1: none */
static char file_name[256];

/* --- how a case ends -------------------------------------------------------
 */

static void
remove_file(void)
{
    if (file == -1)
        return;
    (void)unlink(file_name);
    (void)unsetenv("FILE");
    close(file);
    file = -1;
}

void
case_fail(const char *format, ...)
{
    va_list args;

    printf("%s:%d: ", filename, line_number);
    if (client_current() > 0)
        printf("client %d: ", client_current());
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    server_kill();
    server_print_log();
    fflush(stdout);
    remove_file();
    _exit(EXIT_FAILURE);
}

void
case_skip(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    fflush(stdout);
    server_kill();
    remove_file();
    _exit(STATUS_SKIPPED);
}

int
case_patience_s(void)
{
    const char *patience = getenv("PATIENCE");

    return patience == NULL ? 60 : (int)strtol(patience, NULL, 10);
}

bool
case_wait(bool (*condition)(void))
{
    int64_t end_ns = clock_now() + case_patience_s() * CLOCK_S;

    while (!condition()) {
        if (clock_now() >= end_ns)
            return false;
        clock_wait_until(clock_now() + 2 * CLOCK_MS);
    }
    return true;
}

bool
case_sanitized(void)
{
    const char *sanitizers = getenv("SAN");

    return sanitizers != NULL && *sanitizers != '\0';
}

/* --- words -----------------------------------------------------------------
 */

/* Cuts the first word off *rest, which is at its next word then.  Returns ""
 * at the end. */
static char *
cut_word(char **rest)
{
    char *word = *rest;
    char *end = word + strcspn(word, " ");

    *rest = end + strspn(end, " ");
    *end = '\0';
    return word;
}

static long
cut_number(char **rest)
{
    char *word = cut_word(rest);
    char *end;
    long number = strtol(word, &end, 10);

    if (end == word || *end != '\0')
        case_fail("'%s' is not a number", word);
    return number;
}

/* Returns the value of a variable of the cases. */
static const char *
value_of(const char *name)
{
    const char *value = getenv(name);

    if (strcmp(name, "PORT") == 0)
        value = server_port();
    if (strcmp(name, "PID") == 0)
        value = server_pid();
    if (strcmp(name, "SERVER") == 0)
        value = program;
    if (value == NULL)
        case_fail("there is no variable %s", name);
    return value;
}

/* Returns word with the values of the variables that it names, which is kept as
 * long as the process that plays the case. */
static char *
expand(const char *word)
{
    char text[4096];
    char *copy;
    size_t len = 0;

    while (*word != '\0' && len < sizeof(text) - 1) {
        size_t name_len = strspn(word + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");
        char name[64];

        if (*word != '$' || name_len == 0) {
            text[len++] = *word++;
            continue;
        }
        snprintf(name, sizeof(name), "%.*s", (int)name_len, word + 1);
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s",
                                value_of(name));
        word += 1 + name_len;
    }
    text[len < sizeof(text) ? len : sizeof(text) - 1] = '\0';
    copy = strdup(text);
    if (copy == NULL)
        case_fail("no memory");
    return copy;
}

/* Splits text, which is changed, into words, in which variables then get their
 * values, and ends them with NULL.  A value may have blanks.  The words live as
 * long as the process that plays the case. */
static void
split(char *text, char **words)
{
    int count = 0;

    while (*text != '\0' && count < SERVER_WORDS_MAX - 1) {
        if (*text == '\'') {
            words[count] = ++text;
            text += strcspn(text, "'");
            if (*text == '\'')
                *text++ = '\0';
            text += strspn(text, " ");
        } else {
            words[count] = cut_word(&text);
        }
        words[count] = expand(words[count]);
        count++;
    }
    words[count] = NULL;
}

/* --- whether a case is played ----------------------------------------------
 */

/* Reads what SERVER --traits prints. */
static void
read_traits(void)
{
    char command[4096];
    FILE *pipe;
    size_t n;

    snprintf(command, sizeof(command), "'%s' --traits", program);
    /* NOLINTNEXTLINE(cert-env33-c): the program that is tested */
    pipe = popen(command, "r");
    traits[0] = ' ';
    n = pipe == NULL ? 0 : fread(traits + 1, 1, sizeof(traits) - 3, pipe);
    if (pipe == NULL || pclose(pipe) != 0 || n == 0) {
        fprintf(stderr, "transcript: %s prints no traits\n", program);
        exit(2);
    }
    traits[1 + n] = '\0';
    traits[strcspn(traits, "\n")] = ' ';
}

/* Tells whether the server has all of these traits. */
static bool
has_traits(char *words)
{
    char word[128];

    while (*words != '\0') {
        snprintf(word, sizeof(word), " %s ", cut_word(&words));
        if (strstr(traits, word) == NULL)
            return false;
    }
    return true;
}

static bool
has_ipv6(void)
{
    struct sockaddr_in6 at = {.sin6_family = AF_INET6,
                              .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    bool found = fd != -1 && bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0;

    if (fd != -1)
        close(fd);
    return found;
}

static void
need(char *rest)
{
    const char *what = cut_word(&rest);

    if (strcmp(what, "ipv6") == 0) {
        if (!has_ipv6())
            case_skip("no IPv6");
    } else if (strcmp(what, "plain") == 0) {
        if (case_sanitized())
            case_skip("not with sanitizers");
    } else if (strcmp(what, "signals") == 0) {
        const char *sanitizers = getenv("SAN");

        if (sanitizers != NULL && strcmp(sanitizers, "thread") == 0)
            case_skip("not with the thread sanitizer");
    } else if (strcmp(what, "descriptors") == 0) {
        if (net_raise_limit() < cut_number(&rest))
            case_skip("the limit of descriptors is too low");
    } else {
        case_fail("nothing is known about '%s'", what);
    }
}

/* Tells whether a program of that name is in PATH. */
static bool
is_command(const char *name)
{
    const char *path = getenv("PATH");
    char candidate[4096];

    while (path != NULL && *path != '\0') {
        size_t len = strcspn(path, ":");

        snprintf(candidate, sizeof(candidate), "%.*s/%s", (int)len, path, name);
        if (access(candidate, X_OK) == 0)
            return true;
        path += len + (path[len] == ':');
    }
    return false;
}

/* --- steps -----------------------------------------------------------------
 */

static void
step_limit(char *rest)
{
    const char *resource = cut_word(&rest);

    server_limit(resource, (unsigned long)cut_number(&rest));
}

static void
step_under(char *rest)
{
    static char *words[SERVER_WORDS_MAX];

    split(rest, words);
    if (words[0] == NULL)
        case_fail("the command is missing");
    if (!is_command(words[0]))
        case_skip("no %s", words[0]);
    server_under(words);
}

static void
step_file(char *rest)
{
    const char *folder = getenv("TMPDIR");
    long size = cut_number(&rest);
    char bytes[4096];

    snprintf(file_name, sizeof(file_name), "%s/transcript.XXXXXX",
             folder == NULL || *folder == '\0' ? "/tmp" : folder);
    file = mkstemp(file_name);
    for (long at = 0; file != -1 && at < size; at += (long)sizeof(bytes)) {
        long left = size - at;
        size_t n = left < (long)sizeof(bytes) ? (size_t)left : sizeof(bytes);

        for (size_t i = 0; i < n; i++)
            bytes[i] = client_file_byte((size_t)at + i);
        if (write(file, bytes, n) != (ssize_t)n)
            case_skip("no room for a file of %ld bytes", size);
    }
    if (file == -1 || fcntl(file, F_SETFD, FD_CLOEXEC) == -1 ||
        setenv("FILE", file_name, 1) == -1)
        case_fail("%s: %s", file_name, strerror(errno));
}

static void
step_shrink(char *rest)
{
    if (ftruncate(file, cut_number(&rest)) == -1)
        case_fail("ftruncate: %s", strerror(errno));
}

static bool acks_in_etx; /* the last server has the service ack, frame etx */

static void
step_server(char *rest)
{
    char *words[SERVER_WORDS_MAX];

    split(rest, words);
    acks_in_etx = true;
    for (int i = 0; words[i] != NULL; i++)
        if (strcmp(words[i], "-s") == 0 || strcmp(words[i], "-f") == 0)
            acks_in_etx = false;
    server_start(program, words);
    if (file != -1) /* the server has opened it */
        (void)unlink(file_name);
}

static void
step_run(char *rest)
{
    static char *words[SERVER_WORDS_MAX];
    int status = -1;
    pid_t pid;

    split(rest, words);
    if (words[0] == NULL)
        case_fail("the command is missing");
    pid = fork();
    if (pid == 0) {
        execvp(words[0], words);
        _exit(127);
    }
    if (pid == -1 || waitpid(pid, &status, 0) == -1)
        case_fail("%s: %s", words[0], strerror(errno));
    if (status != 0)
        case_fail("it ended with wait status 0x%x", (unsigned)status);
}

static void
step_waits(char *rest)
{
    char *call = strstr(traits, " waits_in=");
    char name[32] = "";

    (void)rest;
    if (call != NULL)
        (void)sscanf(call, " waits_in=%31s", name);
    server_waits(name);
}

static const char *called; /* NULL: all calls */
static long calls;

/* Reads the table that strace -c writes at its end, a moment after the end of
 * the server.  Returns false if it is not there yet. */
static bool
read_calls(void)
{
    char text[16384];
    ssize_t n = pread(file, text, sizeof(text) - 1, 0);
    bool complete = false;

    calls = 0;
    text[n > 0 ? n : 0] = '\0';
    for (char *rest, *line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        const char *name = strrchr(line, ' ');
        bool total = name != NULL && strcmp(name, " total") == 0;
        long count;

        if (name == NULL || sscanf(line, "%*f %*f %*d %ld", &count) != 1)
            continue;
        complete = complete || total;
        if (called == NULL ? total : strcmp(name + 1, called) == 0)
            calls += count;
    }
    return complete;
}

static void
step_calls(char *rest)
{
    long most = cut_number(&rest);

    called = *rest == '\0' ? NULL : rest;
    if (!case_wait(read_calls))
        case_fail("strace wrote no table into $FILE");
    if (calls > most)
        case_fail("it made %ld of them", calls);
}

static void
step_logged(char *rest)
{
    if (strncmp(rest, "only ", 5) == 0) {
        server_log_only(rest + 5);
    } else {
        long count = cut_number(&rest);

        server_log_count(count, rest);
    }
}

static void
step_log(char *rest)
{
    server_log(rest);
}

static void
step_lasted(char *rest)
{
    long ms = cut_number(&rest);
    char *to = strstr(rest, " to ");

    if (to != NULL) {
        *to = '\0';
        server_log_lasted(rest, to + 4, (double)ms);
    } else {
        case_fail("from what line to what line?");
    }
}

static void
step_apart(char *rest)
{
    long ms = cut_number(&rest);

    server_log_apart(rest, (double)ms, true);
}

static void
step_near(char *rest)
{
    long ms = cut_number(&rest);

    server_log_apart(rest, (double)ms, false);
}

static void
step_at_once(char *rest)
{
    server_log_at_once(cut_number(&rest));
}

static int
signal_number(const char *name)
{
    static const struct {
        const char *name;
        int number;
    } signals[] = {
        {"TERM", SIGTERM}, {"INT", SIGINT},   {"HUP", SIGHUP},
        {"KILL", SIGKILL}, {"STOP", SIGSTOP}, {"CONT", SIGCONT},
        {"USR1", SIGUSR1},
    };

    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        if (strcmp(name, signals[i].name) == 0)
            return signals[i].number;
    case_fail("there is no signal '%s'", name);
}

static void
step_signal(char *rest)
{
    int number = signal_number(cut_word(&rest));

    if (strcmp(rest, "children") == 0)
        server_signal_children(number);
    else
        server_signal(number, *rest == '\0' ? NULL : rest);
}

static void
step_children(char *rest)
{
    server_children(cut_number(&rest));
}

static void
step_zombies(char *rest)
{
    server_zombies(cut_number(&rest));
}

static void
step_threads(char *rest)
{
    server_threads(cut_number(&rest));
}

static void
step_rest(char *rest)
{
    server_rest(*rest == '\0' ? 2 : cut_number(&rest));
}

static void
step_busy(char *rest)
{
    server_busy(*rest == '\0' ? 0 : cut_number(&rest));
}

static void
step_mark(char *rest)
{
    (void)rest;
    server_mark();
}

static void
step_cpu(char *rest)
{
    server_cpu(cut_number(&rest));
}

static void
step_memory(char *rest)
{
    server_memory(cut_number(&rest));
}

static void
step_sleeps(char *rest)
{
    server_sleeps(cut_number(&rest));
}

static void
step_ended(char *rest)
{
    if (isdigit((unsigned char)*rest))
        server_ended((int)cut_number(&rest));
    else
        server_ended(-signal_number(rest));
}

/* Ends a server that still runs: nothing of its clients may be left. */
static void
finish(void)
{
    static const char *const acking[] = {"connect", "say", "ack",
                                         "say",     "eof", NULL};
    static const char *const other[] = {"connect", "half", "gone", NULL};
    const char *const *steps = acks_in_etx ? acking : other;
    char texts[][20] = {"", "still there?", "", "goodbye", ""};

    client_close_all();
    for (int i = 0; steps[i] != NULL; i++)
        client_step(0, steps[i], texts[i]);
    server_stop_unharmed();
}

static void
step_summary(char *rest)
{
    if (server_runs())
        finish();
    if (strcmp(rest, "acks") == 0)
        server_summary_acks(client_acks());
    else
        server_summary(rest);
}

/* Lets clients FIRST to LAST do what "VERB TEXT; VERB TEXT..." says. */
static void
step_clients(char *who, const char *what)
{
    char *dash;
    long first = strtol(who, &dash, 10);
    long last = *dash == '-' ? strtol(dash + 1, NULL, 10) : first;

    if (first < 1 || last < first || last > CLIENT_MAX || *what == '\0')
        case_fail("not a step of clients");
    for (long number = first; number <= last; number++) {
        char copy[LINE_MAX_BYTES];
        char *rest = copy;

        snprintf(copy, sizeof(copy), "%s", what);
        while (*rest != '\0') {
            char *text = rest;
            char *next = strstr(rest, "; ");
            const char *verb;

            rest = next == NULL ? rest + strlen(rest) : next + 2;
            if (next != NULL)
                *next = '\0';
            verb = cut_word(&text);
            client_step((int)number, verb, text);
        }
    }
}

static const struct {
    const char *verb;
    void (*play)(char *rest);
} steps[] = {
    {"needs", need},           {"limit", step_limit},
    {"under", step_under},     {"server", step_server},
    {"log", step_log},         {"logged", step_logged},
    {"lasted", step_lasted},   {"apart", step_apart},
    {"near", step_near},       {"at-once", step_at_once},
    {"signal", step_signal},   {"children", step_children},
    {"zombies", step_zombies}, {"threads", step_threads},
    {"rest", step_rest},       {"busy", step_busy},
    {"mark", step_mark},       {"cpu", step_cpu},
    {"memory", step_memory},   {"sleeps", step_sleeps},
    {"ended", step_ended},     {"summary", step_summary},
    {"run", step_run},         {"waits", step_waits},
    {"calls", step_calls},     {"file", step_file},
    {"shrink", step_shrink},
};

static void
play_step(char *rest)
{
    char *verb = cut_word(&rest);

    if (isdigit((unsigned char)*verb)) {
        step_clients(verb, rest);
        return;
    }
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
        if (strcmp(verb, steps[i].verb) == 0) {
            bool splits = steps[i].play == step_server ||
                          steps[i].play == step_under ||
                          steps[i].play == step_run;

            /* A value may have blanks, so these split the text first. */
            steps[i].play(splits ? rest : expand(rest));
            return;
        }
    case_fail("there is no step '%s'", verb);
}

/* --- cases -----------------------------------------------------------------
 */

/* Ends the program: this process cannot play cases. */
static _Noreturn void
give_up(void)
{
    perror("transcript");
    _exit(2);
}

/* Lines are read twice: to count the cases that are played, and to play. */
struct line {
    char *text; /* without blanks around it */
    const char *file;
    int number;
};

static struct line *lines;
static int line_count;

static void
read_lines(const char *name)
{
    FILE *f = fopen(name, "r");
    char text[LINE_MAX_BYTES];
    int number = 0;

    if (f == NULL) {
        fprintf(stderr, "transcript: %s: %s\n", name, strerror(errno));
        exit(2);
    }
    while (fgets(text, sizeof(text), f) != NULL) {
        char *start = text + strspn(text, " \t");
        size_t len = strcspn(start, "\n");

        number++;
        while (len > 0 && start[len - 1] == ' ')
            len--;
        start[len] = '\0';
        if (*start == '\0' || *start == '#')
            continue;
        lines = realloc(lines, ((size_t)line_count + 1) * sizeof(*lines));
        if (lines == NULL)
            abort();
        lines[line_count].file = name;
        lines[line_count].number = number;
        lines[line_count].text = strdup(start);
        if (lines[line_count++].text == NULL)
            abort();
    }
    if (ferror(f)) {
        fprintf(stderr, "transcript: %s: %s\n", name, strerror(errno));
        exit(2);
    }
    fclose(f);
}

static bool
begins_case(int line)
{
    return strncmp(lines[line].text, "case ", 5) == 0;
}

static int
case_end(int first)
{
    int end = first + 1;

    while (end < line_count && !begins_case(end))
        end++;
    return end;
}

/* Tells whether a case is for this server. */
static bool
is_meant(int first)
{
    if (filter != NULL && strstr(lines[first].text + 5, filter) == NULL)
        return false;
    for (int i = first + 1; i < case_end(first); i++) {
        char copy[LINE_MAX_BYTES];
        char *rest = copy;
        const char *verb;

        snprintf(copy, sizeof(copy), "%s", lines[i].text);
        verb = cut_word(&rest);
        if (strcmp(verb, "only") == 0 && !has_traits(rest))
            return false;
        if (strcmp(verb, "unless") == 0 && has_traits(rest))
            return false;
    }
    return true;
}

/* Returns the first line, from this one on, at which a case for this server
 * begins; line_count if there is none. */
static int
next_case(int line)
{
    while (line < line_count && !(begins_case(line) && is_meant(line)))
        line++;
    return line;
}

/* Plays the lines of a case, and then clears up everything of it. */
static void
play_case(int first)
{
    for (int i = first + 1; i < case_end(first); i++) {
        filename = lines[i].file;
        line_number = lines[i].number;
        if (strncmp(lines[i].text, "only ", 5) != 0 &&
            strncmp(lines[i].text, "unless ", 7) != 0)
            play_step(lines[i].text);
    }
    if (server_runs())
        finish();
    client_reset();
    server_reset();
    remove_file();
}

/* Prints what a case has printed, with prefix before each line. */
static void
copy_output(const char *prefix)
{
    char text[65536];
    ssize_t n = pread(fileno(out), text, sizeof(text) - 1, 0);
    char *rest;

    text[n > 0 ? n : 0] = '\0';
    for (char *line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest))
        fprintf(tap, "%s%s\n", prefix, line);
    if (ftruncate(fileno(out), 0) == -1 ||
        lseek(fileno(out), 0, SEEK_SET) == -1)
        give_up();
}

/* Reports a case by the wait status of the process that has played it. */
static void
report_case(int first, int number, int status)
{
    bool skipped = WIFEXITED(status) && WEXITSTATUS(status) == STATUS_SKIPPED;
    const char *slash = strrchr(program, '/');

    fprintf(tap, "%s %d %s: %s%s", status == 0 || skipped ? "ok" : "not ok",
            number, slash == NULL ? program : slash + 1, lines[first].text + 5,
            skipped ? "" : "\n");
    copy_output(skipped ? " # skip " : "# ");
    if (fflush(tap) == EOF)
        give_up();
}

/* In a process of its own: plays the case that begins at a line, and those
 * after it, until one fails or is skipped.  After each case that has passed, it
 * writes a byte to the pipe. */
static _Noreturn void
play_cases(int line, int number, int passed)
{
    if (dup2(fileno(out), STDOUT_FILENO) == -1)
        give_up();
    (void)net_raise_limit();
    for (; line < line_count; line = next_case(line + 1)) {
        play_case(line);
        fflush(stdout);
        report_case(line, ++number, 0);
        if (write(passed, "", 1) != 1)
            give_up();
    }
    _exit(EXIT_SUCCESS);
}

/* Plays the case that begins at *line, and those after it, until one fails or
 * is skipped.  Sets *line to the line of the case after that one, and adds the
 * number of cases that it has played to *number.  Returns whether none of them
 * has failed. */
static bool
play_until_end(int *line, int *number)
{
    int passed[2]; /* a pipe */
    char bytes[4096];
    int status;
    pid_t pid;

    if (pipe(passed) == -1 || fcntl(passed[1], F_SETFD, FD_CLOEXEC) == -1)
        give_up();
    pid = fork();
    if (pid == 0) {
        close(passed[0]);
        play_cases(*line, *number, passed[1]);
    }
    close(passed[1]);
    if (pid == -1 || waitpid(pid, &status, 0) == -1)
        give_up();
    for (ssize_t n = read(passed[0], bytes, sizeof(bytes)); n > 0; n--) {
        *line = next_case(*line + 1);
        (*number)++;
    }
    close(passed[0]);
    if (status == 0)
        return true;
    report_case(*line, ++*number, status);
    *line = next_case(*line + 1);
    return WIFEXITED(status) && WEXITSTATUS(status) == STATUS_SKIPPED;
}

int
main(int argc, char **argv)
{
    bool passed = true;
    int number = 0;
    int option;

    while ((option = getopt(argc, argv, "f:")) == 'f')
        filter = optarg;
    if (option != -1 || argc - optind < 2) {
        fprintf(stderr, "usage: transcript [-f TEXT] SERVER FILE...\n");
        return 2;
    }
    program = argv[optind];
    read_traits();
    for (int i = optind + 1; i < argc; i++)
        read_lines(argv[i]);
    tap = fdopen(fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0), "w");
    out = tmpfile();
    if (tap == NULL || out == NULL ||
        fcntl(fileno(out), F_SETFD, FD_CLOEXEC) == -1)
        give_up();
    for (int line = next_case(0); line < line_count; line = next_case(line + 1))
        number++;
    fprintf(tap, "1..%d\n", number);
    fflush(tap);
    number = 0;
    for (int line = next_case(0); line < line_count;)
        passed = play_until_end(&line, &number) && passed;
    return passed ? EXIT_SUCCESS : EXIT_FAILURE;
}
