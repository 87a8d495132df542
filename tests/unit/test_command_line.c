/* Goal: a table of options is all that a program needs: values arrive in their
 * places, what is not allowed is rejected with one line that says what is, and
 * --help has it all. */

#include <getopt.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/command_line.h"
#include "tests/unit/check.h"

#define WORDS_MAX  8
#define OUTPUT_MAX 4096

struct choices {
    const char *address;
    const char *port;
    const char *delay;
    int64_t pause_ns;
    int64_t length_ns;
    int count;
    int colour;
    int evens;
    bool quiet;
    bool loud;
};

#define INTO(member) offsetof(struct choices, member)

static const char *const colours[] = {"red", "green", "blue", NULL};

static bool
read_even(const char *text, void *to, char why[VALUES_WHY_MAX])
{
    *(int *)to += 1;
    snprintf(why, VALUES_WHY_MAX, "'%s' is odd", text);
    return (text[strlen(text) - 1] - '0') % 2 == 0;
}

static const struct command_line_option options[] = {
    {"address", 'a', "ADDR", VALUES_ADDRESS, INTO(address), .help = "of it"},
    {"port", 'p', "PORT", VALUES_PORT, INTO(port), .min = 1, .initial = "3000",
     .help = "of it"},
    {"count", 'c', "N", VALUES_NUMBER, INTO(count), -5, 5, .initial = "3",
     .help = "is followed by what it may be and by what it is by default, "
             "which is never broken across two lines"},
    {"even", 0, "N", VALUES_OWN, INTO(evens), .read = read_even,
     .help = "numbers"},
};

static const struct command_line_option more_options[] = {
    {"pause", 0, "TIME", VALUES_TIME, INTO(pause_ns), .initial = "20ms",
     .help = "for so long"},
    {"length", 0, "TIME", VALUES_TIME, INTO(length_ns), 1,
     .help = "for so long"},
    {"delay", 0, "TIME", VALUES_TIME_TEXT, INTO(delay), .help = "for so long"},
    {"color", 0, "NAME", VALUES_WORD, INTO(colour), .words = colours,
     .initial = "green", .help = "of the hat"},
    {"quiet", 'q', .offset = INTO(quiet), .help = "say nothing"},
    {"loud", 'l', .offset = INTO(loud), .excludes = {"unknown", "quiet"},
     .needs = "count", .help = "say it loud"},
};

/* Reads a command line, words separated by blanks, where "''" is an empty one.
 * Returns the number of its operands. */
static int
read_line(const char *line, struct choices *choices, bool takes_command)
{
    const struct command_line_program program = {
        .name = "hat",
        .usage = "Usage: hat\n",
        .notes = "Note.\n",
        .takes_command = takes_command,
        .groups = {COMMAND_LINE_GROUP(options, choices),
                   {more_options, 0, choices},
                   COMMAND_LINE_GROUP(more_options, choices)},
    };
    static char copy[OUTPUT_MAX]; /* choices keep pointers into it */
    char *words[WORDS_MAX + 1] = {"hat"};
    int count = 1;

    *choices = (struct choices){.quiet = false};
    snprintf(copy, sizeof(copy), "%s", line);
    for (char *word = strtok(copy, " "); word != NULL && count < WORDS_MAX;
         word = strtok(NULL, " "))
        words[count++] = strcmp(word, "''") == 0 ? word + 2 : word;
    optind = 0; /* getopt_long starts again */
    return count - command_line_read(&program, count, words);
}

/* The same in a process of its own.  Returns its exit status, -1 if it does not
 * end, and fills output with what it wrote. */
static int
read_apart(const char *line, bool takes_command, char output[OUTPUT_MAX])
{
    struct choices choices = {.quiet = false};
    size_t len = 0;
    ssize_t n;
    int fds[2];
    int status;
    pid_t pid;

    fflush(stdout);
    if (pipe(fds) == -1 || (pid = fork()) == -1)
        return -1;
    if (pid == 0) {
        dup2(fds[1], STDOUT_FILENO);
        dup2(fds[1], STDERR_FILENO);
        (void)read_line(line, &choices, takes_command);
        _exit(99);
    }
    close(fds[1]);
    while (len < OUTPUT_MAX - 1 &&
           (n = read(fds[0], output + len, OUTPUT_MAX - 1 - len)) > 0)
        len += (size_t)n;
    output[len] = '\0';
    close(fds[0]);
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status)
               ? WEXITSTATUS(status)
               : -1;
}

static void
test_values(void)
{
    struct choices c = {.quiet = false};

    CHECK(read_line("", &c, false) == 0);
    CHECK(c.address == NULL && strcmp(c.port, "3000") == 0 && c.count == 3);
    CHECK(c.pause_ns == 20 * CLOCK_MS && c.length_ns == 0 && c.delay == NULL);
    CHECK(c.colour == 1 && !c.quiet && !c.loud && c.evens == 0);
    CHECK(read_line("-c -5 -qa :: --port=65535 --color blue", &c, false) == 0);
    CHECK(c.count == -5 && c.quiet && strcmp(c.port, "65535") == 0);
    CHECK(c.colour == 2);
    CHECK(read_line("--pause 1.5m --length 1us --delay 0", &c, false) == 0);
    CHECK(c.pause_ns == 90 * CLOCK_S && c.length_ns == CLOCK_US);
    CHECK(read_line("--pau 0 --even 2 --even 4 -lc4", &c, false) == 0);
    CHECK(c.pause_ns == 0 && c.evens == 2 && c.loud && c.count == 4);
}

