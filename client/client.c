/* client - plays any number of clients against a server, checks every byte that
 * comes back, and draws what happened.
 *
 * The same clients play against every server, so only the server makes their
 * pictures differ.  Options are read here.  run plays the clients and records
 * what happens; timeline and report show the record, live shows it while the
 * run goes on, and svg, csv and trace write it to files.  With --duration the
 * clients are a load instead: load plays it, and load_report shows the result.
 */

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/arguments.h"
#include "client/draw/csv.h"
#include "client/draw/fault.h"
#include "client/draw/hand_in.h"
#include "client/draw/latency.h"
#include "client/draw/live.h"
#include "client/draw/load_report.h"
#include "client/draw/panel.h"
#include "client/draw/progress.h"
#include "client/draw/report.h"
#include "client/draw/service_report.h"
#include "client/draw/svg.h"
#include "client/draw/terminal.h"
#include "client/draw/text.h"
#include "client/draw/timeline.h"
#include "client/draw/trace.h"
#include "client/interactive.h"
#include "client/output.h"
#include "client/play/address.h"
#include "client/play/exchange.h"
#include "client/play/load.h"
#include "client/play/run.h"
#include "client/program.h"
#include "client/record/figures.h"
#include "client/record/plan.h"
#include "client/record/record.h"
#include "client/target/command.h"
#include "common/command_line.h"
#include "common/log.h"

#define PROGRAM  "client"
#define LINE_MAX 160
#define MESSAGES 5 /* of a client, unless the user chooses */

/* The files that a run can be written to. */
enum {
    AS_SVG,
    AS_CSV,
    AS_TRACE,
    AS_MARKDOWN,
    OUTPUTS,
};

/* The command line. */
struct choices {
    struct plan plan;
    struct terminal_options look;
    const char *address;
    const char *port;
    struct output outputs[OUTPUTS];
    bool interactive;
    bool vanish;
    bool silent;
    bool quiet;
    struct address_list to; /* address and port, looked up */
    char *command;          /* the whole command line */
};

#define INTO(member)  offsetof(struct choices, member)
#define FILE_INTO(as) "FILE", VALUES_TEXT, INTO(outputs[as].path)

static const struct command_line_option client_options[] = {
    {"address", 'a', "ADDR", VALUES_ADDRESS, INTO(address),
     .initial = "127.0.0.1", .help = "connect to ADDR"},
    {"port", 'p', "PORT", VALUES_PORT, INTO(port), .min = 1, .initial = "3000",
     .help = "connect to PORT"},
    {"clients", 'c', "N", VALUES_NUMBER, INTO(plan.clients), 1,
     PLAN_CLIENTS_MAX, .help = "the same as CLIENTS"},
    {"messages", 'n', "N", VALUES_NUMBER, INTO(plan.messages), 0,
     PLAN_MESSAGES_MAX, .excludes = {"duration"},
     .help = "each client sends N messages (default 5; 1 of daytime and file)"},
    {"timeout", 0, "TIME", VALUES_TIME, INTO(plan.timeout_ns), .initial = "0",
     .excludes = {"duration"}, .help = "give up after TIME; 0: never"},
    {"dribble", 0, "TIME", VALUES_TIME, INTO(plan.dribble_ns), .initial = "0",
     .excludes = {"duration"},
     .help = "pause for TIME between two bytes of a message"},
    {"interactive", 'i', .offset = INTO(interactive),
     .excludes = {"duration", "silent"},
     .help = "send what you type, and show the bytes of the answers"},
    {"vanish", .offset = INTO(vanish), .excludes = {"duration"},
     .help = "reset the connection within the last message"},
    {"silent", .offset = INTO(silent), .excludes = {"duration", "vanish"},
     .help = "connect and send nothing until the server closes"},
};

static const struct command_line_option load_options[] = {
    {"duration", 0, "TIME", VALUES_TIME, INTO(plan.duration_ns), 1,
     .help = "be a load: for TIME, send as fast as answers come"},
    {"rate", 0, "N", VALUES_NUMBER, INTO(plan.rate), 1, PLAN_RATE_MAX,
     .excludes = {"pipeline"}, .needs = "duration",
     .help = "an open loop: N requests per second, answered or not"},
    {"deadline", 0, "TIME", VALUES_TIME, INTO(plan.deadline_ns), 1,
     .needs = "rate", .help = "give a request up TIME after it was due"},
    {"retry", 0, "N", VALUES_NUMBER, INTO(plan.retry), 1, PLAN_RETRY_MAX,
     .needs = "rate",
     .help = "try a request again N times, at once, before it counts as lost"},
    {"per-connection", 0, "N", VALUES_NUMBER, INTO(plan.per_connection), 1,
     PLAN_MESSAGES_MAX, .needs = "duration",
     .help = "a load opens a new connection after N messages"},
    {"idle", 0, "N", VALUES_NUMBER, INTO(plan.idle), 0, PLAN_CLIENTS_MAX,
     .needs = "duration", .help = "a load also holds N silent connections"},
};

