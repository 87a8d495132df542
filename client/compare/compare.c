/* compare - runs the same clients against one server after another, and shows
 * how the servers differ: a table, and timelines on one time axis.
 *
 * This file reads the options and puts the parts together: trial runs a
 * server, prediction says how long that takes, and table and page show it. */

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "client/arguments.h"
#include "client/compare/page.h"
#include "client/compare/prediction.h"
#include "client/compare/repetition.h"
#include "client/compare/table.h"
#include "client/compare/trial.h"
#include "client/draw/conclusion.h"
#include "client/draw/csv.h"
#include "client/draw/front.h"
#include "client/draw/progress.h"
#include "client/draw/report.h"
#include "client/draw/svg.h"
#include "client/draw/text.h"
#include "client/draw/timeline.h"
#include "client/draw/trace.h"
#include "client/interrupt.h"
#include "client/memory.h"
#include "client/output.h"
#include "client/program.h"
#include "client/target/built_servers.h"
#include "client/target/command.h"
#include "client/target/process.h"
#include "client/target/server_process.h"
#include "common/clock.h"
#include "common/command_line.h"
#include "common/log.h"

#define PROGRAM      "compare"
#define SERVERS_MAX  100
#define RUNS_MAX     100
#define MESSAGES     3 /* of a client, unless the user chooses */
#define WORK_MAX_NS  (24 * 3600 * CLOCK_S)
#define SENTENCE_MAX 400
#define NUMBER_MAX   16 /* length of " (2)" after a label */

/* Without --timeout, a server has PATIENCE_NS, and PATIENCE times as long as
 * one client after another would take.  Connecting and sending take a little
 * time, too. */
#define PATIENCE    3
#define PATIENCE_NS (10 * CLOCK_S)
#define CLIENT_NS   (10 * CLOCK_MS) /* per client */
#define MESSAGE_NS  CLOCK_MS        /* per message */

/* The files to which the comparison can be written. */
enum {
    AS_SVG,
    AS_FRONT,
    AS_HTML,
    AS_CSV,
    AS_MESSAGES,
    AS_TRACE,
    AS_MARKDOWN,
    OUTPUTS,
};

/* The command line. */
struct choices {
    struct trial_setup setup;
    struct terminal_options look;
    struct output outputs[OUTPUTS];
    int64_t start_limit_ns; /* for a server, until it listens */
    bool predict;
    bool brief;
};

#define INTO(member)  offsetof(struct choices, member)
#define FILE_INTO(as) "FILE", VALUES_TEXT, INTO(outputs[as].path)

static const struct command_line_option client_options[] = {
    {"clients", 'c', "N", VALUES_NUMBER, INTO(setup.plan.clients), 1,
     PLAN_CLIENTS_MAX, .initial = "6", .help = "start N clients at once"},
    {"messages", 'n', "N", VALUES_NUMBER, INTO(setup.plan.messages), 0,
     PLAN_MESSAGES_MAX,
     .help = "each client sends N messages (default 3; 1 of daytime and file)"},
    {"think", 0, "TIME", VALUES_TIME, INTO(setup.plan.think_ns), .initial = "0",
     .help = "a client pauses for TIME between messages"},
};

