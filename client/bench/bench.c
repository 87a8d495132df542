/* bench - what a message costs each server, and how near that is to the limit
 * of its model.
 *
 * Each server is measured beside its bare limit, one after the other, under one
 * load after another, and all of that again in each round.  So whatever else
 * the machine does affects both alike.  Options are read here, measurement
 * measures, costs keeps the results, and cost_table and chart show them. */

#define _GNU_SOURCE /* sched_setaffinity */

#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/arguments.h"
#include "client/bench/chart.h"
#include "client/bench/cost_table.h"
#include "client/bench/costs.h"
#include "client/bench/measurement.h"
#include "client/draw/progress.h"
#include "client/draw/text.h"
#include "client/interrupt.h"
#include "client/output.h"
#include "client/play/loop.h"
#include "client/program.h"
#include "client/target/built_servers.h"
#include "client/target/command.h"
#include "client/target/process.h"
#include "client/target/server_process.h"
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

static const struct costs_load all_loads[] = {
    {"one", {"1", "client"}, {BUSY(1), .pipeline = 1}},
    {"64", {"64", "clients"}, {BUSY(64), .pipeline = 1}},
    {"in-flight", {"64, 16 in", "flight each"}, {BUSY(64), .pipeline = 16}},
    {"churn",
     {"64, churn", ""},
     {BUSY(64), .pipeline = 1, .per_connection = 1}},
    {"idle-0", {"8 busy", ""}, {BUSY_8}},
    {"idle-100", {"8 busy,", "100 idle"}, {BUSY_8, .idle = 100}},
    {"idle-900", {"8 busy,", "900 idle"}, {BUSY_8, .idle = 900}},
    {"idle-10000", {"8 busy,", "10000 idle"}, {BUSY_8, .idle = 10000}},
};

/* The loads of the service file, whose answers are as long as the file. */
static const struct costs_load file_loads[] = {
    {"1", {"1", "client"}, {BUSY(1), .pipeline = 1}},
    {"10", {"10", "clients"}, {BUSY(10), .pipeline = 1}},
    {"100", {"100", "clients"}, {BUSY(100), .pipeline = 1}},
};

#define LOADS       ((int)(sizeof(all_loads) / sizeof(all_loads[0])))
#define SHORT_LOADS (LOADS - 1)
#define FILE_LOADS  ((int)(sizeof(file_loads) / sizeof(file_loads[0])))

_Static_assert(sizeof(all_loads) / sizeof(all_loads[0]) <= COSTS_LOADS_MAX,
               "the costs have room for all loads");

struct bench {
    /* The command line; that of the loads is in costs. */
    struct terminal_options look;
    int64_t start_limit_ns; /* for a server, until it listens */
    struct output outputs[OUTPUTS];
    const char *bare; /* a folder; NULL: none */
    int rounds;       /* to be measured */
    int64_t duration_ns;
    bool brief;
    /* As it goes on: */
    struct plan asks; /* the service, the frame and the file */
    struct costs costs;
    struct progress progress;
    int64_t began_ns;
    int step, steps; /* measurements: done, and in all */
    int stop_fd;
};

/* Returns the load of that name, NULL if there is none. */
static const struct costs_load *
find_load(const struct costs_load *loads, int count, const char *name,
          size_t len)
{
    for (int i = 0; i < count; i++)
        if (strlen(loads[i].name) == len &&
            strncmp(loads[i].name, name, len) == 0)
            return &loads[i];
    return NULL;
}

/* Reads names of loads, separated by commas. */
static bool
read_loads(const char *text, void *to, char why[VALUES_WHY_MAX])
{
    struct costs *c = &((struct bench *)to)->costs;

    c->load_count = 0;
    if (*text != '\0' && text[strlen(text) - 1] == ',') {
        snprintf(why, VALUES_WHY_MAX, "'%s' ends with a comma", text);
        return false;
    }
    for (size_t len; *text != '\0'; text += len + (text[len] == ',')) {
        const struct costs_load *load;

        len = strcspn(text, ",");
        load = find_load(all_loads, LOADS, text, len);
        if (load == NULL) {
            snprintf(why, VALUES_WHY_MAX,
                     "'%.*s' is none of one, 64, in-flight, churn, idle-0, "
                     "idle-100, idle-900, idle-10000",
                     (int)len, text);
            return false;
        }
        if (find_load(c->loads, c->load_count, text, len) != NULL) {
            snprintf(why, VALUES_WHY_MAX, "'%s' is named twice", load->name);
            return false;
        }
        c->loads[c->load_count++] = *load;
    }
    snprintf(why, VALUES_WHY_MAX, "names no load");
    return c->load_count > 0;
}

