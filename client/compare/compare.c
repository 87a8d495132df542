/* compare - runs the same clients against one server after another, and shows
 * what came of it: a table, and the timelines on one time axis.
 *
 * Options are read here; play does a server's turn, table, timeline, svg, page
 * csv and trace show the trials. */

#define _GNU_SOURCE /* sched_getaffinity */

#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "client/arguments.h"
#include "client/target/command.h"
#include "client/draw/csv.h"
#include "client/draw/trace.h"
#include "client/compare/prediction.h"
#include "client/interrupt.h"
#include "client/target/server_process.h"
#include "client/output.h"
#include "client/compare/page.h"
#include "client/compare/trial_run.h"
#include "client/draw/progress.h"
#include "client/draw/report.h"
#include "client/target/built_servers.h"
#include "client/draw/svg.h"
#include "client/compare/table.h"
#include "client/draw/text.h"
#include "client/draw/timeline.h"
#include "client/compare/trial.h"
#include "common/clock.h"
#include "common/command_line.h"
#include "common/log.h"

#define PROGRAM      "compare"
#define SERVERS_MAX  100
#define PATIENCE     3 /* times as long as one client after another */
#define PATIENCE_NS  (10 * CLOCK_S)
#define CLIENT_NS    (10 * CLOCK_MS) /* what else a client may take, */
#define MESSAGE_NS   CLOCK_MS        /* and a message */
#define WORK_MAX_NS  (24 * 3600 * CLOCK_S)
#define SENTENCE_MAX 400
#define NUMBER_MAX   16 /* of " (2)" */

/* What the comparison may be written to. */
enum {
    AS_SVG,
    AS_HTML,
    AS_CSV,
    AS_MESSAGES,
    AS_TRACE,
    OUTPUTS,
};

/* The command line. */
struct choices {
    struct trial_run play;
    struct terminal_options look;
    struct output outputs[OUTPUTS];
    bool predict;
};

#define INTO(member)  offsetof(struct choices, member)
#define FILE_INTO(as) "FILE", VALUES_TEXT, INTO(outputs[as].path)

static const struct command_line_option client_options[] = {
    {"clients", 'c', "N", VALUES_NUMBER, INTO(play.plan.clients), 1,
     PLAN_CLIENTS_MAX, .initial = "6", .help = "clients of each server"},
    {"messages", 'n', "N", VALUES_NUMBER, INTO(play.plan.messages), 0,
     PLAN_MESSAGES_MAX, .initial = "3", .help = "messages of each client"},
    {"think", 0, "TIME", VALUES_TIME, INTO(play.plan.think_ns), .initial = "0",
     .help = "pause of a client between two messages"},
};

static const struct command_line_option compare_options[] = {
    {"timeout", 0, "TIME", VALUES_TIME, INTO(play.plan.timeout_ns),
     .initial = "0",
     .help = "give up on a server after so long; 0: after 10 s and three times "
             "what one client after another would take"},
    {"delay", 'd', "TIME", VALUES_TIME_TEXT, INTO(play.delay),
     .initial = "100ms", .help = "a server waits so long on each message"},
    {"cpu", 'C', "TIME", VALUES_TIME_TEXT, INTO(play.cpu), .initial = "0",
     .help = "a server computes so long on each message"},
    {"predict", .offset = INTO(predict),
     .help = "ask before each run how long it will take"},
    {"svg", 0, FILE_INTO(AS_SVG), .help = "draw the pictures into FILE"},
    {"html", 0, FILE_INTO(AS_HTML),
     .help = "write a page with table and "
             "pictures"},
    {"csv", 0, FILE_INTO(AS_CSV), .help = "write the table, a row per server"},
    {"csv-messages", 0, FILE_INTO(AS_MESSAGES),
     .help = "write a row per message"},
    {"trace", 0, FILE_INTO(AS_TRACE), .help = "write the runs for Perfetto"},
};

