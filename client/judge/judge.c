/* judge - says what a server is, and what is wrong with it.
 *
 * Options are read here.  Each finding (finding.h) looks at one thing, at a
 * server that has just been started; character makes the verdict of what
 * they have seen. */

#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/arguments.h"
#include "client/target/command.h"
#include "client/judge/finding.h"
#include "client/judge/check_attack.h"
#include "client/interrupt.h"
#include "client/target/server_process.h"
#include "client/output.h"
#include "client/judge/target_server.h"
#include "client/draw/text.h"
#include "client/judge/verdict.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/net.h"
#include "common/options.h"

#define PROGRAM     "judge"
#define DELAY       "20ms"
#define ALONE       3 /* messages that tell how long one takes */
#define LIMIT_NS    (2 * CLOCK_S)
#define LIMIT_TIMES 20
#define QUIET_NS    (150 * CLOCK_MS)
#define QUIET_TIMES 5
#define START_NS    (10 * CLOCK_S)     /* for the very first answer */
#define MUTE        "protocol.message" /* what is looked at if none comes */

enum {
    OPT_PID = OPT_OWN,
    OPT_EXPECT,
    OPT_ONLY,
    OPT_SKIP,
    OPT_TAP,
    OPT_EXPLAIN,
    OPT_LIST,
};

static const struct option long_options[] = {
    {"port", required_argument, NULL, 'p'},
    {"pid", required_argument, NULL, OPT_PID},
    {"delay", required_argument, NULL, 'd'},
    {"expect", required_argument, NULL, OPT_EXPECT},
    {"only", required_argument, NULL, OPT_ONLY},
    {"skip", required_argument, NULL, OPT_SKIP},
    {"csv", required_argument, NULL, OPT_CSV},
    {"tap", no_argument, NULL, OPT_TAP},
    {"explain", required_argument, NULL, OPT_EXPLAIN},
    {"list", no_argument, NULL, OPT_LIST},
    ARGUMENTS_LOOK,
    {NULL, 0, NULL, 0},
};

static const char help_text[] =
    "Usage: judge [OPTION]... [--] COMMAND [ARG]...\n"
    "       judge [OPTION]... -p PORT [--pid PID]\n"
    "Says what a server is, and what is wrong with it.\n"
    "  bin/judge bin/prefork -w 3\n"
    "  bin/judge --expect pool:5 -- ./my-server --port {port} --delay {delay}\n"
    "  bin/judge --only protocol -p 3000       a server that runs already\n"
    "In COMMAND {port}, {delay} and {cpu} are put in; without {port} it gets "
    "-p "
    "0,\n"
    "-d and -C, and is to print 'listening on ADDRESS port PORT'.\n"
    "  -p, --port=PORT        a server that runs; it is not started or "
    "stopped\n"
    "      --pid=PID          its process, to be looked at in /proc\n"
    "  -d, --delay=TIME       waiting on each message (20ms)\n"
    "      --expect=MODEL     fail if it is not one-at-a-time, pool, pool:N,\n"
    "                         process-per-client, thread-per-client, "
    "event-loop\n"
    "      --only=LIST  --skip=LIST   of findings, groups (protocol) and "
    "tiers\n"
    "                         (must, should, attack), separated by commas\n"
    "      --list             the findings        --explain=FINDING\n"
    "      --csv=FILE         a row a finding     --tap  as Test Anything "
    "Protocol\n"
    "      --color=WHEN  --ascii  --width=N  -h, --help  -V, --version\n"
    "Exit status: 0 if no finding was not ok and the model is as expected, 1 "
    "if "
    "not,\n"
    "2 for a bad command line.\n";

/* The command line. */
struct choices {
    const char *port;
    const char *delay;
    const char *only;
    const char *skip;
    pid_t pid;
    bool tap;
    struct terminal_options look;
    struct output csv;
    struct expectation expected;
};

