/* judge - says what a server is, and what is wrong with it.
 *
 * This file reads the options and goes through the findings (finding.h).  Each
 * looks at one thing, in a server that has just been started for it (checks.h).
 * model.h says which model of server they have seen, and verdict.h prints it
 * all. */

#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/arguments.h"
#include "client/draw/text.h"
#include "client/interrupt.h"
#include "client/judge/checks.h"
#include "client/judge/finding.h"
#include "client/judge/target_server.h"
#include "client/judge/verdict.h"
#include "client/output.h"
#include "client/play/address.h"
#include "client/program.h"
#include "client/target/command.h"
#include "client/target/server_process.h"
#include "common/clock.h"
#include "common/command_line.h"
#include "common/log.h"
#include "common/net.h"

#define PROGRAM       "judge"
#define ALONE         3 /* messages that tell how long one takes */
#define LIMIT_NS      (2 * CLOCK_S)
#define LIMIT_TIMES   20
#define SILENCE_NS    (150 * CLOCK_MS)
#define SILENCE_TIMES 5
#define START_NS      (10 * CLOCK_S) /* for the very first answer */
#define STOP_NS       (2 * CLOCK_S)
#define FIRST         "protocol.message" /* all that is looked at if none comes */

/* The command line. */
struct choices {
    struct address_place place;
    const char *delay;
    const char *only;
    const char *skip;
    pid_t pid;
    bool tap;
    struct terminal_options look;
    struct output csv;
    struct expectation expected;
};

static bool
list_and_exit(const char *text, void *to, char why[VALUES_WHY_MAX])
{
    const struct finding *f;

    (void)text, (void)to, (void)why;
    for (int i = 0; (f = verdict_finding(i)) != NULL; i++)
        printf("%-6s  %-22s  %s\n", verdict_tier(f->tier), f->name,
               f->looked_at);
    command_line_exit();
}

static bool
explain_and_exit(const char *name, void *to, char why[VALUES_WHY_MAX])
{
    const struct finding *f;

    (void)to;
    for (int i = 0; (f = verdict_finding(i)) != NULL; i++) {
        if (strcmp(f->name, name) != 0)
            continue;
        printf("%s (%s): %s\n\n", f->name, verdict_tier(f->tier), f->looked_at);
        text_words(stdout, f->explained, 0, TERMINAL_WIDTH_DEFAULT);
        printf("\nExpected: %s.\n", f->expected);
        if (f->mend != NULL)
            text_words(stdout, f->mend, 0, TERMINAL_WIDTH_DEFAULT);
        printf("Read: %s\n", f->lesson);
        command_line_exit();
    }
    snprintf(why, VALUES_WHY_MAX, "'%s' is not a finding; see --list", name);
    return false;
}

static bool
read_expected(const char *text, void *to, char why[VALUES_WHY_MAX])
{
    struct expectation *e = to;

    e->text = text;
    if (model_parse(text, &e->model, &e->places))
        return true;
    snprintf(why, VALUES_WHY_MAX, "'%s' is not %s", text, model_names());
    return false;
}

/* Reads a list of findings, groups and tiers. */
static bool
read_list(const char *list, void *to, char why[VALUES_WHY_MAX])
{
    char unknown[64];

    *(const char **)to = list;
    if (verdict_list(list, unknown, sizeof(unknown)))
        return true;
    snprintf(why, VALUES_WHY_MAX,
             "'%s' is not a finding, a group or a tier; see --list", unknown);
    return false;
}

#define INTO(member) offsetof(struct choices, member)

