/* inside - shows where everybody waits while clients talk to a server: the
 * clients, the kernel's accept queue, and each process or thread of the server.
 *
 * run plays the clients, and lets sampler take a sample about fifty times a
 * second in between; recording keeps the samples.  view shows them on a
 * terminal, and picture draws all of them at the end. */

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "client/arguments.h"
#include "client/draw/fault.h"
#include "client/draw/progress.h"
#include "client/inside/picture.h"
#include "client/inside/recording.h"
#include "client/inside/recording_file.h"
#include "client/inside/recording_page.h"
#include "client/inside/recording_svg.h"
#include "client/inside/recording_trace.h"
#include "client/inside/sampler.h"
#include "client/inside/view.h"
#include "client/interrupt.h"
#include "client/memory.h"
#include "client/play/address.h"
#include "client/play/run.h"
#include "client/program.h"
#include "client/target/command.h"
#include "client/target/server_process.h"
#include "common/clock.h"
#include "common/command_line.h"
#include "common/log.h"

#define PROGRAM      "inside"
#define DELAY        "200ms"  /* of a server that is not told anything else */
#define FIRST_NS     CLOCK_MS /* until the first sample */
#define PID_MAX      4194304  /* Linux has no larger one (proc(5)) */
#define STATUS_MAX   32
#define MESSAGES     3 /* of a client, unless the user chooses */
#define OPTION_WORDS 4 /* that SERVER gets without {port} */

enum {
    RECORD,
    SVG,
    HTML,
    TRACE,
    OUTPUTS
};

struct choices {
    struct plan plan;
    struct terminal_options look;
    int64_t start_limit_ns; /* for a server, until it listens */
    struct output outputs[OUTPUTS];
    const char *replay;
    const char *address;
    const char *port;
    int pid;
    char **words; /* of the server's command, count of them and NULL */
    int word_count;
};

#define INTO(member) offsetof(struct choices, member)

static const struct command_line_option client_options[] = {
    {"clients", 'c', "N", VALUES_NUMBER, INTO(plan.clients), 1,
     RECORDING_CLIENTS_MAX, .initial = "6", .help = "start N clients at once"},
    {"messages", 'n', "N", VALUES_NUMBER, INTO(plan.messages), 0,
     PLAN_MESSAGES_MAX,
     .help = "each client sends N messages (default 3; 1 of daytime and file)"},
    {"think", 0, "TIME", VALUES_TIME, INTO(plan.think_ns), .initial = "0",
     .help = "a client pauses for TIME between messages"},
    {"timeout", 0, "TIME", VALUES_TIME, INTO(plan.timeout_ns), .initial = "0",
     .help = "give up after TIME; 0: never"},
};

static const struct command_line_option inside_options[] = {
    {"port", 'p', "PORT", VALUES_PORT, INTO(port), .min = 1,
     .help = "watch the server that listens on PORT already"},
    {"address", 'a', "ADDR", VALUES_ADDRESS, INTO(address),
     .initial = "127.0.0.1", .help = "and on ADDR"},
    {"pid", 0, "PID", VALUES_NUMBER, INTO(pid), 1, PID_MAX, .needs = "port",
     .help = "its process, if it is not found"},
    {"record", 0, "FILE", VALUES_TEXT, INTO(outputs[RECORD].path),
     .help = "write what was seen into FILE"},
    {"svg", 0, "FILE", VALUES_TEXT, INTO(outputs[SVG].path),
     .help = "draw it into FILE"},
    {"html", 0, "FILE", VALUES_TEXT, INTO(outputs[HTML].path),
     .help = "the same as a page, with a replay"},
    {"trace", 0, "FILE", VALUES_TEXT, INTO(outputs[TRACE].path),
     .help = "the same for Perfetto or speedscope, as JSON"},
    {"replay", 0, "FILE", VALUES_TEXT, INTO(replay),
     .excludes = {"record", "port"}, .help = "show a FILE of --record again"},
};

static const char usage[] =
    "Usage: inside [OPTION]... SERVER [ARG]...\n"
    "       inside [OPTION]... -p PORT\n"
    "       inside [OPTION]... --replay FILE\n"
    "Starts SERVER, lets clients talk to it, and shows where everybody waits:\n"
    "the clients, the accept queue, and each process or thread of the server.\n"
    "On a terminal it shows that while it happens; otherwise, at the end.\n"
    "\n"
    "  bin/inside bin/prefork -w 2 -b 2        six clients, three messages "
    "each\n"
    "  bin/inside -c 3 -n 1 bin/epoll -C 50ms\n"
    "  bin/inside ./my-server --port {port}    any server, in any language\n"
    "\n"
    "In ARG, {port} and {delay} are replaced.  Without {port}, SERVER gets\n"
    "-d " DELAY " before its ARGs, and -p after them.\n"
    "\n";

