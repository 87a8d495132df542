/* client - plays any number of clients against a server, checks every byte that
 * comes back, and draws what happened.
 *
 * The same client runs against every server of the suite; what differs in its
 * picture is the server.  Options are read here; record is what happened, run
 * and lane make it happen, figures, timeline and report show it. */

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/figures.h"
#include "client/plan.h"
#include "client/record.h"
#include "client/report.h"
#include "client/run.h"
#include "client/terminal.h"
#include "client/timeline.h"
#include "common/log.h"
#include "common/net.h"
#include "common/options.h"

#define PROGRAM   "client"
#define WIDTH_MIN 20

enum {
    OPT_PIPELINE = 256, /* options without a short form */
    OPT_SIZE,
    OPT_STAGGER,
    OPT_TIMEOUT,
    OPT_DRIBBLE,
    OPT_VANISH,
    OPT_SILENT,
    OPT_COLOR,
    OPT_ASCII,
    OPT_WIDTH,
};

static const struct option long_options[] = {
    {"address", required_argument, NULL, 'a'},
    {"port", required_argument, NULL, 'p'},
    {"clients", required_argument, NULL, 'c'},
    {"messages", required_argument, NULL, 'n'},
    {"pipeline", required_argument, NULL, OPT_PIPELINE},
    {"size", required_argument, NULL, OPT_SIZE},
    {"stagger", required_argument, NULL, OPT_STAGGER},
    {"timeout", required_argument, NULL, OPT_TIMEOUT},
    {"dribble", required_argument, NULL, OPT_DRIBBLE},
    {"vanish", no_argument, NULL, OPT_VANISH},
    {"silent", no_argument, NULL, OPT_SILENT},
    {"quiet", no_argument, NULL, 'q'},
    {"color", required_argument, NULL, OPT_COLOR},
    {"ascii", no_argument, NULL, OPT_ASCII},
    {"width", required_argument, NULL, OPT_WIDTH},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

static const char help_text[] =
    "Usage: client [OPTION]... [CLIENTS [THINK]]\n"
    "CLIENTS (1) connect at once; each sends messages, waits for each answer "
    "and\n"
    "says goodbye. THINK is its pause between two messages, a TIME or "
    "seconds.\n"
    "  bin/client -n 3 6             six clients, three messages each\n"
    "  bin/client -p 41234 3 0.5     three, half a second between messages\n"
    "  -a, --address=ADDR  -p, --port=PORT   of the server (127.0.0.1, 3000)\n"
    "  -c, --clients=N     the same as CLIENTS, 1 to 100000\n"
    "  -n, --messages=N    messages of each client, 0 to 1000000 (5)\n"
    "      --pipeline=N    send up to N messages before the first is answered "
    "(1)\n"
    "      --size=BYTES    of each message, up to 1048576; above 4096 the "
    "answer\n"
    "                      is to be nak\n"
    "      --stagger=TIME  between the starts of two clients (0)\n"
    "      --timeout=TIME  give up after so long; 0: never (0)\n"
    "      --dribble=TIME  send one byte at a time, so long apart\n"
    "      --vanish        reset the connection in the middle of the last "
    "message\n"
    "      --silent        connect and say nothing until the server hangs up\n"
    "  -q, --quiet         no event lines\n"
    "      --color=WHEN    auto, always or never        --ascii    no UTF-8\n"
    "      --width=N       columns to draw on           -h, --help, -V, "
    "--version\n"
    "TIME is a number with its unit: 250us, 20ms, 2s, 1m.\n"
    "Exit status: 0 if every client got every answer (--vanish: up to the "
    "reset;\n"
    "--silent: if nothing came but the end, however it ended), 1 if not or if\n"
    "interrupted, 2 for a bad command line.\n";

/* The command line. */
struct choices {
    struct plan plan;
    const char *address;
    const char *port;
    bool quiet;
    bool ascii;
    enum terminal_when colour;
    int width; /* 0: not given */
};

/* The handler writes to one end, the run waits at the other. */
static int stop_pipe[2];

static void
request_stop(int signal_number)
{
    int saved = errno;

    (void)signal_number;
    /* It can only fail because it is full, and then a request is in it. */
    (void)!write(stop_pipe[1], "", 1);
    errno = saved;
}

static void
catch_signals(void)
{
    /* The second signal finds the default action and ends at once. */
    struct sigaction action = {
        .sa_handler = request_stop,
        .sa_flags = (int)SA_RESETHAND,
    };

    if (pipe(stop_pipe) == -1)
        die("pipe");
    for (int i = 0; i < 2; i++)
        if (fcntl(stop_pipe[i], F_SETFD, FD_CLOEXEC) == -1 ||
            fcntl(stop_pipe[i], F_SETFL, O_NONBLOCK) == -1)
            die("fcntl");
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGINT, &action, NULL) == -1 ||
        sigaction(SIGTERM, &action, NULL) == -1)
        die("sigaction");
}

