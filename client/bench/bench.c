/* bench - what a message costs each server, and how near that is to the limit
 * of its model.
 *
 * Each server is measured beside its bare limit, one after the other, under one
 * load after another, and all of that again in each round: what disturbs the
 * machine then disturbs both alike.  Options are read here; gauge measures,
 * rates and chart show. */

#define _GNU_SOURCE /* sched_setaffinity */

#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/arguments.h"
#include "client/bench/chart.h"
#include "client/target/command.h"
#include "client/bench/gauge.h"
#include "client/interrupt.h"
#include "client/target/server_process.h"
#include "client/output.h"
#include "client/draw/progress.h"
#include "client/bench/rates.h"
#include "client/play/loop.h"
#include "client/target/built_servers.h"
#include "client/draw/text.h"
#include "common/clock.h"
#include "common/command_line.h"
#include "common/log.h"

#define PROGRAM      "bench"
#define ROUNDS       5
#define DURATION_NS  (500 * CLOCK_MS)
#define SHORT_ROUNDS 3
#define SHORT_NS     (100 * CLOCK_MS)
#define WARMUP_NS    (50 * CLOCK_MS)
#define COMMAND_MAX  4096

/* What the figures may be written to. */
enum {
    AS_SVG,
    AS_CSV,
    OUTPUTS,
};

/* With 0 messages the first text of a client would be goodbye. */
#define BUSY(n) .clients = (n), .messages = 1, .size = PLAN_SIZE_NATURAL
#define BUSY_8  BUSY(8), .pipeline = 1

static const struct rates_load all_loads[] = {
    {{"1", "client"}, "one", {BUSY(1), .pipeline = 1}},
    {{"64", "clients"}, "64", {BUSY(64), .pipeline = 1}},
    {{"64, 16 in", "flight each"}, "in-flight", {BUSY(64), .pipeline = 16}},
    {{"64, churn", ""},
     "churn",
     {BUSY(64), .pipeline = 1, .per_connection = 1}},
    {{"8 busy", ""}, "idle-0", {BUSY_8}},
    {{"8 busy,", "100 idle"}, "idle-100", {BUSY_8, .idle = 100}},
    {{"8 busy,", "900 idle"}, "idle-900", {BUSY_8, .idle = 900}},
    {{"8 busy,", "10000 idle"}, "idle-10000", {BUSY_8, .idle = 10000}},
};

_Static_assert(sizeof(all_loads) / sizeof(all_loads[0]) <= RATES_LOADS_MAX,
               "there is room for a reason for each");

#define LOADS       ((int)(sizeof(all_loads) / sizeof(all_loads[0])))
#define SHORT_LOADS (LOADS - 1)

/* The command line. */
struct choices {
    struct terminal_options look;
    struct output outputs[OUTPUTS];
    const char *bare; /* a folder; NULL: none */
    struct rates_load loads[LOADS];
    int load_count;
    int rounds;
    int64_t duration_ns;
    bool brief;
};

/* A benchmark as it goes on. */
struct bench {
    struct rates rates;
    struct progress progress;
    int64_t began_ns;
    int step, steps; /* measurements: done, and in all */
    int stop_fd;
    bool interrupted;
};

/* Returns the load of that name, NULL if there is none. */
static const struct rates_load *
find_load(const char *name, size_t len)
{
    for (int i = 0; i < LOADS; i++)
        if (strlen(all_loads[i].csv) == len &&
            strncmp(all_loads[i].csv, name, len) == 0)
            return &all_loads[i];
    return NULL;
}

/* Reads names of loads with commas between. */
static bool
read_loads(const char *text, void *to, char why[VALUES_WHY_MAX])
{
    struct choices *choices = to;

    choices->load_count = 0;
    if (*text != '\0' && text[strlen(text) - 1] == ',') {
        snprintf(why, VALUES_WHY_MAX, "'%s' ends with a comma", text);
        return false;
    }
    for (size_t len; *text != '\0'; text += len + (text[len] == ',')) {
        const struct rates_load *load;

        len = strcspn(text, ",");
        load = find_load(text, len);
        if (load == NULL) {
            snprintf(why, VALUES_WHY_MAX,
                     "'%.*s' is none of one, 64, in-flight, churn, idle-0, "
                     "idle-100, idle-900, idle-10000",
                     (int)len, text);
            return false;
        }
        for (int i = 0; i < choices->load_count; i++)
            if (choices->loads[i].csv == load->csv) {
                snprintf(why, VALUES_WHY_MAX, "'%s' is named twice", load->csv);
                return false;
            }
        choices->loads[choices->load_count++] = *load;
    }
    snprintf(why, VALUES_WHY_MAX, "names no load");
    return choices->load_count > 0;
}