static const char notes[] =
    PROGRAM_NOTES "Exit status: 0 if every client got every answer, 2 for a "
                  "bad command line,\notherwise 1.\n";

/* A run and how it is watched. */
struct watch {
    struct observer observer;
    struct record record;
    struct recording recording;
    struct sampler sampler;
    struct view view;
};

static void
tick(void *context, const struct record *r, int64_t now_ns)
{
    struct watch *w = context;

    w->observer.tick_ns = sampler_take(&w->sampler, r, now_ns);
    view_refresh(&w->view);
    if (w->view.quit)
        (void)raise(SIGINT); /* as if it were Ctrl-C */
}

/* Returns the text that describes the server (see command.h), which the caller
 * frees. */
static char *
server_text(char **words, int count, const struct plan *plan)
{
    char **list = memory_get((size_t)count + OPTION_WORDS + 1, sizeof(*list));
    char *text = command_text(words);
    int at = 0;

    if (!command_takes_port(text)) {
        free(text);
        list[at++] = words[0];
        list[at++] = "-d";
        list[at++] = DELAY;
        for (int i = 1; i < count; i++)
            list[at++] = words[i];
        list[at++] = "-p";
        list[at++] = "{port}";
        text = command_add_service(command_text(list), plan);
    }
    free(list);
    return text;
}

static void
read_command_line(struct choices *choices, int argc, char **argv)
{
    const struct command_line_program program = {
        .name = PROGRAM,
        .usage = usage,
        .notes = notes,
        .takes_command = true,
        .groups = {COMMAND_LINE_GROUP(client_options, choices),
                   arguments_plan(&choices->plan),
                   arguments_service(&choices->plan),
                   COMMAND_LINE_GROUP(inside_options, choices),
                   arguments_start(&choices->start_limit_ns),
                   arguments_look(&choices->look)},
    };
    int first = command_line_read(&program, argc, argv);

    server_process_limit_start(choices->start_limit_ns);

    choices->words = argv + first;
    choices->word_count = argc - first;
    if (choices->port != NULL || choices->replay != NULL) {
        if (choices->word_count > 0)
            command_line_reject("SERVER ('%s') and %s cannot be used together",
                                argv[first],
                                choices->port != NULL ? "--port" : "--replay");
    } else if (choices->word_count == 0) {
        command_line_reject("SERVER is missing: name the server to start, "
                            "or the port to watch (--port)");
    }
    arguments_check_servers(choices->words, 1);
    arguments_complete_plan(&choices->plan, MESSAGES);
}

/* --- playing ----------------------------------------------------------------
 */

/* Plays the clients against the server at these addresses. */
static void
play(struct watch *w, const struct choices *choices,
     const struct program *program, const struct address_list *places,
     pid_t pid, int log_fd)
{
    struct address_list to = {.count = 1};

    to.addresses[0] = *address_choose(places);
    sampler_open(&w->sampler, &w->recording, &to.addresses[0], pid, log_fd);
    view_open(&w->view, &w->recording, &choices->look);
    w->observer =
        (struct observer){.context = w, .tick = tick, .tick_ns = FIRST_NS};
    run_play(&w->record, &to, &w->observer, program->stop_fd);
    if (w->record.end == RECORD_INTERRUPTED)
        view_close(&w->view); /* a second signal ends the program at once */
    (void)sampler_take(&w->sampler, &w->record, w->record.ended_ns);
    sampler_close(&w->sampler);
}

/* Starts the server, plays the clients and stops it.  Returns false if it could
 * not be started. */
static bool
play_against_server(struct watch *w, const struct choices *choices,
                    const struct program *program)
{
    char *text =
        server_text(choices->words, choices->word_count, &choices->plan);
    char *title = command_shown(choices->words);
    char why[SERVER_PROCESS_WHY_MAX];
    struct server_process server = {.pid = 0};
    struct server_process_end end = {.by_itself = false};
    struct progress progress = progress_open(program->text, 1);
    char status[STATUS_MAX];
    bool started;

    recording_open(&w->recording, title, choices->plan.clients,
                   choices->plan.messages);
    server_process_prepare();
    progress_line(&progress, "%s starts", title);
    started = server_process_start(&server, text, DELAY, "0", program->stop_fd,
                                   why) == 0;
    progress_done(&progress);
    if (started) {
        play(w, choices, program, &server.to, server.pid, fileno(server.log));
        end = server_process_stop(&server, w->record.end == RECORD_DONE
                                               ? SERVER_PROCESS_STOP_NS
                                               : SERVER_PROCESS_HURRY_NS);
        server_process_status(status, sizeof(status), end.status);
        if (end.by_itself)
            log_error("%s ended before it was asked to: %s", title, status);
    } else if (interrupt_requested()) {
        log_error("interrupted before %s listened", title);
    } else {
        log_error("%s %s", title, why);
        if (strstr(why, "status 2") != NULL && strstr(title, " -") != NULL)
            log_error("options of inside itself must come before the server");
    }
    server_process_close(&server);
    free(title);
    free(text);
    return started && !end.by_itself;
}