static const char usage[] =
    "Usage: compare [OPTION]... [SERVER]...\n"
    "Runs the same clients against each SERVER (default: all that were built)\n"
    "and shows what differs.  A SERVER is started, given work and stopped.\n"
    "\n"
    "  bin/compare                           all, 6 clients, 3 messages each\n"
    "  bin/compare -c 12 \"bin/prefork -w 2\" bin/epoll\n"
    "  bin/compare bin/epoll \"mine=./my-server --port {port}\"\n"
    "\n"
    "In a SERVER, {port}, {delay} and {cpu} are replaced.  Without {port}, it\n"
    "gets -p 0, -d and -C and must print 'listening on ADDRESS port PORT'.\n"
    "\n";

static const char notes[] =
    "\n"
    "FILE may be '-', which is stdout.\n"
    "TIME is a number with its unit: 250us, 20ms, 2s, 1m.\n"
    "Exit status: 0 if every server gave every answer and ended when asked, 1 "
    "if\n"
    "not, 2 for a bad command line.\n";

/* The servers, and what came of them. */
struct comparison {
    char **texts; /* as they are described */
    struct trial *trials;
    int count;
    int played; /* so many of them */
    bool interrupted;
};

/* Gives up on a server that takes much longer than the slowest model. */
static void
set_patience(struct trial_run *play)
{
    struct plan *plan = &play->plan;
    int64_t message_ns =
        play->work.delay_ns + play->work.cpu_ns + plan->think_ns;

    if ((double)plan->clients * ((double)plan->messages * (double)message_ns +
                                 (double)plan->stagger_ns) >
        (double)WORK_MAX_NS)
        command_line_reject(
            "--delay: so many messages, of so long each, would take "
            "more than a day one after another");
    if (plan->timeout_ns == 0)
        plan->timeout_ns = PATIENCE_NS +
                           plan->clients * (plan->stagger_ns + CLIENT_NS) +
                           PATIENCE * plan->clients * plan->messages *
                               (message_ns + MESSAGE_NS);
}

static int
count_cores(void)
{
    cpu_set_t cores;

    if (sched_getaffinity(0, sizeof(cores), &cores) == -1)
        return (int)sysconf(_SC_NPROCESSORS_ONLN);
    return CPU_COUNT(&cores);
}

/* Reads the command line.  Returns the index in argv of the first server. */
static int
read_command_line(struct choices *choices, int argc, char **argv)
{
    const struct command_line_program program = {
        .name = PROGRAM,
        .usage = usage,
        .notes = notes,
        .groups = {COMMAND_LINE_GROUP(client_options, choices),
                   arguments_plan(&choices->play.plan),
                   COMMAND_LINE_GROUP(compare_options, choices),
                   arguments_look(&choices->look)},
    };
    struct work *work = &choices->play.work;
    char why[VALUES_WHY_MAX];
    int first;

    first = command_line_read(&program, argc, argv);
    (void)values_time(choices->play.delay, &work->delay_ns, why);
    (void)values_time(choices->play.cpu, &work->cpu_ns, why);
    choices->play.cores = count_cores();
    arguments_check_plan(&choices->play.plan);
    set_patience(&choices->play);
    output_check(choices->outputs, OUTPUTS);
    if (argc - first > SERVERS_MAX)
        command_line_reject("SERVER: %d are given; at most %d at a time",
                            argc - first, SERVERS_MAX);
    if (choices->predict && !(isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)))
        command_line_reject("--predict: asks questions, and needs a "
                            "terminal to ask and to read on");
    return first;
}

/* Returns the name of a server, with a number if one before it has the same. */
static char *
new_label(const struct comparison *c, int number)
{
    char *label = command_label(c->texts[number]);
    char *numbered;
    int same = 1;

    if (label == NULL)
        die("memory for the trials");
    for (int i = 0; i < number; i++) {
        char *other = command_label(c->texts[i]);

        same += other != NULL && strcmp(other, label) == 0;
        free(other);
    }
    if (same == 1)
        return label;
    numbered = malloc(strlen(label) + NUMBER_MAX);
    if (numbered == NULL)
        die("memory for the trials");
    sprintf(numbered, "%s (%d)", label, same);
    free(label);
    return numbered;
}