static bool
read_bare(const char *folder, void *to, char why[VALUES_WHY_MAX])
{
    *(const char **)to = folder;
    snprintf(why, VALUES_WHY_MAX, "'%s' has a blank or a backslash", folder);
    return strpbrk(folder, " \\") == NULL;
}

#define INTO(member)  offsetof(struct bench, member)
#define FILE_INTO(as) "FILE", VALUES_TEXT, INTO(outputs[as].path)

static const struct command_line_option bench_options[] = {
    {"bare", 0, "FOLDER", VALUES_OWN, INTO(bare), .read = read_bare,
     .help = "measure the program of the same name there beside it, as make "
             "bench does, which gives pools 64 workers"},
    {"loads", 0, "LIST", VALUES_OWN, .read = read_loads,
     .help = "some of one, 64, in-flight, churn, idle-0, idle-100, idle-900, "
             "idle-10000, separated by commas (default all)"},
    {"rounds", 0, "N", VALUES_NUMBER, INTO(rounds), 1, COSTS_ROUNDS_MAX,
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
    "no work to do but the model's own.  A SERVER is as in bin/compare.  With\n"
    "--service file, the CPU time is that for a megabyte, and the loads are "
    "1,\n"
    "10 and 100 clients.\n"
    "\n"
    "  bin/bench bin/poll bin/epoll\n"
    "  bin/bench --short bin/epoll \"mine=./my-server --port {port}\"\n"
    "\n";

static const char notes[] = PROGRAM_NOTES
    "Exit status: 1 if nothing could be measured or written or if "
    "interrupted,\n"
    "2 for a bad command line, otherwise 0.\n";

/* Lets the clients of a load ask for that service. */
static void
ask_service(struct plan *load, const struct plan *asks)
{
    load->service = asks->service;
    load->frame = asks->frame;
    load->file = asks->file;
    load->file_len = asks->file_len;
    load->file_checksum = asks->file_checksum;
    if (asks->per_connection > 0)
        load->per_connection = asks->per_connection;
}

/* Reads the command line.  Returns the index in argv of the first server. */
static int
read_command_line(struct bench *b, int argc, char **argv)
{
    const struct command_line_program program = {
        .name = PROGRAM,
        .usage = usage,
        .notes = notes,
        .groups = {COMMAND_LINE_GROUP(bench_options, b),
                   arguments_service(&b->asks),
                   arguments_start(&b->start_limit_ns),
                   arguments_look(&b->look)},
    };
    struct costs *c = &b->costs;
    int first = command_line_read(&program, argc, argv);

    server_process_limit_start(b->start_limit_ns);
    if (b->rounds == 0)
        b->rounds = b->brief ? SHORT_ROUNDS : ROUNDS;
    if (b->duration_ns == 0)
        b->duration_ns = b->brief ? SHORT_NS : DURATION_NS;
    b->asks.size = PLAN_SIZE_NATURAL;
    b->asks.clients = b->asks.messages = 1;
    arguments_complete_plan(&b->asks, 1);
    if (b->asks.service == PLAN_FILE) {
        if (c->load_count > 0)
            command_line_reject("--loads: --service file has loads of its own");
        c->load_count = FILE_LOADS;
        memcpy(c->loads, file_loads, sizeof(file_loads));
    }
    if (c->load_count == 0) {
        c->load_count = b->brief ? SHORT_LOADS : LOADS;
        memcpy(c->loads, all_loads, sizeof(all_loads));
    }
    for (int i = 0; i < c->load_count; i++) {
        c->loads[i].plan.duration_ns = b->duration_ns;
        c->loads[i].plan.warmup_ns = WARMUP_NS;
        ask_service(&c->loads[i].plan, &b->asks);
    }
    if (b->outputs[AS_SVG].path != NULL &&
        chart_points(c->loads, c->load_count) < 2)
        command_line_reject("--svg: needs two loads with idle connections, "
                            "as in --loads idle-0,idle-100");
    arguments_check_servers(argv + first, argc - first);
    return first;
}

/* Returns a command whose program writes no event lines, since they are no part
 * of a model.  It lives as long as this program. */
static const char *
quiet_command(const char *path, const char *options, const struct plan *asks)
{
    size_t size = strlen(path) + strlen(options) + sizeof(" -q");
    char *command = malloc(size);

    if (command == NULL)
        die("memory for the servers");
    else
        snprintf(command, size, "%s%s -q", path, options);
    return command_add_service(command, asks);
}

/* Returns the command for the bare limit of a server: the program of the same
 * name in that folder, with the same options; NULL if there is none. */
static const char *
bare_command(const char *folder, const char *text, const struct plan *asks)
{
    size_t len = strcspn(text, " ");
    size_t name = len; /* where the name of the program begins in text */
    char path[COMMAND_MAX];

    if (folder == NULL || command_takes_port(text) ||
        asks->service != PLAN_ACK || asks->frame != PLAN_ETX ||
        strchr(text, '\\') != NULL)
        return NULL;
    while (name > 0 && text[name - 1] != '/')
        name--;
    if (snprintf(path, sizeof(path), "%s/%.*s", folder, (int)(len - name),
                 text + name) >= (int)sizeof(path) ||
        access(path, X_OK) == -1)
        return NULL;
    return quiet_command(path, text + len, asks);
}

/* Adds the servers of the command line, or all of the suite. */
static void
add_servers(struct costs *c, const char *bare, char *const *texts,
            const struct plan *asks)
{
    for (; texts[c->row_count] != NULL; c->row_count++) {
        const char *text = texts[c->row_count];
        struct costs_row *row = &c->rows[c->row_count];

        if (c->row_count == COSTS_ROWS_MAX)
            command_line_reject("SERVER: there are more than %d",
                                COSTS_ROWS_MAX);
        row->label = command_label(text);
        if (row->label == NULL)
            die("memory for the servers");
        row->programs[COSTS_SERVER].command =
            command_takes_port(text) ? text : quiet_command(text, "", asks);
        row->programs[COSTS_BARE].command = bare_command(bare, text, asks);
    }
}

/* Lets this process, and what it starts, run on one core only, because what two
 * cores do to each other's caches and wake-ups varies much more than what is
 * measured.  Returns the core, -1 if that is not possible. */
static int
pin(void)
{
    cpu_set_t cores;

    if (sched_getaffinity(0, sizeof(cores), &cores) == -1)
        return -1;
    for (int core = CPU_SETSIZE - 1; core >= 0; core--) {
        if (!CPU_ISSET((size_t)core, &cores))
            continue;
        CPU_ZERO(&cores);
        CPU_SET((size_t)core, &cores);
        return sched_setaffinity(0, sizeof(cores), &cores) == -1 ? -1 : core;
    }
    return -1;
}

/* Shows how much is done, and how long the rest will take. */
static void
show_progress(struct bench *b, int row, int load, int round)
{
    int64_t took_ns = clock_now() - b->began_ns;
    char left[sizeof(", about 1000000 s left")] = "";

    if (b->step > 0)
        snprintf(left, sizeof(left), ", about %.0f s left",
                 (double)took_ns * 1e-9 * (b->steps - b->step) / b->step);
    progress_line(&b->progress, "round %d of %d%s: load '%s', %s", round + 1,
                  b->rounds, left, b->costs.loads[load].name,
                  b->costs.rows[row].label);
}

/* A program that cannot serve fewer idle connections cannot serve these: takes
 * over the reason. */
static void
take_over(const struct costs *c, struct costs_program *p, int load)
{
    const struct plan *plan = &c->loads[load].plan;

    for (int less = 0; less < c->load_count; less++)
        if (c->loads[less].plan.clients == plan->clients &&
            c->loads[less].plan.idle < plan->idle && *p->why[less] != '\0')
            memcpy(p->why[load], p->why[less], COSTS_WHY_MAX);
}

/* Measures a program under a load, unless it is known that it, or the server
 * whose limit it is, cannot serve that load. */
static void
measure(struct bench *b, struct costs_row *row, enum costs_role role, int load,
        int round)
{
    struct costs_program *p = &row->programs[role];
    const struct plan *plan = &b->costs.loads[load].plan;
    int lacking = loop_lacks_descriptors(plan->clients + plan->idle);

    b->step++;
    take_over(&b->costs, p, load);
    if (interrupt_requested() || p->command == NULL || *p->why[load] != '\0' ||
        *row->programs[COSTS_SERVER].why[load] != '\0')
        return;
    if (lacking > 0)
        snprintf(p->why[load], COSTS_WHY_MAX,
                 "not measured: type 'ulimit -n %d' first", lacking);
    else if (!measurement_take(&p->samples[load][round], p->command, plan,
                               b->stop_fd, p->why[load]) &&
             interrupt_requested())
        *p->why[load] = '\0'; /* that was the interrupt */
}

static void
measure_all(struct bench *b)
{
    struct costs *c = &b->costs;

    b->began_ns = clock_now();
    b->steps = b->rounds * c->load_count * c->row_count * COSTS_ROLES;
    while (c->rounds < b->rounds && !interrupt_requested()) {
        for (int load = 0; load < c->load_count; load++)
            for (int row = 0; row < c->row_count; row++) {
                show_progress(b, row, load, c->rounds);
                for (int role = 0; role < COSTS_ROLES; role++)
                    measure(b, &c->rows[row], (enum costs_role)role, load,
                            c->rounds);
            }
        c->rounds += !interrupt_requested(); /* a partial round is not shown */
    }
    progress_done(&b->progress);
}

/* Tells whether there is anything to show. */
static bool
has_samples(const struct costs *c)
{
    for (int load = 0; load < c->load_count; load++)
        if (costs_median_client(c, load).count > 0)
            return true;
    return false;
}

/* Writes the files that were asked for.  Returns false, and says why, if the
 * chart is empty. */
static bool
save(const struct output *outputs, const struct costs *c)
{
    FILE *svg = outputs[AS_SVG].file;
    bool drawn = svg == NULL || chart_draw(svg, c);

    if (!drawn)
        log_error("--svg: the chart is empty, because no server served two of "
                  "the loads that it shows");
    if (outputs[AS_CSV].file != NULL)
        costs_csv(outputs[AS_CSV].file, c);
    return drawn;
}

/* Writes what is going to be done. */
static void
announce(FILE *text, const struct bench *b, int core)
{
    struct process_cores cores = process_cores();

    fprintf(text, "%d round%s, %s per measurement; ", b->rounds,
            text_plural(b->rounds), TEXT_TIME(b->duration_ns));
    if (core >= 0)
        fprintf(text, "server and client share core %d\n", core);
    else
        fputs("server and client could not be put on one core\n", text);
    if (cores.time < cores.allowed)
        fprintf(text,
                "A control group (cgroup) lets them run for %.0f%% of the "
                "time\n",
                100 * cores.time / cores.allowed);
    putc('\n', text);
    (void)fflush(text); /* if it fails, so be it */
}

int
main(int argc, char **argv)
{
    static struct bench b = {
        .outputs =
            {[AS_SVG] = {.option = "--svg"}, [AS_CSV] = {.option = "--csv"}},
    };
    struct program program;
    char **suite = NULL;
    bool saved;
    int width;
    int first;

    log_open(PROGRAM);
    server_process_prepare();
    first = read_command_line(&b, argc, argv);
    if (argv[first] == NULL)
        suite = built_servers_list();
    program = program_begin(b.outputs, OUTPUTS, &b.look);
    b.stop_fd = program.stop_fd;
    b.progress = progress_open(program.text, 1);
    add_servers(&b.costs, b.bare, suite != NULL ? suite : argv + first,
                &b.asks);

    announce(program.text, &b, pin());
    measure_all(&b);
    /* It may have been resized meanwhile. */
    width = terminal_ask(fileno(program.text), &b.look).width;
    if (has_samples(&b.costs))
        cost_table_draw(program.text, &b.costs, width, program.terminal.utf8);
    else
        cost_table_reasons(program.text, &b.costs, width);
    if (interrupt_requested())
        fprintf(program.text, "interrupted: %d of %d rounds\n", b.costs.rounds,
                b.rounds);
    saved = save(b.outputs, &b.costs);
    if (suite != NULL)
        built_servers_close(suite);
    return program_end(&program, saved && has_samples(&b.costs) &&
                                     !interrupt_requested());
}