static const struct command_line_option compare_options[] = {
    {"timeout", 0, "TIME", VALUES_TIME, INTO(setup.plan.timeout_ns),
     .initial = "0",
     .help = "give up on a server after TIME; 0: after 10 s plus three times "
             "what one client after another would take"},
    {"delay", 'd', "TIME", VALUES_TIME_TEXT, INTO(setup.delay),
     .initial = "100ms", .help = "wait for TIME on each message"},
    {"cpu", 'C', "TIME", VALUES_TIME_TEXT, INTO(setup.cpu), .initial = "0",
     .help = "compute for TIME on each message"},
    {"runs", 'r', "N", VALUES_NUMBER, INTO(setup.runs), 1, RUNS_MAX,
     .initial = "1", .help = "run each server N times and show the median"},
    {"brief", .offset = INTO(brief),
     .help = "show only the conclusion, on one screen"},
    {"predict", .offset = INTO(predict),
     .help = "ask before each run how long it will take"},
    {"svg", 0, FILE_INTO(AS_SVG), .help = "draw the pictures into FILE"},
    {"svg-front", 0, FILE_INTO(AS_FRONT),
     .help = "draw all servers small, in one picture, into FILE"},
    {"html", 0, FILE_INTO(AS_HTML),
     .help = "write a page with table and pictures"},
    {"csv", 0, FILE_INTO(AS_CSV), .help = "write the table, a row per server"},
    {"csv-messages", 0, FILE_INTO(AS_MESSAGES),
     .help = "write a row per message"},
    {"trace", 0, FILE_INTO(AS_TRACE), .help = "write the runs for Perfetto"},
    {"markdown", 0, FILE_INTO(AS_MARKDOWN),
     .help = "write table and conclusion as Markdown, to hand in"},
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

static const char notes[] = PROGRAM_NOTES
    "Exit status: 0 if every server gave every answer and ended when asked, 1 "
    "if\n"
    "not, 2 for a bad command line.\n";

struct comparison {
    char **texts; /* the servers as commands, see command.h */
    struct trial *trials;
    int count;
    int run;   /* so many of them have been run, */
    int whole; /* and so many not interrupted */
    bool interrupted;
};

/* Sets the time after which a server is given up, which is much longer than the
 * slowest model takes. */
static void
set_patience(struct trial_setup *setup)
{
    struct plan *plan = &setup->plan;
    int64_t message_ns =
        setup->work.delay_ns + setup->work.cpu_ns + plan->think_ns;

    if ((double)plan->clients * ((double)plan->messages * (double)message_ns +
                                 (double)plan->stagger_ns) >
        (double)WORK_MAX_NS)
        command_line_reject(
            "--delay: %d clients with %d messages each would take more than a "
            "day, if they were served one after another",
            plan->clients, plan->messages);
    if (plan->timeout_ns == 0)
        plan->timeout_ns = PATIENCE_NS +
                           plan->clients * (plan->stagger_ns + CLIENT_NS) +
                           PATIENCE * plan->clients * plan->messages *
                               (message_ns + MESSAGE_NS);
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
                   arguments_plan(&choices->setup.plan),
                   arguments_service(&choices->setup.plan),
                   COMMAND_LINE_GROUP(compare_options, choices),
                   arguments_start(&choices->start_limit_ns),
                   arguments_look(&choices->look)},
    };
    struct trial_work *work = &choices->setup.work;
    char why[VALUES_WHY_MAX];
    int first;

    first = command_line_read(&program, argc, argv);
    server_process_limit_start(choices->start_limit_ns);
    (void)values_time(choices->setup.delay, &work->delay_ns, why);
    (void)values_time(choices->setup.cpu, &work->cpu_ns, why);
    choices->setup.cores = process_cores();
    arguments_complete_plan(&choices->setup.plan, MESSAGES);
    set_patience(&choices->setup);
    if (argc - first > SERVERS_MAX)
        command_line_reject("SERVER: %d are given; at most %d at a time",
                            argc - first, SERVERS_MAX);
    arguments_check_servers(argv + first, argc - first);
    if (choices->predict && !(isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)))
        command_line_reject("--predict: asks questions, and needs a "
                            "terminal to ask and to read on");
    return first;
}

/* Adds a number to the label of each server that has the label of one before.
 */
static void
number_labels(struct comparison *c)
{
    /* The labels before i have no numbers yet. */
    for (int i = c->count - 1; i > 0; i--) {
        char *label = c->trials[i].label;
        size_t size = strlen(label) + NUMBER_MAX;
        int same = 1;

        for (int j = 0; j < i; j++)
            same += strcmp(c->trials[j].label, label) == 0;
        if (same == 1)
            continue;
        c->trials[i].label = malloc(size);
        if (c->trials[i].label == NULL)
            die("memory for the trials");
        snprintf(c->trials[i].label, size, "%s (%d)", label, same);
        free(label);
    }
}