static const struct command_line_option output_options[] = {
    {"svg", 0, FILE_INTO(AS_SVG), .help = "draw the picture into FILE"},
    {"csv", 0, FILE_INTO(AS_CSV),
     .help = "write a row per message, or a row for the load"},
    {"trace", 0, FILE_INTO(AS_TRACE), .excludes = {"duration"},
     .help = "write the run for Perfetto"},
    {"markdown", 0, FILE_INTO(AS_MARKDOWN),
     .help = "write the results as Markdown, to hand in"},
    {"quiet", 'q', .offset = INTO(quiet),
     .help = "print no event lines; on a terminal, nothing until the end"},
};

static const char usage[] =
    "Usage: client [OPTION]... [CLIENTS [THINK]]\n"
    "CLIENTS (default 1) connect at once.  Each sends messages, waits for "
    "each\n"
    "answer, and says goodbye.  THINK is its pause between two messages, a\n"
    "TIME or a number of seconds.\n"
    "\n"
    "  bin/client -n 3 6            six clients, three messages each\n"
    "  bin/client --duration 5s 64  a load: as fast as answers come, for 5 s\n"
    "  bin/client --interactive     a conversation by hand\n"
    "  bin/client --duration 5s --rate 200 64   200 requests per second\n"
    "\n";

static const char notes[] = PROGRAM_NOTES
    "Exit status: 0 if every client got every answer (with --vanish: up to "
    "the\n"
    "reset; with --silent: if nothing came but the end of the connection), 2\n"
    "for a bad command line, otherwise 1.\n";

/* Rejects a load that is too large. */
static void
check_load(const struct plan *plan)
{
    if (plan->think_ns > 0)
        command_line_reject("--duration and THINK cannot be used together");
    if (plan->clients + plan->idle > PLAN_CLIENTS_MAX)
        command_line_reject("--idle: %d busy and %d idle clients are more "
                            "than %d",
                            plan->clients, plan->idle, PLAN_CLIENTS_MAX);
    if ((int64_t)plan->clients * plan->pipeline > PLAN_TOTAL_MAX)
        command_line_reject("--pipeline: %d clients with %d messages in "
                            "flight are more than %d",
                            plan->clients, plan->pipeline, PLAN_TOTAL_MAX);
}

/* Rejects what has no effect in a conversation by hand. */
static void
check_interactive(const struct choices *choices)
{
    if (choices->plan.clients > 1 || choices->plan.think_ns > 0)
        command_line_reject("--interactive: is one client, without THINK");
    for (int i = 0; i < OUTPUTS; i++)
        if (choices->outputs[i].path != NULL)
            command_line_reject("--interactive and %s cannot be used together",
                                choices->outputs[i].option);
}

/* Reads CLIENTS and THINK, which may be given.  With POSIXLY_CORRECT, options
 * behind them are not recognized. */
static void
read_operands(struct plan *plan, char **operands)
{
    char why[VALUES_WHY_MAX];

    for (int i = 0; operands[i] != NULL; i++)
        if (*operands[i] == '-')
            command_line_reject(
                "'%s': options must come before CLIENTS and THINK",
                operands[i]);
    if (*operands != NULL && plan->clients > 0)
        command_line_reject("--clients and CLIENTS ('%s') cannot be used "
                            "together",
                            *operands);
    if (*operands != NULL &&
        !values_number(*operands++, 1, PLAN_CLIENTS_MAX, &plan->clients, why))
        command_line_reject("CLIENTS: %s", why);
    if (plan->clients == 0)
        plan->clients = 1;
    if (*operands != NULL && !values_seconds(*operands++, &plan->think_ns, why))
        command_line_reject("THINK: %s", why);
    if (*operands != NULL)
        command_line_reject("'%s': nothing is expected after THINK", *operands);
}