static void
list_and_exit(void)
{
    const struct finding *f;

    for (int i = 0; (f = verdict_finding(i)) != NULL; i++)
        printf("%-6s  %-22s  %s\n", verdict_tier(f->tier), f->name,
               f->looked_at);
    exit(fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

static void
explain_and_exit(const char *name)
{
    const struct finding *f;

    for (int i = 0; (f = verdict_finding(i)) != NULL; i++) {
        if (strcmp(f->name, name) != 0)
            continue;
        printf("%s (%s): %s\n\n", f->name, verdict_tier(f->tier), f->looked_at);
        text_words(stdout, f->explained, 0, TERMINAL_WIDTH_DEFAULT);
        printf("\nExpected: %s.\nRead: %s\n", f->expected, f->lesson);
        exit(fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    options_reject(PROGRAM, "--explain: '%s' is not a finding; see --list",
                   name);
}

static void
read_expected(struct choices *choices, const char *text)
{
    struct expectation *e = &choices->expected;

    if (!model_parse(text, &e->model, &e->places))
        options_reject(PROGRAM, "--expect: '%s' is not %s", text,
                       model_names());
    e->text = text;
}

/* Every name of a list is to be that of something. */
static void
check_list(const char *option, const char *list)
{
    char unknown[64];

    if (!verdict_list(list, unknown, sizeof(unknown)))
        options_reject(PROGRAM,
                       "%s: '%s' is not a finding, a group or a tier; see "
                       "--list",
                       option, unknown);
}

static void
read_option(struct choices *choices, int c, char **argv)
{
    if (arguments_look_option(PROGRAM, &choices->look, c, help_text) ||
        output_option(&choices->csv, 1, c))
        return;
    switch (c) {
    case 'p':
        choices->port = options_port(PROGRAM, optarg, 1);
        break;
    case 'd':
        (void)options_time(PROGRAM, "--delay", optarg);
        choices->delay = optarg;
        break;
    case OPT_PID:
        choices->pid = options_number(PROGRAM, "--pid", optarg, 1, INT_MAX);
        break;
    case OPT_EXPECT:
        read_expected(choices, optarg);
        break;
    case OPT_ONLY:
        check_list("--only", optarg);
        choices->only = optarg;
        break;
    case OPT_SKIP:
        check_list("--skip", optarg);
        choices->skip = optarg;
        break;
    case OPT_TAP:
        choices->tap = true;
        break;
    case OPT_EXPLAIN:
        explain_and_exit(optarg);
        break;
    case OPT_LIST:
        list_and_exit();
        break;
    default:
        options_refused(PROGRAM, c, argv);
    }
}

static void
read_command_line(struct choices *choices, int argc, char **argv)
{
    int c;

    *choices = (struct choices){
        .delay = DELAY,
        .csv = {.option = "--csv", .opt = OPT_CSV},
    };
    opterr = 0; /* the messages are ours */
    /* "+": what comes behind the command is its own. */
    while ((c = getopt_long(argc, argv, "+:p:d:hV", long_options, NULL)) != -1)
        read_option(choices, c, argv);
    if (choices->port == NULL && optind == argc)
        options_reject(PROGRAM, "COMMAND: a server is needed, as in: judge "
                                "bin/epoll");
    if (choices->port != NULL && optind < argc)
        options_reject(PROGRAM, "--port and COMMAND ('%s') exclude each other",
                       argv[optind]);
    if (choices->pid != 0 && choices->port == NULL)
        options_reject(PROGRAM, "--pid: goes with --port; a COMMAND is started "
                                "here");
    if (choices->tap && choices->csv.path != NULL &&
        strcmp(choices->csv.path, "-") == 0)
        options_reject(PROGRAM, "--tap and --csv - exclude each other");
}

/* Returns the server as a command, to be freed. */
static char *
read_command(char **words)
{
    /* One word is a command as compare has it: with blanks, and a name. */
    char *command = words[1] == NULL ? strdup(words[0]) : command_text(words);

    if (command == NULL)
        die("memory for the command");
    return command;
}

/* Finds out how long a message takes alone, and so how long to wait for what
 * may not come.  Returns false if nothing comes at all. */
static bool
calibrate(struct target_server *s)
{
    enum talk_result result;
    struct talk t;
    int heard = 0;

    s->limit_ns = START_NS;
    s->answer_ns = START_NS;
    result = target_server_visit(s, &t);
    while (result == TALK_OK && heard < ALONE) {
        int64_t began_ns = clock_now();

        result = talk_say(&t, "hello");
        if (result == TALK_OK)
            result = talk_hear(&t, "ack", s->limit_ns);
        /* A wrong answer is one, too. */
        heard += result == TALK_OK || result == TALK_WRONG;
        if (clock_now() - began_ns < s->answer_ns)
            s->answer_ns = clock_now() - began_ns;
    }
    talk_close(&t);
    if (heard == 0)
        s->answer_ns = 0;
    s->limit_ns = LIMIT_NS + LIMIT_TIMES * s->answer_ns;
    s->quiet_ns = QUIET_NS + QUIET_TIMES * s->answer_ns;
    return heard > 0;
}

static bool
is_interrupted(const struct target_server *s)
{
    struct pollfd stop = {.fd = s->stop_fd, .events = POLLIN};

    return poll(&stop, 1, 0) > 0;
}

/* Tells whether a finding does something to the server's processes, which are
 * not ours if it runs already. */
static bool
is_violent(const struct finding *f)
{
    return strcmp(f->name, "attack.worker") == 0 ||
           strcmp(f->name, "attack.descriptors") == 0 ||
           strcmp(f->name, "attack.signals") == 0;
}

/* Looks at one thing, at a server of its own. */
static struct outcome
look_at(struct target_server *s, const struct finding *f)
{
    struct outcome o = {.result = FINDING_UNKNOWN};
    char why[SERVER_PROCESS_WHY_MAX];

    if (target_server_start(s, NULL, NULL, why) == -1) {
        finding_not_ok(&o, "%s", why);
        return o;
    }
    if (s->command == NULL && is_violent(f))
        finding_unknown(&o, "runs already: that is not done to it");
    else
        f->look(s, &o);
    if (s->pid != 0 || s->command == NULL)
        (void)target_server_stop(s); /* how it ends is looked at elsewhere */
    return o;
}

/* Makes the acquaintance of a server.  Returns false, and says why, if there is
 * nothing to judge; *mute is whether it gives no answer even to a client that
 * is alone. */
static bool
meet(struct target_server *s, const struct choices *choices, bool *mute)
{
    char why[SERVER_PROCESS_WHY_MAX];

    s->character = model_new();
    s->at_once = TARGET_SERVER_UNKNOWN;
    if (s->command == NULL)
        s->to_len = net_resolve("127.0.0.1", choices->port, &s->to);
    if (target_server_start(s, NULL, NULL, why) == -1) {
        log_error("the server %s", why);
        return false;
    }
    *mute = !calibrate(s);
    (void)target_server_stop(s); /* how it ends is looked at elsewhere */
    return true;
}

/* Looks at all that was chosen. */
static void
look_at_all(struct verdict *v, struct target_server *s,
            const struct choices *choices, bool mute)
{
    const struct finding *f;

    for (int i = 0; (f = verdict_finding(i)) != NULL && !is_interrupted(s);
         i++) {
        bool chosen =
            (choices->only == NULL || verdict_matches(f, choices->only)) &&
            !(choices->skip != NULL && verdict_matches(f, choices->skip));

        /* Others are built on it, and so is the verdict. */
        if (!chosen && (mute || !verdict_is_basic(f)))
            continue;
        if (chosen)
            verdict_look(v, f);
        v->outcomes[i] = look_at(s, f);
        if (chosen)
            verdict_show(v, i);
    }
}

/* Lines are broken where somebody looks at them, and whole where they are
 * searched. */
static int
line_width(const struct choices *choices, const struct terminal *terminal,
           FILE *text)
{
    if (choices->look.width > 0 || isatty(fileno(text)))
        return terminal->width;
    return INT_MAX;
}

int
main(int argc, char **argv)
{
    struct choices choices;
    struct target_server subject = {.command = NULL};
    struct terminal terminal;
    struct verdict verdict;
    char *command = NULL;
    FILE *text;
    bool mute;
    bool passed;

    log_open(PROGRAM);
    read_command_line(&choices, argc, argv);
    output_open(&choices.csv, 1);
    text = output_text(&choices.csv, 1);
    terminal = terminal_ask(fileno(text), &choices.look);
    server_process_prepare();
    (void)net_raise_limit(); /* for the crowds that it plays */
    subject.stop_fd = interrupt_catch();
    subject.delay = choices.delay;
    subject.pid = choices.pid;
    if (choices.port == NULL)
        command = read_command(argv + optind);
    subject.command = command;

    if (!meet(&subject, &choices, &mute)) {
        free(command);
        return EXIT_FAILURE;
    }
    if (mute) {
        /* Nothing else can be told of it. */
        choices.only = MUTE;
        choices.skip = NULL;
    }
    verdict_open(&verdict, text, line_width(&choices, &terminal, text),
                 terminal.colour, choices.tap);
    look_at_all(&verdict, &subject, &choices, mute);
    subject.character.select_limit = check_attack_select_limit();
    passed = verdict_close(&verdict, &subject.character, &choices.expected,
                           is_interrupted(&subject));
    if (output_begin(&choices.csv) != NULL)
        verdict_csv(&verdict, choices.csv.file);
    passed = output_end(&choices.csv) && passed;
    free(command);
    return passed ? EXIT_SUCCESS : EXIT_FAILURE;
}