static bool
read_bare(const char *folder, void *to, char why[VALUES_WHY_MAX])
{
    *(const char **)to = folder;
    snprintf(why, VALUES_WHY_MAX, "'%s' has a blank or a backslash", folder);
    return strpbrk(folder, " \\") == NULL;
}

#define INTO(member)  offsetof(struct choices, member)
#define FILE_INTO(as) "FILE", VALUES_TEXT, INTO(outputs[as].path)

static const struct command_line_option bench_options[] = {
    {"bare", 0, "FOLDER", VALUES_OWN, INTO(bare), .read = read_bare,
     .help = "measure the program of the same name there beside it, as make "
             "bench does, which gives pools 64 workers"},
    {"loads", 0, "LIST", VALUES_OWN, .read = read_loads,
     .help = "some of one, 64, in-flight, churn, idle-0, idle-100, idle-900, "
             "idle-10000, separated by commas (default all)"},
    {"rounds", 0, "N", VALUES_NUMBER, INTO(rounds), 1, RATES_ROUNDS_MAX,
     .help = "measure N times; without it 5, or 3 with --short"},
    {"duration", 0, "TIME", VALUES_TIME, INTO(duration_ns), 1,
     .help = "measure for TIME; without it 500ms, or 100ms with --short"},
    {"short", .offset = INTO(brief),
     .help = "be quick, with at most 900 idle connections"},
    {"csv", 0, FILE_INTO(AS_CSV), .help = "write a row per measurement"},
    {"svg", 0, FILE_INTO(AS_SVG), .help = "draw cost against connections"},
};

static const char usage[] =
    "Usage: bench [OPTION]... [SERVER]...\n"
    "Measures the CPU time that a message costs each SERVER (default: all "
    "that\n"
    "were built), under loads of one client, of 64, of 64 with 16 messages in\n"
    "flight, of 64 that reconnect for each message (churn), and of 8 among 0\n"
    "to 10000 idle connections.  Server and client share one core, and there "
    "is\n"
    "no work to do but the model's own.  A SERVER is as in bin/compare.\n"
    "\n"
    "  bin/bench bin/poll bin/epoll\n"
    "  bin/bench --short bin/epoll \"mine=./my-server --port {port}\"\n"
    "\n";

static const char notes[] =
    "\n"
    "FILE may be '-', which is stdout.\n"
    "TIME is a number with its unit: 250us, 20ms, 2s, 1m.\n"
    "Exit status: 1 if nothing could be measured or written or if "
    "interrupted,\n"
    "2 for a bad command line, otherwise 0.\n";

/* Rejects a chart that would have no lines. */
static void
check_chart(const struct choices *choices)
{
    const struct rates r = {.loads = choices->loads,
                            .load_count = choices->load_count};

    if (choices->outputs[AS_SVG].path != NULL && chart_points(&r) < 2)
        command_line_reject("--svg: needs two loads with idle connections, "
                            "as in --loads idle-0,idle-100");
}

/* Reads the command line.  Returns the index in argv of the first server. */
static int
read_command_line(struct choices *choices, int argc, char **argv)
{
    const struct command_line_program program = {
        .name = PROGRAM,
        .usage = usage,
        .notes = notes,
        .groups = {COMMAND_LINE_GROUP(bench_options, choices),
                   arguments_look(&choices->look)},
    };
    int first;

    first = command_line_read(&program, argc, argv);
    if (choices->rounds == 0)
        choices->rounds = choices->brief ? SHORT_ROUNDS : ROUNDS;
    if (choices->duration_ns == 0)
        choices->duration_ns = choices->brief ? SHORT_NS : DURATION_NS;
    if (choices->load_count == 0) {
        choices->load_count = choices->brief ? SHORT_LOADS : LOADS;
        memcpy(choices->loads, all_loads, sizeof(all_loads));
    }
    for (int i = 0; i < choices->load_count; i++) {
        choices->loads[i].plan.duration_ns = choices->duration_ns;
        choices->loads[i].plan.warmup_ns = WARMUP_NS;
    }
    output_check(choices->outputs, OUTPUTS);
    check_chart(choices);
    return first;
}