/* Takes the servers of the command line, or all of the suite. */
static void
open_comparison(struct comparison *c, char **texts)
{
    *c = (struct comparison){.texts = texts};
    if (*texts == NULL)
        c->texts = built_servers_list();
    while (c->texts[c->count] != NULL)
        c->count++;
    c->trials = calloc((size_t)c->count + 1, sizeof(*c->trials));
    if (c->trials == NULL)
        die("memory for the trials");
    for (int i = 0; i < c->count; i++) {
        c->trials[i].label = new_label(c, i);
        c->trials[i].serves_one_at_a_time =
            built_servers_has_trait(c->texts[i], "at_once=one");
        c->trials[i].guess_ns = RECORD_NEVER;
    }
}

static void
close_comparison(struct comparison *c, char **texts)
{
    for (int i = 0; i < c->count; i++)
        trial_close(&c->trials[i]);
    free(c->trials);
    if (c->texts != texts)
        built_servers_close(c->texts);
}

/* Adds ", " and a time and what it is, unless it is 0. */
static void
add_time(char sentence[SENTENCE_MAX], int64_t ns, const char *what)
{
    size_t len = strlen(sentence);
    char time[TEXT_TIME_MAX];

    if (ns == 0)
        return;
    text_time(time, ns);
    snprintf(sentence + len, SENTENCE_MAX - len, ", %s of %s", time, what);
}

/* Writes "6 clients, 3 messages each, 100 ms of waiting per message". */
static void
write_sentence(char out[SENTENCE_MAX], const struct trial_run *play)
{
    const struct plan *plan = &play->plan;
    char title[REPORT_TITLE_MAX];
    size_t len;

    report_title(title, plan);
    snprintf(out, SENTENCE_MAX, "%s", title);
    add_time(out, play->work.delay_ns, "waiting per message");
    add_time(out, play->work.cpu_ns, "computing per message");
    add_time(out, plan->think_ns, "thinking between messages");
    add_time(out, plan->stagger_ns, "time between starts");
    len = strlen(out);
    if (plan->pipeline > 1)
        len += (size_t)snprintf(out + len, SENTENCE_MAX - len,
                                ", up to %d in flight", plan->pipeline);
    if (plan->size != PLAN_SIZE_NATURAL)
        snprintf(out + len, SENTENCE_MAX - len, ", %d byte%s a message",
                 plan->size, text_plural(plan->size));
}

/* Writes "2 cores, Linux 6.1.0, 2026-11-21". */
static void
write_machine(char out[SENTENCE_MAX], int cores)
{
    struct utsname name;
    time_t now = time(NULL);
    struct tm today;
    char date[16] = "";

    if (localtime_r(&now, &today) != NULL)
        (void)strftime(date, sizeof(date), "%Y-%m-%d", &today);
    if (uname(&name) == -1)
        die("uname");
    snprintf(out, SENTENCE_MAX, "%d core%s, %.64s %.64s %.64s, %s", cores,
             text_plural(cores), name.sysname, name.release, name.machine,
             date);
}

/* Plays all, until one is interrupted. */
static void
play_all(struct comparison *c, const struct choices *choices, FILE *text)
{
    const struct trial_run *play = &choices->play;

    for (int i = 0; i < c->count && !c->interrupted; i++) {
        struct trial *t = &c->trials[i];

        if (choices->predict &&
            !prediction_ask(&t->guess_ns, text, stdin, t->label, i == 0)) {
            c->interrupted = interrupt_requested();
            break;
        }
        trial_run_play(t, c->texts[i], play);
        c->played++;
        c->interrupted = interrupt_requested();
        if (choices->predict)
            prediction_answer(text, t);
    }
    trial_subtract_baseline(c->trials, c->played);
}

/* Returns the trials as panels, to be freed. */
static struct panel *
panels_of(const struct comparison *c)
{
    struct panel *panels = calloc((size_t)c->played + 1, sizeof(*panels));

    if (panels == NULL)
        die("memory for the pictures");
    for (int i = 0; i < c->played; i++)
        panels[i] = trial_panel(&c->trials[i]);
    return panels;
}