static const struct command_line_option judge_options[] = {
    {"port", 'p', "[HOST:]PORT", VALUES_OWN, INTO(place), .read = address_read,
     .help = "judge a server that runs already, and keep it running"},
    {"pid", 0, "PID", VALUES_NUMBER, INTO(pid), 1, INT_MAX, .needs = "port",
     .help = "look at the server's process PID in /proc"},
    {"delay", 'd', "TIME", VALUES_TIME_TEXT, INTO(delay), .initial = "20ms",
     .help = "wait for TIME on each message"},
    {"expect", 0, "MODEL", VALUES_OWN, INTO(expected), .read = read_expected,
     .help = "fail if it is not one-at-a-time, pool, pool:N, "
             "process-per-client, thread-per-client, event-loop"},
    {"only", 0, "LIST", VALUES_OWN, INTO(only), .read = read_list,
     .help = "look at these findings, groups (protocol) and tiers (must, "
             "should, attack), separated by commas"},
    {"skip", 0, "LIST", VALUES_OWN, INTO(skip), .read = read_list,
     .help = "do not look at these"},
    {"list", .kind = VALUES_OWN, .read = list_and_exit,
     .help = "list all findings"},
    {"explain", 0, "FINDING", VALUES_OWN, .read = explain_and_exit,
     .help = "print what a finding looks at, and why"},
    {"csv", 0, "FILE", VALUES_TEXT, INTO(csv.path),
     .help = "write a row per finding; '-' is stdout"},
    {"tap", .offset = INTO(tap), .help = "print as Test Anything Protocol"},
};

static const char usage[] =
    "Usage: judge [OPTION]... [--] COMMAND [ARG]...\n"
    "       judge [OPTION]... -p PORT [--pid PID]\n"
    "Says what a server is, and what is wrong with it.\n"
    "\n"
    "  bin/judge bin/prefork -w 3\n"
    "  bin/judge --expect pool:5 -- ./my-server --port {port} --delay {delay}\n"
    "  bin/judge --only protocol -p 3000       a server that runs already\n"
    "\n"
    "In COMMAND, {port}, {delay} and {cpu} are replaced.  Without {port}, it\n"
    "gets -p 0, -d and -C and must print 'listening on ADDRESS port PORT'.\n"
    "\n";

static const char notes[] =
    "\n"
    "TIME is a number with its unit: 250us, 20ms, 2s, 1m.\n"
    "Exit status: 1 if a finding is not ok, if the model is not the expected\n"
    "one or if interrupted, 2 for a bad command line, otherwise 0.\n";