/* Returns a copy of a command with something before and behind it. */
static char *
new_command(const char *before, const char *text, const char *behind)
{
    size_t size = strlen(before) + strlen(text) + strlen(behind) + 1;
    char *command = malloc(size);

    if (command == NULL)
        die("memory for the servers");
    else
        snprintf(command, size, "%s%s%s", before, text, behind);
    return command;
}

/* Returns the command for the bare limit of a server: the program of the same
 * name in that folder, and the same options; NULL if there is none. */
static char *
new_bare(const char *folder, const char *text)
{
    const char *blank = strchr(text, ' ');
    size_t len = blank != NULL ? (size_t)(blank - text) : strlen(text);
    char path[COMMAND_MAX];
    const char *name = text + len;

    if (folder == NULL || command_takes_port(text) ||
        strchr(text, '\\') != NULL)
        return NULL;
    while (name > text && name[-1] != '/')
        name--;
    if (snprintf(path, sizeof(path), "%s/%.*s", folder,
                 (int)(text + len - name), name) >= (int)sizeof(path) ||
        access(path, X_OK) == -1)
        return NULL;
    return new_command(path, text + len, " -q");
}

/* Takes the servers of the command line, or all of the suite. */
static void
open_rates(struct rates *r, const struct choices *choices, char **texts)
{
    int count = 0;

    while (texts[count] != NULL)
        count++;
    if (count > RATES_ROWS_MAX)
        command_line_reject("SERVER: there are %d; at most %d at a time", count,
                            RATES_ROWS_MAX);
    if (rates_open(r, choices->loads, choices->load_count, count,
                   choices->rounds) == -1)
        die("memory for the rates");
    for (int i = 0; i < count; i++) {
        r->rows[i].label = command_label(texts[i]);
        if (r->rows[i].label == NULL)
            die("memory for the servers");
        /* Event lines are no part of a model. */
        r->rows[i].server.command = command_takes_port(texts[i])
                                        ? new_command("", texts[i], "")
                                        : new_command("", texts[i], " -q");
        r->rows[i].bare.command = new_bare(choices->bare, texts[i]);
    }
}

static void
close_rates(struct rates *r)
{
    for (int i = 0; i < r->row_count; i++) {
        free((char *)r->rows[i].server.command);
        free((char *)r->rows[i].bare.command);
    }
    rates_close(r);
}

/* Lets this process, and what it starts, run on one core only: what two cores
 * do to each other's caches and wake-ups varies much more than what is to be
 * measured. */
static int
pin(void)
{
    cpu_set_t cores;
    cpu_set_t last;
    int core = -1;

    if (sched_getaffinity(0, sizeof(cores), &cores) == -1)
        return -1;
    for (size_t i = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET(i, &cores)) {
            CPU_ZERO(&last);
            CPU_SET(i, &last);
            core = (int)i;
        }
    return sched_setaffinity(0, sizeof(last), &last) == -1 ? -1 : core;
}

/* Tells how far all is, and how long it will still take. */
static void
show_progress(struct bench *b, const struct rates_row *row, int load, int round)
{
    int64_t took_ns = clock_now() - b->began_ns;
    char left[TEXT_TIME_MAX] = "";

    if (b->step > 0)
        text_time(left,
                  (int64_t)((double)took_ns * (b->steps - b->step) / b->step));
    progress_line(&b->progress, "round %d of %d: %s, load '%s'%s%s%s",
                  round + 1, b->rates.rounds, row->label,
                  b->rates.loads[load].csv, b->step > 0 ? "; about " : "", left,
                  b->step > 0 ? " left" : "");
}

/* Who cannot bear fewer idle connections cannot bear these. */
static void
take_over(const struct rates *r, struct rates_server *s, int load)
{
    const struct plan *plan = &r->loads[load].plan;

    for (int less = 0; less < r->load_count; less++)
        if (r->loads[less].plan.clients == plan->clients &&
            r->loads[less].plan.idle < plan->idle && *s->why[less] != '\0')
            memcpy(s->why[load], s->why[less], RATES_WHY_MAX);
}

/* Measures a server under a load, unless it has been seen that it cannot bear
 * that, or less. */
