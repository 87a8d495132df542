/* judge - says what a server is, and what is wrong with it.
 *
 * This file reads the options and goes through the findings (finding.h).  Each
 * looks at one thing, in a server that has just been started for it (checks.h).
 * model.h says which model of server they have seen, and verdict.h prints it
 * all. */

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/arguments.h"
#include "client/draw/fault.h"
#include "client/draw/text.h"
#include "client/interrupt.h"
#include "client/judge/finding.h"
#include "client/judge/inspection.h"
#include "client/judge/probe.h"
#include "client/judge/target_server.h"
#include "client/judge/verdict.h"
#include "client/output.h"
#include "client/play/address.h"
#include "client/program.h"
#include "client/target/built_servers.h"
#include "client/target/command.h"
#include "client/target/server_process.h"
#include "common/clock.h"
#include "common/command_line.h"
#include "common/log.h"
#include "common/net.h"

#define PROGRAM     "judge"
#define MEND_COLUMN 12             /* what follows "What to do:" */
#define ALONE       3              /* messages that tell how long one takes */
#define START_NS    (10 * CLOCK_S) /* for the very first answer */
#define STOP_NS     (2 * CLOCK_S)

/* The command line. */
struct choices {
    struct address_place place;
    const char *delay;
    struct plan asks;
    struct inspection_choice findings;
    int64_t start_limit_ns;
    pid_t pid;
    bool all;
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
    for (int i = 0; (f = finding_at(i)) != NULL; i++)
        printf("%-6s  %-22s  %s\n", finding_tier_name(f->tier), f->name,
               f->looked_at);
    command_line_exit();
}