static void
show(const struct comparison *c, const struct panel *panels,
     const struct terminal *terminal, FILE *text)
{
    struct timeline_options options = {
        .width = terminal->width,
        .lanes = TIMELINE_LANES_MAX,
        .utf8 = terminal->utf8,
        .colour = terminal->colour,
    };

    if (c->played > 0) {
        table_draw(text, c->trials, c->played, terminal->width);
        putc('\n', text);
        if (timeline_draw(text, panels, c->played, &options) == -1)
            die("memory for the timeline");
    }
    if (c->played < c->count || c->interrupted)
        fprintf(text, "\n%s: %d of %d servers were compared\n",
                c->interrupted ? "interrupted" : "ended",
                c->played - c->interrupted, c->count);
}

/* Writes the files that were asked for.  Returns whether all were written. */
static bool
write_outputs(struct choices *choices, const struct comparison *c,
              const struct panel *panels, const char *sentence,
              const char *command)
{
    struct output *outputs = choices->outputs;
    struct svg_options svg = {.title = sentence};
    char machine[SENTENCE_MAX];
    struct page page = {
        .command = command,
        .machine = machine,
        .what = sentence,
        .trials = c->trials,
        .count = c->played,
    };
    bool written = true;
    FILE *out;

    write_machine(machine, choices->play.cores);
    if ((out = output_begin(&outputs[AS_SVG])) != NULL &&
        svg_draw(out, panels, c->played, &svg) == -1)
        die("memory for the picture");
    if ((out = output_begin(&outputs[AS_HTML])) != NULL &&
        page_write(out, &page) == -1)
        die("memory for the page");
    if ((out = output_begin(&outputs[AS_CSV])) != NULL)
        table_csv(out, c->trials, c->played);
    if ((out = output_begin(&outputs[AS_MESSAGES])) != NULL)
        csv_write(out, panels, c->played);
    if ((out = output_begin(&outputs[AS_TRACE])) != NULL &&
        trace_write(out, panels, c->played) == -1)
        die("memory for the trace");
    for (int i = 0; i < OUTPUTS; i++)
        written = output_end(&outputs[i]) && written;
    return written;
}

static int
exit_status(const struct comparison *c, bool written)
{
    if (c->played < c->count)
        return EXIT_FAILURE;
    for (int i = 0; i < c->played; i++)
        if (*c->trials[i].failure != '\0' || *c->trials[i].remark != '\0')
            return EXIT_FAILURE;
    return written && !c->interrupted ? EXIT_SUCCESS : EXIT_FAILURE;
}

int
main(int argc, char **argv)
{
    struct choices choices = {
        .play.plan.size = PLAN_SIZE_NATURAL,
        .outputs = {[AS_SVG] = {.option = "--svg"},
                    [AS_HTML] = {.option = "--html"},
                    [AS_CSV] = {.option = "--csv"},
                    [AS_MESSAGES] = {.option = "--csv-messages"},
                    [AS_TRACE] = {.option = "--trace"}},
    };
    struct comparison comparison;
    struct terminal terminal;
    struct progress progress;
    struct panel *panels;
    char sentence[SENTENCE_MAX];
    char *command;
    char **servers;
    FILE *text;
    int status;

    log_open(PROGRAM);
    server_process_prepare();
    servers = argv + read_command_line(&choices, argc, argv);
    arguments_check_descriptors(&choices.play.plan);
    open_comparison(&comparison, servers);
    output_open(choices.outputs, OUTPUTS);
    text = output_text(choices.outputs, OUTPUTS);
    terminal = terminal_ask(fileno(text), &choices.look);
    progress = progress_open(stderr, comparison.count);
    choices.play.progress = &progress;
    choices.play.stop_fd = interrupt_catch();

    write_sentence(sentence, &choices.play);
    text_words(text, sentence, 0, terminal.width);
    putc('\n', text);
    (void)fflush(text); /* before the first wait; if it fails, so be it */
    play_all(&comparison, &choices, text);
    panels = panels_of(&comparison);
    show(&comparison, panels, &terminal, text);
    command = command_text(argv);
    if (command == NULL)
        die("memory for the command");
    status = exit_status(&comparison, write_outputs(&choices, &comparison,
                                                    panels, sentence, command));
    free(command);
    free(panels);
    close_comparison(&comparison, servers);
    return status;
}