/* Returns the mark by which a server would be told its work, if the command
 * lacks it; NULL if it does not. */
static const char *
missing_mark(const char *text, const struct trial_work *work)
{
    if (work->delay_ns > 0 && !command_takes_delay(text))
        return "{delay}";
    return work->cpu_ns > 0 && !command_takes_work(text) ? "{cpu}" : NULL;
}

/* Takes the servers of the command line or, if it names none, all that were
 * built. */
static void
open_comparison(struct comparison *c, char **texts, const struct plan *plan,
                const struct trial_work *work)
{
    *c = (struct comparison){.texts = NULL};
    if (*texts == NULL) {
        c->texts = built_servers_list();
        while (c->texts[c->count] != NULL)
            c->count++;
    }
    for (; *texts != NULL; texts++) {
        c->texts =
            memory_grow(c->texts, (size_t)c->count + 2, sizeof(*c->texts));
        c->texts[c->count++] = built_servers_find(*texts);
        c->texts[c->count] = NULL;
    }
    c->trials = calloc((size_t)c->count + 1, sizeof(*c->trials));
    if (c->trials == NULL)
        die("memory for the trials");
    for (int i = 0; i < c->count; i++) {
        struct built_servers_promise promise =
            built_servers_promise(c->texts[i]);

        c->trials[i] = (struct trial){
            .label = command_label(c->texts[i]),
            .serves_one_at_a_time = promise.one_at_a_time,
            .promise = promise,
            .lacks_mark = missing_mark(c->texts[i], work),
            .guess_ns = RECORD_NEVER,
        };
        if (!command_takes_port(c->texts[i]))
            c->texts[i] = command_add_service(c->texts[i], plan);
    }
    number_labels(c);
}

static void
close_comparison(struct comparison *c)
{
    for (int i = 0; i < c->count; i++)
        trial_close(&c->trials[i]);
    free(c->trials);
    built_servers_close(c->texts);
}

/* Writes "6 clients, 3 messages each, 100 ms of waiting per message". */
static void
write_sentence(char out[SENTENCE_MAX], const struct trial_setup *setup)
{
    const struct plan *plan = &setup->plan;
    const struct {
        int64_t ns;
        const char *what;
    } times[] = {
        {setup->work.delay_ns, "waiting per message"},
        {setup->work.cpu_ns, "computing per message"},
        {plan->think_ns, "thinking between messages"},
        {plan->stagger_ns, "time between starts"},
    };
    char title[REPORT_TITLE_MAX];
    int len;

    report_title(title, plan);
    len = snprintf(out, SENTENCE_MAX, "%s", title);
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
        if (times[i].ns > 0)
            len += snprintf(out + len, SENTENCE_MAX - (size_t)len, ", %s of %s",
                            TEXT_CHOSEN(times[i].ns), times[i].what);
    if (plan->service != PLAN_ACK)
        len += snprintf(out + len, SENTENCE_MAX - (size_t)len, ", service %s",
                        plan_services[plan->service]);
    if (plan->pipeline > 1)
        len += snprintf(out + len, SENTENCE_MAX - (size_t)len,
                        ", up to %d in flight", plan->pipeline);
    if (plan->size != PLAN_SIZE_NATURAL)
        snprintf(out + len, SENTENCE_MAX - (size_t)len,
                 ", %d byte%s per message", plan->size,
                 text_plural(plan->size));
}

/* Says how many cores there are for computing, if these are not all. */
static void
say_cores(FILE *text, const struct trial_setup *setup)
{
    const struct process_cores *cores = &setup->cores;

    if (setup->work.cpu_ns > 0 && cores->time < cores->present)
        fprintf(text, "The servers may use %s.\n",
                program_cores((char[PROGRAM_CORES_MAX]){0}, cores));
}

