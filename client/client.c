/* client - plays any number of clients against a server, checks every byte that
 * comes back, and draws what happened.
 *
 * The same client runs against every server of the suite; what differs in its
 * picture is the server.  Options are read here; record is what happened, run
 * and lane make it happen; figures, timeline and report show it, live while it
 * goes on; svg, csv and trace write it to files.  With --duration it is a load
 * instead, which load plays and account tells of. */

#include <ctype.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/draw/fault.h"
#include "client/draw/load_report.h"
#include "client/arguments.h"
#include "client/draw/csv.h"
#include "client/draw/trace.h"
#include "client/record/figures.h"
#include "client/interrupt.h"
#include "client/draw/live.h"
#include "client/play/load.h"
#include "client/output.h"
#include "client/draw/panel.h"
#include "client/record/plan.h"
#include "client/draw/progress.h"
#include "client/record/record.h"
#include "client/draw/report.h"
#include "client/play/loop.h"
#include "client/draw/svg.h"
#include "client/draw/terminal.h"
#include "client/draw/text.h"
#include "client/draw/timeline.h"
#include "common/log.h"
#include "common/net.h"
#include "common/options.h"

#define PROGRAM "client"

/* What the run may be written to. */
enum {
    AS_SVG,
    AS_CSV,
    AS_TRACE,
    OUTPUTS,
};

enum {
    OPT_DURATION = OPT_OWN,
    OPT_PER_CONNECTION,
    OPT_IDLE,
};

static const struct option long_options[] = {
    {"address", required_argument, NULL, 'a'},
    {"port", required_argument, NULL, 'p'},
    ARGUMENTS_PLAN,
    {"dribble", required_argument, NULL, OPT_DRIBBLE},
    {"vanish", no_argument, NULL, OPT_VANISH},
    {"silent", no_argument, NULL, OPT_SILENT},
    {"duration", required_argument, NULL, OPT_DURATION},
    {"per-connection", required_argument, NULL, OPT_PER_CONNECTION},
    {"idle", required_argument, NULL, OPT_IDLE},
    {"svg", required_argument, NULL, OPT_SVG},
    {"csv", required_argument, NULL, OPT_CSV},
    {"trace", required_argument, NULL, OPT_TRACE},
    {"quiet", no_argument, NULL, 'q'},
    ARGUMENTS_LOOK,
    {NULL, 0, NULL, 0},
};

static const char help_text[] =
    "Usage: client [OPTION]... [CLIENTS [THINK]]\n"
    "CLIENTS (1) connect at once; each sends messages, waits for each answer, "
    "says\n"
    "goodbye. THINK is its pause between two messages, a TIME or seconds.\n"
    "  bin/client -n 3 6            six clients, three messages each\n"
    "  bin/client --duration 5s 64  a load: as fast as answers come, for so "
    "long\n"
    "  -a, --address=ADDR  -p, --port=PORT   of the server (127.0.0.1, 3000)\n"
    "  -c, --clients=N     the same as CLIENTS, 1 to 100000\n"
    "  -n, --messages=N    messages of each client, 0 to 1000000 (5)\n"
    "      --pipeline=N    so many messages may be unanswered at once (1)\n"
    "      --size=BYTES    of each message, up to 1048576; above 4096 nak is "
    "right\n"
    "      --stagger=TIME  between starts        --dribble=TIME  between "
    "bytes\n"
    "      --timeout=TIME  give up after so long; 0: never (0)\n"
    "      --vanish        reset the connection in the middle of the last "
    "message\n"
    "      --silent        connect and say nothing until the server hangs up\n"
    "      --duration=TIME a load, for so long: --per-connection=N messages, "
    "then a\n"
    "                      new connection; --idle=N silent connections "
    "besides\n"
    "      --svg=FILE  --trace=FILE (for Perfetto)  --csv=FILE (a row a "
    "message, or\n"
    "                      one of a load); FILE may be '-', which is stdout\n"
    "  -q, --quiet         no event lines; on a terminal, nothing until the "
    "end\n"
    "      --color=auto|always|never  --ascii  --width=N  -h, --help  -V, "
    "--version\n"
    "TIME is a number with its unit: 250us, 20ms, 2s, 1m.  Exit status: 0 if "
    "every\n"
    "client got every answer (--vanish: up to the reset; --silent: if nothing "
    "came\n"
    "but the end, however it ended), 1 if not or if interrupted, 2: command "
    "line.\n";

/* The command line. */
struct choices {
    struct plan plan;
    struct terminal_options look;
    const char *address;
    const char *port;
    struct output outputs[OUTPUTS];
    bool clients_given;
    bool messages_given;
    bool quiet;
};

/* Reads THINK: a TIME, or a number of seconds without a unit. */
static int64_t
read_think(const char *text)
{
    int64_t ns;

    if (arguments_seconds(text, &ns))
        return ns;
    return options_time(PROGRAM, "THINK", text); /* says what is wrong */
}

