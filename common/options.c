#include "common/options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"

#define TIME_MAX_NS (1000 * 60 * CLOCK_S)
#define OPT_TRAITS  256 /* has no letter */

static const struct option long_options[] = {
    {"address", required_argument, NULL, 'a'},
    {"port", required_argument, NULL, 'p'},
    {"delay", required_argument, NULL, 'd'},
    {"cpu", required_argument, NULL, 'C'},
    {"backlog", required_argument, NULL, 'b'},
    {"idle-timeout", required_argument, NULL, 't'},
    {"quiet", no_argument, NULL, 'q'},
    {"verbose", no_argument, NULL, 'v'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {"traits", no_argument, NULL, OPT_TRAITS},
};

#define SHARED_OPTIONS (sizeof(long_options) / sizeof(long_options[0]))
#define SHORT_OPTIONS  ":a:p:d:C:b:t:qvhV"

void
options_reject(const char *program, const char *format, ...)
{
    va_list args;

    fprintf(stderr, "%s: ", program);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\ntry '%s --help'\n", program);
    exit(2);
}

void
options_refused(const char *program, int result, char **argv)
{
    const char *word = argv[optind - 1];

    /* A long option is the whole word; a short one may stand among others, and
     * getopt_long says which in optopt. */
    if (result == ':')
        options_reject(program, "%s: needs a value", word);
    if (strncmp(word, "--", 2) == 0 && optopt != 0)
        options_reject(program, "%s: takes no value", word);
    if (strncmp(word, "--", 2) == 0)
        options_reject(program, "%s: no such option", word);
    options_reject(program, "-%c: no such option", optopt);
}

int
options_number(const char *program, const char *option, const char *text,
               int min, int max)
{
    char *end;
    long value;

    errno = 0;
    value = strtol(text, &end, 10);
    /* strtol would also take leading blanks and an empty text. */
    if (!isdigit((unsigned char)(*text == '-' ? text[1] : *text)) ||
        *end != '\0' || errno != 0 || value < min || value > max)
        options_reject(program, "%s: '%s' is not a number from %d to %d",
                       option, text, min, max);
    return (int)value;
}

const char *
options_port(const char *program, const char *text, int min)
{
    (void)options_number(program, "--port", text, min, 65535);
    return text;
}

/* Returns how many nanoseconds the unit has, 0 if there is no such unit. */
static int64_t
unit_ns(const char *unit)
{
    if (strcmp(unit, "us") == 0)
        return CLOCK_US;
    if (strcmp(unit, "ms") == 0)
        return CLOCK_MS;
    if (strcmp(unit, "s") == 0)
        return CLOCK_S;
    if (strcmp(unit, "m") == 0)
        return 60 * CLOCK_S;
    return 0;
}

/* Returns the unit behind a number, text itself if there is no number. */
static const char *
behind_number(const char *text)
{
    size_t len = strspn(text, "0123456789");

    if (len > 0 && text[len] == '.')
        len += 1 + strspn(text + len + 1, "0123456789");
    return text + len;
}

bool
options_is_time(const char *text, int64_t *ns)
{
    const char *unit = behind_number(text);
    double value;

    if (unit == text)
        return false;
    value = strtod(text, NULL) * (double)unit_ns(unit);
    if ((unit_ns(unit) == 0 && strcmp(text, "0") != 0) ||
        value > (double)TIME_MAX_NS)
        return false;
    *ns = (int64_t)value;
    return true;
}

int64_t
options_time(const char *program, const char *option, const char *text)
{
    const char *unit = behind_number(text);
    int64_t ns;

    if (options_is_time(text, &ns))
        return ns;
    if (unit == text)
        options_reject(program, "%s: '%s' is not a time; write 2s, 20ms, 250us",
                       option, text);
    if (*unit == '\0')
        options_reject(program, "%s: '%s' has no unit; write %ss, %sms or %sus",
                       option, text, text, text, text);
    if (unit_ns(unit) == 0)
        options_reject(program,
                       "%s: '%s' has an unknown unit; use us, ms, s, m", option,
                       text);
    options_reject(program, "%s: '%s' is longer than " TIME_MAX_NAME, option,
                   text);
}

bool
options_instant(const struct options *opt)
{
    return opt->delay_ns == 0 && opt->cpu_ns == 0;
}

static _Noreturn void
help(const struct options_about *about, const struct options *opt)
{
    char command[64];

    snprintf(command, sizeof(command), "bin/%s -d 200ms -p 0", about->name);
    printf("Usage: %s [OPTION]...\n%s\n\n", about->name, about->summary);
    printf("  bin/%-32s waits 2 s on each message, port 3000\n"
           "  %-36s 200 ms, and any free port\n\n",
           about->name, command);
    printf("  -a, --address=ADDR       listen here (%s)\n"
           "  -p, --port=PORT          0 lets the kernel choose (%s)\n"
           "  -d, --delay=TIME         wait so long on each message (2s)\n"
           "  -C, --cpu=TIME           compute so long on each message (0)\n",
           opt->address, opt->port);
    if (about->extra & OPTIONS_WORKERS)
        printf("  -w, --workers=N          1 to %d workers (%d)\n", WORKERS_MAX,
               opt->workers);
    if (about->extra & OPTIONS_MAX_CLIENTS)
        printf("  -m, --max-clients=N      serve so many at once (%d)\n",
               opt->max_clients);
    printf("  -b, --backlog=N          length of the listen queue (%d)\n"
           "  -t, --idle-timeout=TIME  hang up on a client silent so long (0: "
           "never)\n"
           "  -q, --quiet              no event lines on stderr\n"
           "  -v, --verbose            also each system call as it returns\n"
           "  -h, --help               this text\n"
           "  -V, --version            the version\n"
           "      --traits             what the model does, for programs\n\n",
           opt->backlog);
    printf("TIME is a number with its unit: 250us, 20ms, 2s, 1m.\n"
           "SIGINT or SIGTERM ends the server after the message in hand, a "
           "second one\nat once.\n"
           "Lesson: %s\n",
           about->lesson);
    exit(fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

static _Noreturn void
print_line(const char *first, const char *second)
{
    printf("%s%s\n", first, second);
    exit(fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* What getopt_long is to accept of a server. */
struct grammar {
    struct option longs[SHARED_OPTIONS + 3]; /* the last one is zero */
    char shorts[sizeof(SHORT_OPTIONS) + 4];
};

static void
make_grammar(struct grammar *g, enum options_extra extra)
{
    struct option *next = g->longs + SHARED_OPTIONS;

    *g = (struct grammar){0};
    memcpy(g->longs, long_options, sizeof(long_options));
    if (extra & OPTIONS_WORKERS)
        *next++ = (struct option){"workers", required_argument, NULL, 'w'};
    if (extra & OPTIONS_MAX_CLIENTS)
        *next++ = (struct option){"max-clients", required_argument, NULL, 'm'};
    snprintf(g->shorts, sizeof(g->shorts), "%s%s%s", SHORT_OPTIONS,
             extra & OPTIONS_WORKERS ? "w:" : "",
             extra & OPTIONS_MAX_CLIENTS ? "m:" : "");
}

/* Takes option c, whose value, if it has one, is in optarg. */
static void
read_option(struct options *opt, const struct options_about *about, int c,
            char **argv)
{
    const char *name = about->name;

    switch (c) {
    case 'a':
        opt->address = optarg;
        break;
    case 'p':
        opt->port = options_port(name, optarg, 0);
        break;
    case 'd':
        opt->delay_ns = options_time(name, "--delay", optarg);
        break;
    case 'C':
        opt->cpu_ns = options_time(name, "--cpu", optarg);
        break;
    case 'b':
        opt->backlog =
            options_number(name, "--backlog", optarg, 1, BACKLOG_MAX);
        break;
    case 't':
        opt->idle_ns = options_time(name, "--idle-timeout", optarg);
        break;
    case 'w':
        opt->workers =
            options_number(name, "--workers", optarg, 1, WORKERS_MAX);
        break;
    case 'm':
        opt->max_clients =
            options_number(name, "--max-clients", optarg, 1, CLIENTS_MAX);
        break;
    case 'h':
        help(about, opt);
    case 'V':
        print_line(name, " " OPTIONS_VERSION);
    case OPT_TRAITS:
        print_line(about->traits, "");
    default:
        options_refused(name, c, argv);
    }
}

void
options_read(struct options *opt, const struct options_about *about, int argc,
             char **argv)
{
    struct grammar g;
    bool quiet = false;
    bool verbose = false;
    int c;

    log_open(about->name);
    *opt = (struct options){
        .address = "127.0.0.1",
        .port = "3000",
        .delay_ns = 2 * CLOCK_S,
        .backlog = 511,
        .workers = 5,
        .max_clients = 512,
    };
    make_grammar(&g, about->extra);
    opterr = 0; /* the messages are ours */
    while ((c = getopt_long(argc, argv, g.shorts, g.longs, NULL)) != -1) {
        if (c == 'q')
            quiet = true;
        else if (c == 'v')
            verbose = true;
        else
            read_option(opt, about, c, argv);
    }
    if (optind < argc)
        options_reject(about->name, "'%s': this program takes options only",
                       argv[optind]);
    if (*opt->address == '\0')
        options_reject(about->name,
                       "--address: '' is not an address or a name");
    if (quiet && verbose)
        options_reject(about->name, "--quiet and --verbose exclude each other");
    log_set_level(quiet ? LOG_QUIET : verbose ? LOG_VERBOSE : LOG_EVENTS);
}