static void
read_command_line(struct choices *choices, int argc, char **argv)
{
    const struct command_line_program program = {
        .name = PROGRAM,
        .usage = usage,
        .notes = notes,
        .groups = {COMMAND_LINE_GROUP(client_options, choices),
                   arguments_plan(&choices->plan),
                   arguments_service(&choices->plan),
                   COMMAND_LINE_GROUP(load_options, choices),
                   COMMAND_LINE_GROUP(output_options, choices),
                   arguments_look(&choices->look)},
    };
    struct plan *plan = &choices->plan;

    read_operands(plan, argv + command_line_read(&program, argc, argv));
    plan->manner = choices->vanish   ? PLAN_VANISH
                   : choices->silent ? PLAN_SILENT
                                     : PLAN_POLITE;
    arguments_complete_plan(plan, MESSAGES);
    if (choices->interactive)
        check_interactive(choices);
    if (plan->duration_ns > 0)
        check_load(plan);
}

/* Says what is going to be done, before the first wait. */
static void
announce(const struct choices *choices, const struct program *program)
{
    report_plan(program->text, &choices->plan, choices->address, choices->port,
                program->terminal.width);
    (void)fflush(program->text);
}

static void
say_nobody_listens(const struct choices *choices)
{
    (void)fflush(stderr); /* log_error does not wait for its buffer */
    log_error("nobody listens on %s port %s; start a server first, as in: "
              "bin/epoll -p %s",
              choices->address, choices->port, choices->port);
}

/* Says that the figures above include a time in which no answer was seen. */
static void
say_stopped(const struct program *program, int64_t stopped_ns)
{
    char line[LINE_MAX];

    if (stopped_ns == 0)
        return;
    snprintf(line, sizeof(line),
             "The client did not run for %s, because it was stopped or the "
             "machine was busy. The times above include that.",
             TEXT_TIME(stopped_ns));
    text_words(program->text, line, 0, program->terminal.width);
}

/* Plays the run, and shows it while it goes on. */
static void
play(const struct choices *choices, const struct program *program,
     struct record *record)
{
    struct observer observer = {.context = NULL};
    struct live live = {0};

    if (!choices->quiet) {
        observer = report_events(program->text);
        live_open(&live, &observer, program->text, &choices->look,
                  choices->plan.clients);
    }
    announce(choices, program);
    run_play(record, &choices->to, &observer, program->stop_fd);
    live_close(&live);
}

/* Asks the table of kv for the number to which the clients add: 0 if it is not
 * there.  Returns false if no such answer comes. */
static bool
ask_sum(const struct choices *choices, const struct program *program,
        int64_t *number)
{
    const struct plan plan = {
        .service = PLAN_KV,
        .frame = choices->plan.frame,
        .text = "GET " PLAN_KV_KEY,
        .clients = 1,
        .messages = 1,
        .pipeline = 1,
        .size = PLAN_SIZE_NATURAL,
        .timeout_ns = choices->plan.timeout_ns,
    };
    const struct observer nobody = {.context = NULL};
    struct record r;
    bool is_known;

    record_open(&r, &plan);
    run_play(&r, &choices->to, &nobody, program->stop_fd);
    *number = 0;
    is_known = r.clients[0].answered == 1 &&
               (strcmp(r.clients[0].text.begin, "none") == 0 ||
                exchange_number(&r.clients[0].text, number));
    record_close(&r);
    return is_known;
}

/* Shows what was recorded: a lane per client, if there is anything to see, and
 * the figures.  Returns whether the answers agree with each other. */
static bool
show(const struct choices *choices, const struct program *program,
     const struct panel *panel)
{
    FILE *text = program->text;
    /* The terminal may have another size than before the run. */
    struct terminal terminal = terminal_ask(fileno(text), &choices->look);
    bool agrees;

    if (panel->figures->connected > 0)
        timeline_draw(text, panel, 1, &terminal, 0);
    report_summary(text, panel->record, panel->figures, terminal.width);
    agrees = service_report(text, panel->record, terminal.width);
    say_stopped(program, panel->record->stopped_ns);
    /* Before the lines on stderr, which belong below.  If stdout is closed, the
     * run is as good as otherwise. */
    (void)fflush(text);
    fault_list(stderr, panel->record);
    if (fault_is_no_server(panel->record))
        say_nobody_listens(choices);
    return agrees;
}

/* Writes the files that were asked for. */
static void
save(const struct choices *choices, const struct panel *panel)
{
    const struct output *outputs = choices->outputs;
    char title[REPORT_TITLE_MAX];
    FILE *out;

    report_title(title, &panel->record->plan);
    out = outputs[AS_SVG].file;
    if (out != NULL)
        svg_draw(out, panel, 1, title);
    out = outputs[AS_CSV].file;
    if (out != NULL)
        csv_write(out, panel, 1,
                  &(struct csv_conditions){csv_date((char[CSV_DATE_MAX]){0}),
                                           RECORD_NEVER, RECORD_NEVER});
    out = outputs[AS_TRACE].file;
    if (out != NULL)
        trace_write(out, panel, 1);
    out = outputs[AS_MARKDOWN].file;
    if (out != NULL)
        hand_in_run(out, panel, choices->command);
}