/* Writes "2 cores, Linux 6.1.0, 2026-11-21". */
static void
write_machine(char out[SENTENCE_MAX], const struct process_cores *cores)
{
    struct utsname name;
    time_t now = time(NULL);
    struct tm today;
    char date[16] = "";

    if (localtime_r(&now, &today) != NULL)
        (void)strftime(date, sizeof(date), "%Y-%m-%d", &today);
    if (uname(&name) == -1)
        die("uname");
    snprintf(out, SENTENCE_MAX, "%s, %.64s %.64s %.64s, %s",
             program_cores((char[PROGRAM_CORES_MAX]){0}, cores), name.sysname,
             name.release, name.machine, date);
}

/* If there is no such program, adds to the failure which server may be meant.
 * exec says EACCES instead of ENOENT if it may not search a folder of PATH. */
static void
suggest(struct trial *t, const char *text)
{
    size_t len = strlen(t->failure);
    char name[BUILT_SERVERS_NAME_MAX];

    if ((strstr(t->failure, strerror(ENOENT)) != NULL ||
         strstr(t->failure, strerror(EACCES)) != NULL) &&
        built_servers_guess(text, name))
        text_print(t->failure + len, sizeof(t->failure) - len,
                   "; did you mean '%s'?", name);
}

/* Runs the servers until one is interrupted. */
static void
run_all(struct comparison *c, const struct choices *choices, FILE *text)
{
    const struct trial_setup *setup = &choices->setup;

    for (; c->run < c->count && !c->interrupted; c->run++) {
        struct trial *t = &c->trials[c->run];

        if (choices->predict &&
            !prediction_ask(&t->guess_ns, text, stdin, setup->stop_fd, t->label,
                            c->run == 0)) {
            c->interrupted = interrupt_requested();
            break;
        }
        repetition_run(t, c->texts[c->run], setup);
        suggest(t, c->texts[c->run]);
        c->interrupted = interrupt_requested();
        c->whole += !c->interrupted;
        if (choices->predict)
            prediction_answer(text, t);
    }
    trial_subtract_baseline(c->trials, c->run, &setup->work);
}

/* Returns the trials as panels, which the caller frees. */
static struct panel *
panels_of(const struct comparison *c)
{
    struct panel *panels = calloc((size_t)c->run + 1, sizeof(*panels));

    if (panels == NULL)
        die("memory for the pictures");
    for (int i = 0; i < c->run; i++) {
        const struct trial *t = &c->trials[i];

        panels[i] = (struct panel){
            .title = t->label,
            .record = &t->record,
            .figures = &t->figures,
            .failure = t->failure,
            .formula = t->formula,
            .predicted_ns =
                *t->failure == '\0' ? t->predicted_ns : RECORD_NEVER,
            .guess_ns = t->guess_ns,
            .is_untold = t->lacks_mark != NULL,
        };
    }
    return panels;
}

/* Tells whether a client has reached one of the servers. */
static bool
is_any_reached(const struct panel *panels, int count)
{
    for (int i = 0; i < count; i++)
        if (panels[i].figures->connected > 0)
            return true;
    return false;
}

/* Tells whether there is a server that gave all answers. */
static bool
is_any_whole(const struct panel *panels, int count)
{
    for (int i = 0; i < count; i++)
        if (conclusion_is_whole(&panels[i]))
            return true;
    return false;
}

static void
show(const struct comparison *c, const struct panel *panels,
     const struct terminal *terminal, FILE *text, bool brief)
{
    if (c->run > 0) {
        bool is_drawn = !brief && is_any_reached(panels, c->run);

        /* Without a conclusion, the table says why there is none. */
        if (!brief || !is_any_whole(panels, c->run))
            table_draw(text, c->trials, c->run, terminal);
        if (is_drawn) {
            putc('\n', text);
            timeline_draw(text, panels, c->run, terminal, 0);
        }
        if (is_drawn && c->run > 1)
            putc('\n', text);
        if (c->run > 1 || brief)
            conclusion_draw(text, panels, c->run, terminal);
        prediction_score(text, c->trials, c->run);
    }
    if (c->run < c->count || c->interrupted)
        fprintf(text, "\n%s: %d of %d servers were compared\n",
                c->interrupted ? "interrupted" : "ended", c->whole, c->count);
}

