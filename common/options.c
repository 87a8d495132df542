#include "common/options.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/command_line.h"
#include "common/kv_table.h"
#include "common/log.h"
#include "common/service.h"
#include "common/system.h"

#define USAGE_MAX 512

/* What the command line says. */
struct choices {
    struct options opt;
    bool quiet;
    bool verbose;
    bool traits;
};

#define INTO(member) offsetof(struct choices, member)

/* Options that only some servers have, in the order of enum options_extra. */
static const struct command_line_option extra_options[] = {
    {"workers", 'w', "N", VALUES_NUMBER, INTO(opt.workers), 1, WORKERS_MAX,
     .initial = "5", .help = "start N workers"},
    {"max-clients", 'm', "N", VALUES_NUMBER, INTO(opt.max_clients), 1,
     CLIENTS_MAX, .initial = "512", .help = "serve at most N at once"},
    {"workers", 'w', "N", VALUES_NUMBER, INTO(opt.workers), 1, WORKERS_MAX,
     .help = "start N loops; by default, one per core"},
};

/* Options of all servers. */
static const struct command_line_option shared_options[] = {
    {"address", 'a', "ADDR", VALUES_ADDRESS, INTO(opt.address),
     .initial = "127.0.0.1", .help = "listen on ADDR"},
    {"port", 'p', "PORT", VALUES_PORT, INTO(opt.port), .initial = "3000",
     .help = "listen on PORT; 0: on any free port"},
    {"delay", 'd', "TIME", VALUES_TIME, INTO(opt.delay_ns), .initial = "2s",
     .help = "wait for TIME on each message"},
    {"cpu", 'C', "TIME", VALUES_TIME, INTO(opt.cpu_ns), .initial = "0",
     .help = "compute for TIME on each message"},
    {"backlog", 'b', "N", VALUES_NUMBER, INTO(opt.backlog), 1, BACKLOG_MAX,
     .initial = "511", .help = "length of the accept queue"},
    {"idle-timeout", 't', "TIME", VALUES_TIME, INTO(opt.idle_ns),
     .initial = "0", .help = "close if idle for TIME; 0: never"},
    {"service", 's', "NAME", VALUES_WORD, INTO(opt.service),
     .words = service_names, .initial = "ack", .help = "what it answers"},
    {"frame", 'f', "NAME", VALUES_WORD, INTO(opt.frame), .words = frame_names,
     .initial = "etx", .help = "cut messages by"},
    {"entries", .value = "N", .kind = VALUES_NUMBER,
     .offset = INTO(opt.entries), 1, KV_ENTRIES_MAX, .initial = "1000",
     .needs = "service", .help = "keys that kv may hold"},
    {"file", .value = "PATH", .kind = VALUES_TEXT, .offset = INTO(opt.file),
     .needs = "service", .help = "the file that the service file sends"},
    {"quiet", 'q', .offset = INTO(quiet),
     .help = "print no event lines on stderr"},
    {"verbose", 'v', .offset = INTO(verbose), .excludes = {"quiet"},
     .help = "also print each system call as it returns"},
    {"traits", .offset = INTO(traits),
     .help = "print the model's traits, for programs to read"},
};

static const char notes_form[] =
    "\nTIME is a number with its unit: 250us, 20ms, 2s, 1m.\n"
    "SIGINT or SIGTERM ends it after the message in hand, a second one at "
    "once.\n"
    "Lesson: %s\n";

static const char usage_form[] =
    "Usage: %s [OPTION]...\n"
    "%s\n\n"
    "  bin/%-32s waits 2 s on each message, port 3000\n"
    "  %-36s 200 ms, and any free port\n\n";

bool
options_instant(const struct options *opt)
{
    return opt->delay_ns == 0 && opt->cpu_ns == 0;
}

void
options_read(struct options *opt, const struct options_about *about, int argc,
             char **argv)
{
    int has_workers = (about->extra & OPTIONS_WORKERS) != 0;
    int has_max_clients = (about->extra & OPTIONS_MAX_CLIENTS) != 0;
    int has_cores = (about->extra & OPTIONS_CORES) != 0;
    struct choices choices = {.quiet = false};
    char example[64];
    char usage[USAGE_MAX];
    char notes[USAGE_MAX];
    const struct command_line_program program = {
        .name = about->name,
        .usage = usage,
        .notes = notes,
        .groups = {{extra_options, has_workers, &choices},
                   {extra_options + 1, has_max_clients, &choices},
                   {extra_options + 2, has_cores, &choices},
                   COMMAND_LINE_GROUP(shared_options, &choices)},
    };
    int first;

    snprintf(example, sizeof(example), "bin/%s -d 200ms -p 0", about->name);
    snprintf(usage, sizeof(usage), usage_form, about->name, about->summary,
             about->name, example);
    snprintf(notes, sizeof(notes), notes_form, about->lesson);
    log_open(about->name);
    first = command_line_read(&program, argc, argv);
    if (first < argc)
        command_line_reject("'%s': this program takes options only",
                            argv[first]);
    if (choices.opt.service == SERVICE_FILE && choices.opt.file == NULL)
        command_line_reject("--service: 'file' also needs --file");
    if (choices.traits) {
        printf("%s lesson=%s\n", about->traits, about->lesson);
        command_line_exit();
    }
    log_set_level(choices.quiet     ? LOG_QUIET
                  : choices.verbose ? LOG_VERBOSE
                                    : LOG_EVENTS);
    if (has_cores && choices.opt.workers == 0)
        choices.opt.workers = system_cores();
    *opt = choices.opt;
}