/* Plays the run of the plan, shows it and writes the files.  Returns whether
 * the clients got all that they should get. */
static bool
play_run(struct choices *choices, const struct program *program)
{
    struct record record;
    struct figures figures;
    struct panel panel;
    struct record_sum sum = {.is_known = choices->plan.service == PLAN_KV};
    bool agrees;

    sum.is_known = sum.is_known && ask_sum(choices, program, &sum.before);
    record_open(&record, &choices->plan);
    play(choices, program, &record);
    sum.is_known = sum.is_known && ask_sum(choices, program, &sum.after);
    record.sum = sum;
    figures = figures_compute(&record);
    panel = panel_alone(&record, &figures);
    agrees = show(choices, program, &panel);
    save(choices, &panel);
    record_close(&record);
    return agrees && figures.failed == 0 &&
           (figures.open == 0 || choices->plan.manner == PLAN_SILENT);
}

/* Shows how far the load is. */
static void
tick(void *context, const struct load *l)
{
    progress_load(context, l);
}

/* The same for a load. */
static bool
play_load(struct choices *choices, const struct program *program)
{
    static struct load l;
    FILE *text = program->text;
    struct progress progress = progress_open(text, 1);
    struct load_observer observer = {.context = &progress};
    struct record_sum sum = {.is_known = choices->plan.service == PLAN_KV};
    char title[REPORT_TITLE_MAX];
    struct terminal terminal;
    bool agrees;
    FILE *out;

    sum.is_known = sum.is_known && ask_sum(choices, program, &sum.before);
    l.plan = choices->plan;
    if (!choices->quiet)
        observer.tick = tick;
    announce(choices, program);
    load_play(&l, &choices->to, &observer, program->stop_fd);
    progress_done(&progress);
    sum.is_known = sum.is_known && ask_sum(choices, program, &sum.after);
    l.sum = sum;
    /* It may have been resized meanwhile. */
    terminal = terminal_ask(fileno(text), &choices->look);
    load_report_summary(text, &l, &terminal);
    agrees = service_report_load(text, &l, terminal.width);
    say_stopped(program, l.stopped_ns);
    (void)fflush(text);
    fault_list_load(stderr, &l);
    if (fault_is_no_server_load(&l))
        say_nobody_listens(choices);
    out = choices->outputs[AS_SVG].file;
    report_title(title, &l.plan);
    if (out != NULL)
        latency_svg(out, &l.answering, title);
    out = choices->outputs[AS_CSV].file;
    if (out != NULL)
        load_report_csv(out, &l);
    out = choices->outputs[AS_MARKDOWN].file;
    if (out != NULL)
        hand_in_load(out, &l, choices->command);
    return agrees && l.end == RECORD_DONE && l.failed == 0 &&
           l.unanswered == 0 && l.outcomes[LOAD_ANSWERED] == l.offered;
}

int
main(int argc, char **argv)
{
    struct choices choices = {
        .plan = {.messages = PLAN_MESSAGES_UNSET, .size = PLAN_SIZE_NATURAL},
        .outputs = {[AS_SVG] = {.option = "--svg"},
                    [AS_CSV] = {.option = "--csv"},
                    [AS_TRACE] = {.option = "--trace"},
                    [AS_MARKDOWN] = {.option = "--markdown"}},
    };
    struct program program;
    char why[ADDRESS_WHY_MAX];
    bool succeeded;

    log_open(PROGRAM);
    read_command_line(&choices, argc, argv);
    arguments_check_descriptors(&choices.plan);
    if (!address_find(&choices.to, choices.address, choices.port, why)) {
        log_error("cannot connect to %s port %s: %s (an address or a name is "
                  "wanted)",
                  choices.address, choices.port, why);
        return EXIT_FAILURE;
    }
    program = program_begin(choices.outputs, OUTPUTS, &choices.look);
    choices.command = command_shown(argv);
    if (choices.interactive)
        succeeded = interactive_run(&choices.to, &choices.plan, program.stop_fd,
                                    program.text);
    else if (choices.plan.duration_ns > 0)
        succeeded = play_load(&choices, &program);
    else
        succeeded = play_run(&choices, &program);
    free(choices.command);
    return program_end(&program, succeeded);
}