static bool
explain_and_exit(const char *name, void *to, char why[VALUES_WHY_MAX])
{
    const struct finding *f;

    (void)to;
    for (int i = 0; (f = finding_at(i)) != NULL; i++) {
        if (strcmp(f->name, name) != 0)
            continue;
        printf("%s (%s): %s\n\n", f->name, finding_tier_name(f->tier),
               f->looked_at);
        text_words(stdout, f->explained, 0, TERMINAL_WIDTH_DEFAULT);
        printf("\nExpected: %s.\n\nWhat to do: ", f->expected);
        text_words(stdout, f->mend, MEND_COLUMN, TERMINAL_WIDTH_DEFAULT);
        printf("\nRead: %s\n", f->lesson);
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
    if (model_parse(text, &e->wanted))
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
    if (finding_list_is_valid(list, unknown, sizeof(unknown)))
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
    {"start-timeout", 0, "TIME", VALUES_TIME, INTO(start_limit_ns), .min = 1,
     .initial = "30s", .help = "how long the server may take until it listens"},
    {"expect", 0, "MODEL", VALUES_OWN, INTO(expected), .read = read_expected,
     .help = "fail if it is not one-at-a-time, pool, pool:N, "
             "process-per-client, thread-per-client, process-per-message, "
             "thread-per-message, event-loop, several-loops, "
             "loop-with-workers"},
    {"only", 0, "LIST", VALUES_OWN, INTO(findings.only), .read = read_list,
     .help = "look at these findings, groups (protocol) and tiers (must, "
             "should, attack), separated by commas"},
    {"skip", 0, "LIST", VALUES_OWN, INTO(findings.skip), .read = read_list,
     .help = "do not look at these"},
    {"all", .offset = INTO(all), .help = "show what is ok, too"},
    {"list", .kind = VALUES_OWN, .read = list_and_exit,
     .help = "list all findings"},
    {"explain", 0, "FINDING", VALUES_OWN, .read = explain_and_exit,
     .help = "print what a finding looks at, and why"},
    {"csv", 0, "FILE", VALUES_TEXT, INTO(csv.path),
     .help = "write a row per finding, as it becomes known; '-' is stdout"},
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
    "In COMMAND, {port} is replaced by a free port, {delay} and {cpu} by a "
    "TIME\n"
    "such as 20ms, 5s or 0.  Without {port}, it gets -p 0, -d and -C and must\n"
    "print 'listening on ADDRESS port PORT'.\n"
    "\n";

static const char notes[] =
    "\n"
    "TIME is a number with its unit: 250us, 20ms, 2s, 1m.\n"
    "Exit status: 0 if all is ok; 1 if a finding of must is not ok, or the\n"
    "model is not the expected one; 3 if only other findings are not ok; 4 if\n"
    "the server could not be judged, or the verdict could not be written;\n"
    "2 for a bad command line.\n";

/* Tells whether the server is asked for anything but ack in the frame etx. */
static bool
has_service(const struct plan *plan)
{
    return plan->service != PLAN_ACK || plan->frame != PLAN_ETX;
}

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
                   arguments_service(&choices->asks),
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
    arguments_check_servers(argv + first, 1);
    choices->asks.size = PLAN_SIZE_NATURAL;
    choices->asks.clients = choices->asks.messages = 1;
    arguments_complete_plan(&choices->asks, 1);
    if (choices->expected.text != NULL && has_service(&choices->asks))
        command_line_reject("--expect: needs the service ack in the frame etx");
    return first;
}

/* Returns the server as a command, to be freed. */
static char *
read_command(char **words, const struct plan *asks)
{
    /* One word is a command as compare has it: with blanks, and a name. */
    char *command = words[1] == NULL ? strdup(words[0]) : command_text(words);

    if (command == NULL)
        die("memory for the command");
    return command_takes_port(command) ? command
                                       : command_add_service(command, asks);
}

/* Measures how long a message takes alone.  From that follows how long to wait
 * for what may not come. */
static void
calibrate(struct target_server *s)
{
    int answers;

    s->limit_ns = START_NS;
    answers = probe_time_answers(s, ALONE, &s->answer_ns, &s->answer_max_ns);
    if (answers == 0)
        s->answer_ns = 0;
    target_server_set_limits(s);
}

/* Says why there is nothing to judge, and what may help. */
static void
report_start(const struct target_server *s, const char *why)
{
    if (interrupt_requested())
        return; /* verdict_close says so */
    if (s->command == NULL) {
        log_error("--port: %s", why);
        return;
    }
    log_error("the server %s", why);
    if (strstr(why, "status 2") != NULL && strstr(s->command, " -") != NULL)
        log_error("options of the judge itself must come before the server");
    if (strstr(why, "listen") == NULL)
        return;
    if (command_takes_port(s->command) && strstr(why, "ended") != NULL)
        return;
    if (command_takes_port(s->command))
        log_error("a server that starts slowly needs --start-timeout TIME; one "
                  "with a fixed port can be started by hand and judged with "
                  "-p PORT");
    else
        log_error("the command has no {port}, so it gets -p 0, -d and -C, and "
                  "must print 'listening on ADDRESS port PORT'; otherwise "
                  "write {port} where its port stands, or start it by hand and "
                  "use -p PORT");
}

/* Finds the server that runs already.  Returns false, with the reason in why,
 * if it has no address or nobody listens there. */
static bool
meet(struct target_server *s, const struct choices *choices,
     char why[SERVER_PROCESS_WHY_MAX])
{
    struct probe p;

    if (!target_server_meet(s, choices->place.host, choices->place.port, why))
        return false;
    s->limit_ns = START_NS;
    probe_open(&p, s);
    probe_close(&p);
    if (p.result != PROBE_BROKEN)
        return true;
    snprintf(why, SERVER_PROCESS_WHY_MAX, "cannot connect to port %s: %s",
             choices->place.port, fault_reason(p.error));
    return false;
}

/* Tells whether this machine has a way to the server: it has none if the
 * loopback interface is down, and that is not the server's fault. */
static bool
has_way(const struct target_server *s, char why[SERVER_PROCESS_WHY_MAX])
{
    struct probe p;

    probe_open(&p, s);
    probe_close(&p);
    if (p.result != PROBE_BROKEN ||
        (p.error != ENETUNREACH && p.error != EHOSTUNREACH))
        return true;
    snprintf(why, SERVER_PROCESS_WHY_MAX,
             "cannot be reached: %s; is the loopback interface up (ip link)?",
             strerror(p.error));
    return false;
}

/* Starts the server for the first time, and measures it.  Returns false, with
 * the reason in why, if there is nothing to judge. */
static bool
prepare(struct target_server *s, const struct choices *choices,
        char why[SERVER_PROCESS_WHY_MAX])
{
    int64_t began_ns = clock_now();

    if (s->command == NULL && !meet(s, choices, why))
        return false;
    if (target_server_start(s, NULL, NULL, why) == -1)
        return false;
    s->start_ns = clock_now() - began_ns;
    calibrate(s);
    if (s->answer_ns == 0 && !has_way(s, why)) {
        target_server_stop(s);
        return false;
    }
    s->stop_ns = target_server_stop_within(s, STOP_NS);
    return true;
}

/* Returns how many findings will be shown. */
static int
count_chosen(const struct inspection_choice *choice)
{
    const struct finding *f;
    int n = 0;

    for (int i = 0; (f = finding_at(i)) != NULL; i++)
        n += inspection_has(choice, f);
    return n;
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
    struct target_server server = {.model = model_new()};
    struct program program;
    struct verdict verdict;
    enum verdict_status status;
    char why[SERVER_PROCESS_WHY_MAX];
    const char *broken = NULL;
    char *command = NULL;
    int first;

    log_open(PROGRAM);
    log_set_failure(VERDICT_NONE); /* 1 would accuse the server */
    first = read_command_line(&choices, argc, argv);
    server.asks = choices.asks;
    finding_choose(&server.asks);
    server_process_prepare();
    server_process_limit_start(choices.start_limit_ns);
    program = program_begin(&choices.csv, 1, &choices.look);
    server.stop_fd = program.stop_fd;
    server.delay = choices.delay;
    server.pid = choices.pid;
    if (*choices.place.port == '\0')
        command = read_command(argv + first, &choices.asks);
    server.command = command;
    server.has_queues =
        command != NULL && built_servers_promise(command).at_most;

    verdict = (struct verdict){
        .out = program.text,
        .csv = choices.csv.file,
        .width = line_width(&choices, &program),
        .colour = program.terminal.colour,
        .tap = choices.tap,
        .all = choices.all,
        .without_model = has_service(&choices.asks),
        .planned = count_chosen(&choices.findings),
        .program = argv[0],
        .expected = choices.expected,
    };
    verdict_open(&verdict);
    verdict_progress(&verdict, 0, NULL);
    if (!prepare(&server, &choices, why)) {
        progress_done(&verdict.progress);
        report_start(&server, why);
        broken = why;
    }
    broken = inspection_run(&server, &choices.findings, &verdict, broken);
    if (interrupt_requested())
        broken = "interrupted";
    status = verdict_close(&verdict, &server.model, broken);
    free(command);
    /* A status about the server is of no use if its report is incomplete. */
    return program_end(&program, true) == EXIT_SUCCESS ? (int)status
                                                       : VERDICT_NONE;
}