static _Noreturn void
print_and_exit(const char *text)
{
    fputs(text, stdout);
    exit(fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

static enum terminal_when
read_colour(const char *text)
{
    if (strcmp(text, "auto") == 0)
        return TERMINAL_AUTO;
    if (strcmp(text, "always") == 0)
        return TERMINAL_ALWAYS;
    if (strcmp(text, "never") == 0)
        return TERMINAL_NEVER;
    options_reject(PROGRAM, "--color: '%s' is not auto, always or never", text);
}

/* Reads THINK: a TIME, or a number of seconds without a unit. */
static int64_t
read_think(const char *text)
{
    char seconds[32];
    size_t len = strlen(text);

    if (len == 0 || !isdigit((unsigned char)*text) ||
        strspn(text, "0123456789.") != len || len + 2 > sizeof(seconds))
        return options_time(PROGRAM, "THINK", text);
    snprintf(seconds, sizeof(seconds), "%ss", text);
    return options_time(PROGRAM, "THINK", seconds);
}

static void
read_plan_option(struct plan *plan, int c)
{
    switch (c) {
    case 'c':
        plan->clients =
            options_number(PROGRAM, "--clients", optarg, 1, PLAN_CLIENTS_MAX);
        break;
    case 'n':
        plan->messages =
            options_number(PROGRAM, "--messages", optarg, 0, PLAN_MESSAGES_MAX);
        break;
    case OPT_PIPELINE:
        plan->pipeline =
            options_number(PROGRAM, "--pipeline", optarg, 1, PLAN_MESSAGES_MAX);
        break;
    case OPT_SIZE:
        plan->size =
            options_number(PROGRAM, "--size", optarg, 0, PLAN_SIZE_MAX);
        break;
    case OPT_STAGGER:
        plan->stagger_ns = options_time(PROGRAM, "--stagger", optarg);
        break;
    case OPT_TIMEOUT:
        plan->timeout_ns = options_time(PROGRAM, "--timeout", optarg);
        break;
    case OPT_DRIBBLE:
        plan->dribble_ns = options_time(PROGRAM, "--dribble", optarg);
        break;
    case OPT_VANISH:
    case OPT_SILENT:
        if (plan->manner != PLAN_POLITE)
            options_reject(PROGRAM, "--vanish and --silent exclude each other");
        plan->manner = c == OPT_VANISH ? PLAN_VANISH : PLAN_SILENT;
        break;
    default:
        break;
    }
}

static void
read_option(struct choices *choices, int c, char **argv)
{
    switch (c) {
    case 'a':
        choices->address = optarg;
        break;
    case 'p':
        choices->port = options_port(PROGRAM, optarg, 1);
        break;
    case 'q':
        choices->quiet = true;
        break;
    case OPT_COLOR:
        choices->colour = read_colour(optarg);
        break;
    case OPT_ASCII:
        choices->ascii = true;
        break;
    case OPT_WIDTH:
        choices->width = options_number(PROGRAM, "--width", optarg, WIDTH_MIN,
                                        TIMELINE_WIDTH_MAX);
        break;
    case 'h':
        print_and_exit(help_text);
    case 'V':
        print_and_exit(PROGRAM " " OPTIONS_VERSION "\n");
    case '?':
    case ':':
        options_refused(PROGRAM, c, argv);
    default:
        read_plan_option(&choices->plan, c);
    }
}

/* What one value at a time cannot tell. */
static void
check_plan(const struct plan *plan)
{
    int64_t total = (int64_t)plan->clients * plan->messages;

    if (total > PLAN_TOTAL_MAX)
        options_reject(PROGRAM,
                       "--messages: %d clients of %d messages are %lld; at "
                       "most %d in one run",
                       plan->clients, plan->messages, (long long)total,
                       PLAN_TOTAL_MAX);
    if (plan->manner == PLAN_VANISH && plan->messages == 0)
        options_reject(PROGRAM, "--vanish: needs a message to vanish in; "
                                "--messages is 0");
}

static void
read_command_line(struct choices *choices, int argc, char **argv)
{
    struct plan *plan = &choices->plan;
    int c;

    *choices = (struct choices){
        .plan = {.messages = 5, .pipeline = 1, .size = PLAN_SIZE_NATURAL},
        .address = "127.0.0.1",
        .port = "3000",
    };
    opterr = 0; /* the messages are ours */
    while ((c = getopt_long(argc, argv, ":a:p:c:n:qhV", long_options, NULL)) !=
           -1)
        read_option(choices, c, argv);
    if (*choices->address == '\0')
        options_reject(PROGRAM, "--address: '' is not an address or a name");
    if (optind < argc && plan->clients > 0)
        options_reject(PROGRAM,
                       "--clients and CLIENTS ('%s') exclude each "
                       "other",
                       argv[optind]);
    if (optind < argc)
        plan->clients = options_number(PROGRAM, "CLIENTS", argv[optind++], 1,
                                       PLAN_CLIENTS_MAX);
    if (optind < argc)
        plan->think_ns = read_think(argv[optind++]);
    if (optind < argc)
        options_reject(PROGRAM, "'%s': nothing is expected after THINK",
                       argv[optind]);
    if (plan->clients == 0)
        plan->clients = 1;
    check_plan(plan);
}

static void
check_descriptors(const struct plan *plan)
{
    int needed = run_lacks_descriptors(plan->clients);

    if (needed == 0)
        return;
    log_error("%d clients need %d descriptors, more than this process may "
              "have; type 'ulimit -n %d' first",
              plan->clients, needed, needed);
    exit(EXIT_FAILURE);
}

/* Draws the lanes if there is anything on them. */
static void
draw(const struct choices *choices, const struct terminal *terminal,
     const struct record *record, const struct figures *figures)
{
    struct timeline_options options = {
        .width = terminal->width,
        .lanes = timeline_lanes(terminal->width, terminal->height),
        .utf8 = terminal->utf8 && !choices->ascii,
        .colour = terminal->colour,
    };

    if (figures->connected == 0)
        return;
    if (timeline_draw(stdout, record, figures, &options) == -1)
        die("memory for the timeline");
}

static int
exit_status(const struct record *record, const struct figures *figures)
{
    if (figures->failed > 0)
        return EXIT_FAILURE;
    if (record->plan.manner == PLAN_SILENT)
        return EXIT_SUCCESS;
    return figures->open > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* Shows what was recorded; returns the exit status. */
static int
show(const struct choices *choices, const struct terminal *terminal,
     const struct record *record)
{
    struct figures figures;

    if (figures_compute(&figures, record) == -1)
        die("memory for the figures");
    draw(choices, terminal, record, &figures);
    report_summary(stdout, record, &figures, terminal->width);
    /* Before what goes to stderr, so that it is read in this order.  A stdout
     * that is closed changes nothing about the run. */
    (void)fflush(stdout);
    report_faults(stderr, record);
    if (report_nobody_there(record))
        log_error("nobody listens on %s port %s; start a server first, as in: "
                  "bin/epoll -p %s",
                  choices->address, choices->port, choices->port);
    return exit_status(record, &figures);
}

int
main(int argc, char **argv)
{
    struct choices choices;
    struct sockaddr_storage to;
    struct terminal terminal;
    struct watcher watcher;
    struct record record;
    socklen_t to_len;
    int status;

    log_open(PROGRAM);
    read_command_line(&choices, argc, argv);
    check_descriptors(&choices.plan);
    to_len = net_resolve(choices.address, choices.port, &to);
    terminal = terminal_ask(STDOUT_FILENO, choices.colour);
    if (choices.width > 0)
        terminal.width = choices.width;
    if (record_open(&record, &choices.plan) == -1)
        die("memory for the record");
    catch_signals();

    report_plan(stdout, &choices.plan, choices.address, choices.port,
                terminal.width);
    (void)fflush(stdout); /* before the first wait; if it fails, so be it */
    watcher = choices.quiet ? report_nothing() : report_events(stdout);
    run_play(&record, &to, to_len, &watcher, stop_pipe[0]);
    status = show(&choices, &terminal, &record);
    record_close(&record);
    return status;
}