/* Reads the command line.  Returns the index in argv of the COMMAND. */
static int
read_command_line(struct choices *choices, int argc, char **argv)
{
    const struct command_line_program program = {
        .name = PROGRAM,
        .usage = usage,
        .notes = notes,
        .takes_command = true,
        .groups = {COMMAND_LINE_GROUP(judge_options, choices),
                   arguments_look(&choices->look)},
    };
    int first;

    first = command_line_read(&program, argc, argv);
    if (*choices->place.port == '\0' && first == argc)
        command_line_reject("COMMAND: a server is needed, as in: judge "
                            "bin/epoll");
    if (*choices->place.port != '\0' && first < argc)
        command_line_reject("--port and COMMAND ('%s') cannot be used together",
                            argv[first]);
    if (choices->tap && choices->csv.path != NULL &&
        strcmp(choices->csv.path, "-") == 0)
        command_line_reject("--tap and --csv - cannot be used together");
    return first;
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

/* Measures how long a message takes alone, and derives from it how long to wait
 * for what may not come.  Returns false if no answer comes at all. */
static bool
calibrate(struct target_server *s)
{
    int answers;

    s->limit_ns = START_NS;
    answers = target_server_time(s, ALONE, &s->answer_ns, &s->answer_max_ns);
    if (answers == 0)
        s->answer_ns = 0;
    s->limit_ns = LIMIT_NS + LIMIT_TIMES * s->answer_ns;
    s->silence_ns = SILENCE_NS + SILENCE_TIMES * s->answer_ns;
    return answers > 0;
}

/* Starts the server for the first time, and measures it.  Returns false, and
 * says why, if there is nothing to judge; *answers is whether it answers a
 * client that is alone. */
static bool
prepare(struct target_server *s, const struct choices *choices, bool *answers)
{
    char why[SERVER_PROCESS_WHY_MAX];
    int64_t began_ns = clock_now();

    s->model = model_new();
    if (s->command == NULL &&
        !target_server_meet(s, choices->place.host, choices->place.port, why)) {
        log_error("--port: %s", why);
        return false;
    }
    if (target_server_start(s, NULL, NULL, why) == -1) {
        log_error("the server %s", why);
        return false;
    }
    s->start_ns = clock_now() - began_ns;
    *answers = calibrate(s);
    s->stop_ns = target_server_stop_within(s, STOP_NS);
    return true;
}

/* Tells whether a finding on which f depends is not ok or not looked at; then
 * the outcome names the one that is not ok. */
static bool
has_cause(const struct finding *f, const struct outcome *all, struct outcome *o)
{
    const struct finding *other;

    for (int i = 0; (other = verdict_finding(i)) != f; i++) {
        bool depends =
            strcmp(other->name, FIRST) == 0 ||
            (f->depends_on != NULL && verdict_matches(other, f->depends_on));

        if (depends && all[i].result == FINDING_NOT_OK) {
            finding_set(o, FINDING_NOT_LOOKED_AT, "needs %s", other->name);
            return true;
        }
        if (depends && all[i].result == FINDING_NOT_LOOKED_AT) {
            *o = all[i];
            return true;
        }
    }
    return false;
}

/* Looks at all that was chosen. */
static void
check_all(struct verdict *v, struct target_server *s,
          const struct choices *choices, bool answers)
{
    struct outcome all[VERDICT_FINDINGS_MAX] = {{.result = FINDING_OK}};
    const struct finding *f;

    for (int i = 0; (f = verdict_finding(i)) != NULL; i++) {
        struct outcome o;
        bool chosen =
            (choices->only == NULL || verdict_matches(f, choices->only)) &&
            !(choices->skip != NULL && verdict_matches(f, choices->skip));

        if (!chosen && !(f->is_basic && answers))
            continue;
        if (chosen)
            verdict_progress(v, f);
        if (!has_cause(f, all, &o))
            o = checks_run(s, f);
        all[i] = o;
        /* What was seen of an interrupted check means nothing. */
        if (interrupt_requested())
            return;
        if (chosen)
            verdict_show(v, f, &o);
    }
}

/* Returns the columns of a line: those of a terminal, and no limit where a
 * program reads the lines. */
static int
line_width(const struct choices *choices, const struct program *program)
{
    if (choices->look.width > 0 || isatty(fileno(program->text)))
        return program->terminal.width;
    return INT_MAX;
}

int
main(int argc, char **argv)
{
    struct choices choices = {.csv = {.option = "--csv"}};
    struct target_server server = {.command = NULL};
    struct program program;
    struct verdict verdict;
    char *command = NULL;
    bool answers;
    bool passed;
    int first;

    log_open(PROGRAM);
    first = read_command_line(&choices, argc, argv);
    server_process_prepare();
    program = program_begin(&choices.csv, 1, &choices.look);
    server.stop_fd = program.stop_fd;
    server.delay = choices.delay;
    server.pid = choices.pid;
    if (*choices.place.port == '\0')
        command = read_command(argv + first);
    server.command = command;

    if (!prepare(&server, &choices, &answers)) {
        free(command);
        return EXIT_FAILURE;
    }
    if (!answers) {
        /* Nothing else can be found out about it. */
        choices.only = FIRST;
        choices.skip = NULL;
    }
    verdict_open(&verdict, program.text, line_width(&choices, &program),
                 program.terminal.colour, choices.tap);
    check_all(&verdict, &server, &choices, answers);
    passed = verdict_close(&verdict, &server.model, &choices.expected,
                           interrupt_requested());
    if (choices.csv.file != NULL)
        verdict_csv(&verdict, choices.csv.file);
    free(command);
    return program_end(&program, passed);
}