static bool
play_against_port(struct watch *w, const struct choices *choices,
                  const struct program *program)
{
    char title[RECORDING_TITLE_MAX];
    char why[ADDRESS_WHY_MAX];
    struct address_list to;

    if (!address_find(&to, choices->address, choices->port, why)) {
        log_error("%s", why);
        return false;
    }
    snprintf(title, sizeof(title), "%s port %s", choices->address,
             choices->port);
    recording_open(&w->recording, title, choices->plan.clients,
                   choices->plan.messages);
    play(w, choices, program, &to, choices->pid, -1);
    return true;
}

/* Returns whether every client got every answer, or the person had seen enough.
 */
static bool
succeeded(const struct watch *w)
{
    for (int i = 0; i < w->record.plan.clients; i++)
        if (w->record.clients[i].end.outcome != RECORD_CLOSED && !w->view.quit)
            return false;
    return true;
}

static void
write_outputs(const struct choices *choices, const struct recording *r)
{
    const struct output *outputs = choices->outputs;

    if (outputs[RECORD].file != NULL)
        recording_file_write(r, outputs[RECORD].file);
    if (outputs[SVG].file != NULL)
        recording_svg_draw(outputs[SVG].file, r, false);
    if (outputs[HTML].file != NULL)
        recording_page_write(outputs[HTML].file, r);
    if (outputs[TRACE].file != NULL)
        recording_trace_write(r, outputs[TRACE].file);
}

/* Plays the run and shows it.  Returns whether all went well. */
static bool
watch_run(struct watch *w, struct choices *choices,
          const struct program *program)
{
    bool well;

    record_open(&w->record, &choices->plan);
    well = choices->port != NULL ? play_against_port(w, choices, program)
                                 : play_against_server(w, choices, program);
    if (w->recording.count > 0) {
        if (w->record.end == RECORD_DONE)
            view_browse(&w->view, program->stop_fd, false);
        view_close(&w->view);
        picture_draw(program->text, &w->recording, &program->terminal);
        (void)fflush(program->text);
        fault_list(stderr, &w->record);
        write_outputs(choices, &w->recording);
    }
    well = well && succeeded(w);
    record_close(&w->record);
    return well;
}

/* --- replaying --------------------------------------------------------------
 */

static bool
replay(struct watch *w, const struct choices *choices,
       const struct program *program)
{
    FILE *in = fopen(choices->replay, "re");
    char why[RECORDING_FILE_WHY_MAX];
    bool is_read;

    if (in == NULL) {
        log_error("--replay: cannot open %s: %s", choices->replay,
                  strerror(errno));
        return false;
    }
    is_read = recording_file_read(&w->recording, in, why);
    fclose(in);
    if (!is_read) {
        log_error("--replay: %s: %s", choices->replay, why);
        return false;
    }
    view_open(&w->view, &w->recording, &choices->look);
    view_browse(&w->view, program->stop_fd, true);
    view_close(&w->view);
    picture_draw(program->text, &w->recording, &program->terminal);
    write_outputs(choices, &w->recording);
    return true;
}

int
main(int argc, char **argv)
{
    static struct watch watch;
    struct choices choices = {
        .plan = {.messages = PLAN_MESSAGES_UNSET, .size = PLAN_SIZE_NATURAL},
        .outputs = {{.option = "--record"},
                    {.option = "--svg"},
                    {.option = "--html"},
                    {.option = "--trace"}},
    };
    struct program program;
    bool well;

    log_open(PROGRAM);
    read_command_line(&choices, argc, argv);
    arguments_check_descriptors(&choices.plan);
    program = program_begin(choices.outputs, OUTPUTS, &choices.look);
    well = choices.replay != NULL ? replay(&watch, &choices, &program)
                                  : watch_run(&watch, &choices, &program);
    recording_close(&watch.recording);
    return program_end(&program, well);
}