static void
read_manner(struct plan *plan, int c)
{
    if (plan->manner != PLAN_POLITE)
        options_reject(PROGRAM, "--vanish and --silent exclude each other");
    plan->manner = c == OPT_VANISH ? PLAN_VANISH : PLAN_SILENT;
}

static void
read_option(struct choices *choices, int c, char **argv)
{
    if (c == 'c')
        choices->clients_given = true;
    if (c == 'n')
        choices->messages_given = true;
    if (arguments_plan_option(PROGRAM, &choices->plan, c) ||
        arguments_look_option(PROGRAM, &choices->look, c, help_text) ||
        output_option(choices->outputs, OUTPUTS, c))
        return;
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
    case OPT_DRIBBLE:
        choices->plan.dribble_ns = options_time(PROGRAM, "--dribble", optarg);
        break;
    case OPT_VANISH:
    case OPT_SILENT:
        read_manner(&choices->plan, c);
        break;
    case OPT_DURATION:
        choices->plan.duration_ns = options_time(PROGRAM, "--duration", optarg);
        if (choices->plan.duration_ns == 0)
            options_reject(PROGRAM, "--duration: a load of 0 measures nothing");
        break;
    case OPT_PER_CONNECTION:
        choices->plan.per_connection = options_number(
            PROGRAM, "--per-connection", optarg, 1, PLAN_MESSAGES_MAX);
        break;
    case OPT_IDLE:
        choices->plan.idle =
            options_number(PROGRAM, "--idle", optarg, 0, PLAN_CLIENTS_MAX);
        break;
    default:
        options_refused(PROGRAM, c, argv);
    }
}

/* Rejects what a load cannot do, and what only a load can. */
static void
check_load(const struct choices *choices)
{
    const struct plan *plan = &choices->plan;
    const struct {
        const char *option;
        bool given;
    } others[] = {
        {"--messages", choices->messages_given},
        {"THINK", plan->think_ns > 0},
        {"--stagger", plan->stagger_ns > 0},
        {"--dribble", plan->dribble_ns > 0},
        {"--timeout", plan->timeout_ns > 0},
        {"--vanish", plan->manner == PLAN_VANISH},
        {"--silent", plan->manner == PLAN_SILENT},
        {"--svg", choices->outputs[AS_SVG].path != NULL},
        {"--trace", choices->outputs[AS_TRACE].path != NULL},
    };

    if (plan->duration_ns == 0 && (plan->per_connection > 0 || plan->idle > 0))
        options_reject(PROGRAM, "%s: only for a load; give --duration, too",
                       plan->idle > 0 ? "--idle" : "--per-connection");
    if (plan->duration_ns == 0)
        return;
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (others[i].given)
            options_reject(PROGRAM, "--duration and %s exclude each other",
                           others[i].option);
    if (plan->clients + plan->idle > PLAN_CLIENTS_MAX)
        options_reject(PROGRAM,
                       "--idle: %d busy and %d idle clients are more "
                       "than %d",
                       plan->clients, plan->idle, PLAN_CLIENTS_MAX);
    if ((int64_t)plan->clients * plan->pipeline > PLAN_TOTAL_MAX)
        options_reject(PROGRAM,
                       "--pipeline: %d clients with %d messages in "
                       "flight are more than %d",
                       plan->clients, plan->pipeline, PLAN_TOTAL_MAX);
}

static void
read_command_line(struct choices *choices, int argc, char **argv)
{
    struct plan *plan = &choices->plan;
    int c;

    *choices = (struct choices){
        .plan = arguments_plan(),
        .address = "127.0.0.1",
        .port = "3000",
        .outputs = {[AS_SVG] = {.option = "--svg", .opt = OPT_SVG},
                    [AS_CSV] = {.option = "--csv", .opt = OPT_CSV},
                    [AS_TRACE] = {.option = "--trace", .opt = OPT_TRACE}},
    };
    opterr = 0; /* the messages are ours */
    while ((c = getopt_long(argc, argv, ":a:p:c:n:qhV", long_options, NULL)) !=
           -1)
        read_option(choices, c, argv);
    if (*choices->address == '\0')
        options_reject(PROGRAM, "--address: '' is not an address or a name");
    if (optind < argc && choices->clients_given)
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
    if (plan->duration_ns == 0)
        arguments_check_plan(PROGRAM, plan);
    check_load(choices);
    output_check(PROGRAM, choices->outputs, OUTPUTS);
}

/* Plays the run and tells of it as it goes on. */
static void
play(const struct choices *choices, FILE *text,
     const struct sockaddr_storage *to, socklen_t to_len, struct record *record)
{
    struct observer watcher = {.context = NULL};
    struct live live = {0};
    int stop_fd = interrupt_catch();

    if (!choices->quiet) {
        watcher = report_events(text);
        live_open(&live, &watcher, text, &choices->look, choices->plan.clients);
    }
    report_plan(text, &choices->plan, choices->address, choices->port,
                terminal_ask(fileno(text), &choices->look).width);
    (void)fflush(text); /* before the first wait; if it fails, so be it */
    loop_play(record, to, to_len, &watcher, stop_fd);
    live_close(&live);
}

