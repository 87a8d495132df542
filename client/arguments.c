#include "client/arguments.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/play/exchange.h"
#include "client/play/loop.h"
#include "client/target/command.h"
#include "common/frame.h"
#include "common/log.h"

#define WIDTH_MIN 20
#define READ_MAX  65536

#define IN_PLAN(member) offsetof(struct plan, member)
#define IN_LOOK(member) offsetof(struct terminal_options, member)

static const struct command_line_option plan_options[] = {
    {"pipeline", 0, "N", VALUES_NUMBER, IN_PLAN(pipeline), 1, PLAN_MESSAGES_MAX,
     .initial = "1", .help = "N messages may be unanswered at once"},
    {"size", 0, "BYTES", VALUES_NUMBER, IN_PLAN(size), 0, PLAN_SIZE_MAX,
     .help = "BYTES per message; above 4096, nak is the answer"},
    {"stagger", 0, "TIME", VALUES_TIME, IN_PLAN(stagger_ns), .initial = "0",
     .excludes = {"duration"}, .help = "start the next client after TIME"},
};

static const struct command_line_option service_options[] = {
    {"service", 's', "NAME", VALUES_WORD, IN_PLAN(service),
     .words = plan_services, .initial = "ack",
     .help = "the answers are those of this service"},
    {"frame", 'f', "NAME", VALUES_WORD, IN_PLAN(frame), .words = plan_frames,
     .initial = "etx", .help = "how the end of a message is marked"},
    {"file", 0, "PATH", VALUES_TEXT, IN_PLAN(file),
     .help = "with --service file, the file that must come"},
};

static const struct command_line_option start_options[] = {
    {"start-timeout", 0, "TIME", VALUES_TIME, 0, 1, .initial = "10s",
     .help = "give up on a server that does not listen after TIME"},
};

/* In the order of enum terminal_when. */
static const char *const colours[] = {"auto", "always", "never", NULL};

static const struct command_line_option look_options[] = {
    {"color", 0, "WHEN", VALUES_WORD, IN_LOOK(colour), .words = colours,
     .initial = "auto", .help = "write in colour"},
    {"ascii", .offset = IN_LOOK(ascii), .help = "draw with ASCII characters"},
    {"width", 0, "N", VALUES_NUMBER, IN_LOOK(width), WIDTH_MIN,
     TERMINAL_WIDTH_MAX, .help = "use N columns, not the terminal's"},
};

struct command_line_group
arguments_plan(struct plan *plan)
{
    return (struct command_line_group)COMMAND_LINE_GROUP(plan_options, plan);
}

struct command_line_group
arguments_service(struct plan *plan)
{
    return (struct command_line_group)COMMAND_LINE_GROUP(service_options, plan);
}

struct command_line_group
arguments_start(int64_t *ns)
{
    return (struct command_line_group)COMMAND_LINE_GROUP(start_options, ns);
}

struct command_line_group
arguments_look(struct terminal_options *look)
{
    return (struct command_line_group)COMMAND_LINE_GROUP(look_options, look);
}

/* Reads a file to its end, and closes it.  Returns false if that fails. */
static bool
read_bytes(FILE *file, struct record_text *text, uint64_t *word)
{
    static char bytes[READ_MAX];
    bool failed;
    size_t n;

    while ((n = fread(bytes, 1, sizeof(bytes), file)) > 0)
        exchange_add(text, word, bytes, (int64_t)n);
    failed = ferror(file);
    (void)fclose(file);
    return !failed;
}

/* Reads the file that must come. */
static void
read_file(struct plan *plan)
{
    FILE *file = fopen(plan->file, "rb");
    struct record_text text = {.len = 0};
    uint64_t word = 0;

    if (file == NULL || !read_bytes(file, &text, &word))
        die("--file: cannot read '%s'", plan->file);
    plan->file_len = text.len;
    plan->file_checksum = exchange_checksum(&text, word);
}

/* Rejects sizes and numbers of messages that a service, or a frame, does not
 * have. */
static void
check_service(const struct plan *plan)
{
    if (plan->file != NULL && plan->service != PLAN_FILE)
        command_line_reject("--file: has no effect without --service file");
    if (plan->size != PLAN_SIZE_NATURAL && plan->service >= PLAN_DAYTIME)
        command_line_reject("--size: the messages of --service %s have a size "
                            "of their own",
                            plan_services[plan->service]);
    if (plan->size > FRAME_MAX && plan->frame == PLAN_LENGTH)
        command_line_reject("--size: with --frame length, a message has at "
                            "most %d bytes",
                            FRAME_MAX);
    if (plan->service == PLAN_DAYTIME && plan->rate > 0)
        command_line_reject("--rate: a server of --service daytime answers "
                            "without a request");
    if (plan->service == PLAN_DAYTIME &&
        (plan->messages > 1 || plan->per_connection > 1))
        command_line_reject("--messages: a server of --service daytime closes "
                            "after one answer");
}

void
arguments_complete_plan(struct plan *plan, int messages)
{
    bool is_once = plan->service == PLAN_DAYTIME || plan->service == PLAN_FILE;
    int64_t total;

    check_service(plan);
    if (plan->file != NULL)
        read_file(plan);
    if (plan->messages == PLAN_MESSAGES_UNSET)
        plan->messages = is_once ? 1 : messages;
    if (plan->service == PLAN_DAYTIME)
        plan->per_connection = 1;
    total = (int64_t)plan->clients * plan->messages;
    if (total > PLAN_TOTAL_MAX)
        command_line_reject(
            "--messages: %d clients with %d messages each send %lld; at most "
            "%d are allowed in one run",
            plan->clients, plan->messages, (long long)total, PLAN_TOTAL_MAX);
    if (plan->manner == PLAN_VANISH && plan->messages == 0)
        command_line_reject("--vanish: needs a message to vanish in; "
                            "--messages is 0");
}

void
arguments_check_descriptors(const struct plan *plan)
{
    int clients = plan->clients + plan->idle;
    int needed = loop_lacks_descriptors(clients);

    if (needed == 0)
        return;
    log_error("%d connections need %d descriptors, more than this process may "
              "have; type 'ulimit -n %d' first, as root",
              clients, needed, needed);
    exit(EXIT_FAILURE);
}

void
arguments_check_servers(char *const *words, int count)
{
    size_t len;

    for (int i = 0; i < count && words[i] != NULL; i++) {
        (void)command_program(words[i], &len);
        if (len == 0)
            command_line_reject("SERVER: '%s' has no command", words[i]);
    }
}