/* Writes the files that the command line names. */
static void
save(struct choices *choices, const struct comparison *c,
     const struct panel *panels, const char *sentence, const char *command)
{
    struct output *outputs = choices->outputs;
    char machine[SENTENCE_MAX];
    struct page page = {
        .command = command,
        .machine = machine,
        .what = sentence,
        .trials = c->trials,
        .count = c->run,
        .panels = panels,
        .conditions = {csv_date((char[CSV_DATE_MAX]){0}),
                       choices->setup.work.delay_ns,
                       choices->setup.work.cpu_ns},
    };
    FILE *out;

    write_machine(machine, &choices->setup.cores);
    if ((out = outputs[AS_SVG].file) != NULL)
        svg_draw(out, panels, c->run, sentence);
    if ((out = outputs[AS_FRONT].file) != NULL)
        front_draw(out, panels, c->run, sentence);
    if ((out = outputs[AS_HTML].file) != NULL)
        page_write(out, &page);
    if ((out = outputs[AS_CSV].file) != NULL)
        table_csv(out, c->trials, c->run, &page.conditions);
    if ((out = outputs[AS_MESSAGES].file) != NULL)
        csv_write(out, panels, c->run, &page.conditions);
    if ((out = outputs[AS_TRACE].file) != NULL)
        trace_write(out, panels, c->run);
    if ((out = outputs[AS_MARKDOWN].file) != NULL)
        page_write_markdown(out, &page);
}

/* Returns whether all servers have been run, and nothing went wrong with any of
 * them. */
static bool
is_complete(const struct comparison *c)
{
    for (int i = 0; i < c->run; i++)
        if (*c->trials[i].failure != '\0' || *c->trials[i].remark != '\0')
            return false;
    return c->run == c->count && !c->interrupted;
}

int
main(int argc, char **argv)
{
    struct choices choices = {
        .setup.plan.messages = PLAN_MESSAGES_UNSET,
        .setup.plan.size = PLAN_SIZE_NATURAL,
        .outputs = {[AS_SVG] = {.option = "--svg"},
                    [AS_FRONT] = {.option = "--svg-front"},
                    [AS_HTML] = {.option = "--html"},
                    [AS_CSV] = {.option = "--csv"},
                    [AS_MESSAGES] = {.option = "--csv-messages"},
                    [AS_TRACE] = {.option = "--trace"},
                    [AS_MARKDOWN] = {.option = "--markdown"}},
    };
    struct comparison comparison;
    struct program program;
    struct progress progress;
    struct panel *panels;
    char sentence[SENTENCE_MAX];
    char *command;
    char **servers;
    bool complete;

    log_open(PROGRAM);
    server_process_prepare();
    servers = argv + read_command_line(&choices, argc, argv);
    arguments_check_descriptors(&choices.setup.plan);
    open_comparison(&comparison, servers, &choices.setup.plan,
                    &choices.setup.work);
    program = program_begin(choices.outputs, OUTPUTS, &choices.look);
    progress = progress_open(stderr, comparison.count * choices.setup.runs);
    choices.setup.progress = &progress;
    choices.setup.stop_fd = program.stop_fd;

    write_sentence(sentence, &choices.setup);
    text_words(program.text, sentence, 0, program.terminal.width);
    say_cores(program.text, &choices.setup);
    putc('\n', program.text);
    /* Show it before the first wait.  If that fails, the next write fails. */
    (void)fflush(program.text);
    run_all(&comparison, &choices, program.text);
    panels = panels_of(&comparison);
    /* It may have been resized meanwhile. */
    program.terminal = terminal_ask(fileno(program.text), &choices.look);
    program.terminal.height = 0; /* so many pictures scroll off in any case */
    show(&comparison, panels, &program.terminal, program.text, choices.brief);
    command = command_shown(argv);
    save(&choices, &comparison, panels, sentence, command);
    complete = is_complete(&comparison);
    free(command);
    free(panels);
    close_comparison(&comparison);
    return program_end(&program, complete);
}