/* Draws the lanes if there is anything on them. */
static void
draw(FILE *text, const struct panel *panel, const struct terminal *terminal)
{
    struct timeline_options options = {
        .width = terminal->width,
        .lanes = timeline_lanes(terminal->width, terminal->height),
        .utf8 = terminal->utf8,
        .colour = terminal->colour,
    };

    if (panel->figures->connected == 0)
        return;
    if (timeline_draw(text, panel, 1, &options) == -1)
        die("memory for the timeline");
}

static void
say_nobody_listens(const struct choices *choices)
{
    log_error("nobody listens on %s port %s; start a server first, as in: "
              "bin/epoll -p %s",
              choices->address, choices->port, choices->port);
}

/* Shows what was recorded. */
static void
show(const struct choices *choices, FILE *text, const struct panel *panel)
{
    struct terminal terminal = terminal_ask(fileno(text), &choices->look);

    draw(text, panel, &terminal);
    report_summary(text, panel->record, panel->figures, terminal.width);
    /* Before what goes to stderr, so that it is read in this order.  A stdout
     * that is closed changes nothing about the run. */
    (void)fflush(text);
    fault_list(stderr, panel->record);
    (void)fflush(stderr); /* log_error does not wait for its buffer */
    if (fault_is_no_server(panel->record))
        say_nobody_listens(choices);
}

/* Writes the files that were asked for.  Returns whether all could be. */
static bool
save(struct output *outputs, const struct panel *panel)
{
    char title[REPORT_TITLE_MAX];
    bool saved = true;
    FILE *out;

    report_title(title, &panel->record->plan);
    out = output_begin(&outputs[AS_SVG]);
    if (out != NULL &&
        svg_draw(out, panel, 1, &(struct svg_options){.title = title}) == -1)
        die("memory for the SVG");
    out = output_begin(&outputs[AS_CSV]);
    if (out != NULL)
        csv_write(out, panel, 1);
    out = output_begin(&outputs[AS_TRACE]);
    if (out != NULL && trace_write(out, panel, 1) == -1)
        die("memory for the trace");
    for (int i = 0; i < OUTPUTS; i++)
        saved = output_end(&outputs[i]) && saved;
    return saved;
}

/* How far the load is, for somebody who waits. */
static void
tick(void *context, const struct load *l)
{
    progress_load(context, l);
}

/* A load: plays it and tells what came of it.  Returns the exit status. */
static int
play_load(struct choices *choices, FILE *text,
          const struct sockaddr_storage *to, socklen_t to_len)
{
    static struct load l;
    struct load_watcher watcher = load_unwatched();
    struct progress progress = progress_open(text, 1);
    int width = terminal_ask(fileno(text), &choices->look).width;
    bool saved;
    FILE *out;

    l.plan = choices->plan;
    if (!choices->quiet) {
        watcher.context = &progress;
        watcher.tick = tick;
    }
    report_plan(text, &l.plan, choices->address, choices->port, width);
    (void)fflush(text);
    load_play(&l, to, to_len, &watcher, interrupt_catch());
    progress_done(&progress, 0);
    load_report_summary(text, &l, width);
    (void)fflush(text);
    fault_list_load(stderr, &l);
    (void)fflush(stderr); /* log_error does not wait for its buffer */
    if (fault_is_no_server_load(&l))
        say_nobody_listens(choices);
    out = output_begin(&choices->outputs[AS_CSV]);
    if (out != NULL)
        load_report_csv(out, &l);
    saved = output_end(&choices->outputs[AS_CSV]);
    return saved && l.end == RECORD_DONE && l.failed == 0 && l.unheard == 0
               ? EXIT_SUCCESS
               : EXIT_FAILURE;
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

int
main(int argc, char **argv)
{
    struct choices choices;
    struct sockaddr_storage to;
    struct record record;
    struct figures figures;
    struct panel panel;
    socklen_t to_len;
    FILE *text;
    int status;

    log_open(PROGRAM);
    read_command_line(&choices, argc, argv);
    arguments_check_descriptors(&choices.plan);
    to_len = net_resolve(choices.address, choices.port, &to);
    output_open(choices.outputs, OUTPUTS);
    text = output_text(choices.outputs, OUTPUTS);
    if (choices.plan.duration_ns > 0)
        return play_load(&choices, text, &to, to_len);
    if (record_open(&record, &choices.plan) == -1)
        die("memory for the record");

    play(&choices, text, &to, to_len, &record);
    if (figures_compute(&figures, &record) == -1)
        die("memory for the figures");
    panel = panel_alone(&record, &figures);
    show(&choices, text, &panel);
    status = exit_status(&record, &figures);
    if (!save(choices.outputs, &panel))
        status = EXIT_FAILURE;
    record_close(&record);
    return status;
}