static void
measure(struct bench *b, struct rates_row *row, struct rates_server *s,
        int load, int round)
{
    const struct plan *plan = &b->rates.loads[load].plan;

    b->step++;
    take_over(&b->rates, s, load);
    if (b->interrupted || s->command == NULL || *s->why[load] != '\0' ||
        *row->server.why[load] != '\0')
        return;
    if (loop_lacks_descriptors(plan->clients + plan->idle) > 0) {
        snprintf(s->why[load], RATES_WHY_MAX,
                 "not measured: type 'ulimit -n %d' first",
                 loop_lacks_descriptors(plan->clients + plan->idle));
        return;
    }
    if (gauge(rates_sample(&b->rates, s, load, round), s->command, plan,
              b->stop_fd, s->why[load]) == GAUGE_INTERRUPTED)
        b->interrupted = true;
}

/* Plays all rounds. */
static void
play(struct bench *b)
{
    struct rates *r = &b->rates;

    b->began_ns = clock_now();
    b->steps = r->rounds * r->load_count * r->row_count * 2;
    for (int round = 0; round < r->rounds && !b->interrupted; round++) {
        for (int load = 0; load < r->load_count; load++)
            for (int i = 0; i < r->row_count; i++) {
                struct rates_row *row = &r->rows[i];

                show_progress(b, row, load, round);
                measure(b, row, &row->server, load, round);
                measure(b, row, &row->bare, load, round);
            }
        if (!b->interrupted)
            r->done++;
    }
    progress_done(&b->progress, 0);
}

/* Returns whether there is a sample at all. */
static bool
has_samples(const struct rates *r)
{
    for (int i = 0; i < r->row_count; i++)
        for (int load = 0; load < r->load_count; load++)
            if (rates_cost(r, &r->rows[i].server, load).count > 0)
                return true;
    return false;
}

/* Writes the files that were asked for.  Returns whether all could be. */
static bool
save(struct output *outputs, const struct rates *r)
{
    bool saved = true;
    FILE *out = output_begin(&outputs[AS_SVG]);

    if (out != NULL && chart_has_lines(r))
        chart_draw(out, r);
    else if (out != NULL)
        log_error("--svg: nothing to be drawn: no server was measured twice");
    out = output_begin(&outputs[AS_CSV]);
    if (out != NULL)
        rates_csv(out, r);
    for (int i = 0; i < OUTPUTS; i++)
        saved = output_end(&outputs[i]) && saved;
    return saved;
}

/* Says what is going to be done. */
static void
announce(FILE *text, const struct choices *choices, int core)
{
    char time[TEXT_TIME_MAX];

    text_time(time, choices->duration_ns);
    fprintf(text, "%d round%s, %s a measurement; ", choices->rounds,
            text_plural(choices->rounds), time);
    if (core >= 0)
        fprintf(text, "server and client share core %d\n\n", core);
    else
        fputs("server and client could not be given one core\n\n", text);
    (void)fflush(text); /* if it fails, so be it */
}

int
main(int argc, char **argv)
{
    struct choices choices = {
        .outputs =
            {[AS_SVG] = {.option = "--svg"}, [AS_CSV] = {.option = "--csv"}},
    };
    struct bench b = {.step = 0};
    struct terminal terminal;
    char **suite = NULL;
    FILE *text;
    bool fine;
    int first;

    log_open(PROGRAM);
    server_process_prepare();
    first = read_command_line(&choices, argc, argv);
    if (argv[first] == NULL)
        suite = built_servers_list();
    output_open(choices.outputs, OUTPUTS);
    text = output_text(choices.outputs, OUTPUTS);
    terminal = terminal_ask(fileno(text), &choices.look);
    b.stop_fd = interrupt_catch();
    b.progress = progress_open(text, 1);
    open_rates(&b.rates, &choices, suite != NULL ? suite : argv + first);

    announce(text, &choices, pin());
    play(&b);
    if (has_samples(&b.rates))
        rates_print(text, &b.rates, terminal.width, terminal.utf8);
    else
        rates_reasons(text, &b.rates, terminal.width);
    if (b.interrupted)
        fprintf(text, "interrupted: %d of %d rounds\n", b.rates.done,
                b.rates.rounds);
    (void)fflush(text);
    fine = save(choices.outputs, &b.rates) && has_samples(&b.rates) &&
           !b.interrupted;
    close_rates(&b.rates);
    if (suite != NULL)
        built_servers_close(suite);
    return fine ? EXIT_SUCCESS : EXIT_FAILURE;
}