static void
test_operands(void)
{
    struct choices c = {.quiet = false};

    CHECK(read_line("one -c 4 two", &c, false) == 2 && c.count == 4);
    CHECK(read_line("one -- -c 4", &c, false) == 3 && c.count == 3);
    CHECK(read_line("-c 4 one -c 5", &c, true) == 3 && c.count == 4);
}

static void
test_rejected(void)
{
    static const char *const lines[][2] = {
        {"-a ''", "--address: '' is not an address or a name"},
        {"-p 0", "--port: '0' is not a number from 1 to 65535"},
        {"-p 65536", "--port: '65536' is not a number from 1 to 65535"},
        {"-c 6", "--count: '6' is not a number from -5 to 5"},
        {"-c -6", "--count: '-6' is not a number from -5 to 5"},
        {"-c 4x", "--count: '4x' is not a number from -5 to 5"},
        {"-c 0x4", "--count: '0x4' is not a number from -5 to 5"},
        {"-c +4", "--count: '+4' is not a number from -5 to 5"},
        {"-c ''", "--count: '' is not a number from -5 to 5"},
        {"--count=99999999999999999999",
         "--count: '99999999999999999999' is not a number from -5 to 5"},
        {"--pause 2", "--pause: '2' has no unit; write 2s, 2ms or 2us"},
        {"--pause 2h", "--pause: '2h' has an unknown unit; use us, ms, s, m"},
        {"--pause s", "--pause: 's' is not a time; write 2s, 20ms, 250us"},
        {"--pause -2s", "--pause: '-2s' is not a time; write 2s, 20ms, 250us"},
        {"--pause 1e3s",
         "--pause: '1e3s' has an unknown unit; use us, ms, s, m"},
        {"--pause 1001m", "--pause: '1001m' is longer than 1000m"},
        {"--length 0", "--length: must be longer than 0"},
        {"--delay 0.5", "--delay: '0.5' has no unit; write 0.5s, 0.5ms or "
                        "0.5us"},
        {"--color pink", "--color: 'pink' is not red, green or blue"},
        {"--even 3", "--even: '3' is odd"},
        {"-q -l -c 1", "--quiet and --loud cannot be used together"},
        {"-l", "--loud: can only be used with --count"},
        {"--quiet=yes", "--quiet=yes: takes no value"},
        {"--nonsense", "--nonsense: no such option"},
        {"--co 3", "--co: could be --count or --color"},
        {"--co=3", "--co=3: could be --count or --color"},
        {"-qz", "-z: no such option"},
        {"-qc", "-qc: needs a value"},
        {"--count", "--count: needs a value"},
    };
    char output[OUTPUT_MAX];
    char expected[OUTPUT_MAX];

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        snprintf(expected, sizeof(expected), "hat: %s\ntry 'hat --help'\n",
                 lines[i][1]);
        CHECK(read_apart(lines[i][0], false, output) == 2);
        CHECK(strcmp(output, expected) == 0);
        if (strcmp(output, expected) != 0)
            printf("%s: got %s", lines[i][0], output);
    }
}

static void
test_help(void)
{
    static const char help[] =
        "Usage: hat\n"
        "  -a, --address=ADDR  of it\n"
        "  -p, --port=PORT     of it (default 3000)\n"
        "  -c, --count=N       is followed by what it may be and by what it is "
        "by\n"
        "                      default, which is never broken across two "
        "lines\n"
        "                      (-5 to 5; default 3)\n"
        "      --even=N        numbers\n"
        "      --pause=TIME    for so long (default 20ms)\n"
        "      --length=TIME   for so long\n"
        "      --delay=TIME    for so long\n"
        "      --color=NAME    of the hat (red, green or blue; default green)\n"
        "  -q, --quiet         say nothing\n"
        "  -l, --loud          say it loud\n"
        "  -h, --help          print this text\n"
        "  -V, --version       print the version\n"
        "Note.\n";
    char output[OUTPUT_MAX];

    CHECK(read_apart("-q --help -z", false, output) == 0);
    CHECK(strcmp(output, help) == 0);
    if (strcmp(output, help) != 0)
        printf("%s", output);
    CHECK(read_apart("-V", false, output) == 0);
    CHECK(strcmp(output, "hat " COMMAND_LINE_VERSION "\n") == 0);
    CHECK(read_apart("-z --help", false, output) == 2);
    CHECK(read_apart("command --help", true, output) == 99);
}

int
main(void)
{
    test_values();
    test_operands();
    test_rejected();
    test_help();
    return check_done();
}
