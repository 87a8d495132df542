#include "client/arguments.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/play/loop.h"
#include "client/draw/terminal.h"
#include "common/log.h"
#include "common/options.h"

#define WIDTH_MIN  20
#define NUMBER_MAX 30 /* digits */

struct plan
arguments_plan(void)
{
    return (struct plan){
        .clients = 1,
        .messages = 5,
        .pipeline = 1,
        .size = PLAN_SIZE_NATURAL,
    };
}

bool
arguments_plan_option(const char *program, struct plan *plan, int c)
{
    switch (c) {
    case 'c':
        plan->clients =
            options_number(program, "--clients", optarg, 1, PLAN_CLIENTS_MAX);
        return true;
    case 'n':
        plan->messages =
            options_number(program, "--messages", optarg, 0, PLAN_MESSAGES_MAX);
        return true;
    case OPT_PIPELINE:
        plan->pipeline =
            options_number(program, "--pipeline", optarg, 1, PLAN_MESSAGES_MAX);
        return true;
    case OPT_SIZE:
        plan->size =
            options_number(program, "--size", optarg, 0, PLAN_SIZE_MAX);
        return true;
    case OPT_STAGGER:
        plan->stagger_ns = options_time(program, "--stagger", optarg);
        return true;
    case OPT_TIMEOUT:
        plan->timeout_ns = options_time(program, "--timeout", optarg);
        return true;
    default:
        return false;
    }
}

static enum terminal_when
read_colour(const char *program, const char *text)
{
    if (strcmp(text, "auto") == 0)
        return TERMINAL_AUTO;
    if (strcmp(text, "always") == 0)
        return TERMINAL_ALWAYS;
    if (strcmp(text, "never") == 0)
        return TERMINAL_NEVER;
    options_reject(program, "--color: '%s' is not auto, always or never", text);
}

static _Noreturn void
print_and_exit(const char *first, const char *second)
{
    printf("%s%s", first, second);
    exit(fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

bool
arguments_look_option(const char *program, struct terminal_options *look, int c,
                      const char *help)
{
    switch (c) {
    case OPT_COLOR:
        look->colour = read_colour(program, optarg);
        return true;
    case OPT_ASCII:
        look->ascii = true;
        return true;
    case OPT_WIDTH:
        look->width = options_number(program, "--width", optarg, WIDTH_MIN,
                                     TERMINAL_WIDTH_MAX);
        return true;
    case 'h':
        print_and_exit(help, "");
    case 'V':
        print_and_exit(program, " " OPTIONS_VERSION "\n");
    default:
        return false;
    }
}

bool
arguments_seconds(const char *text, int64_t *ns)
{
    char seconds[NUMBER_MAX + 2];

    if (options_is_time(text, ns))
        return true;
    if (strlen(text) > NUMBER_MAX)
        return false;
    snprintf(seconds, sizeof(seconds), "%ss", text);
    return options_is_time(seconds, ns);
}

void
arguments_check_plan(const char *program, const struct plan *plan)
{
    int64_t total = (int64_t)plan->clients * plan->messages;

    if (total > PLAN_TOTAL_MAX)
        options_reject(program,
                       "--messages: %d clients of %d messages are %lld; at "
                       "most %d in one run",
                       plan->clients, plan->messages, (long long)total,
                       PLAN_TOTAL_MAX);
    if (plan->manner == PLAN_VANISH && plan->messages == 0)
        options_reject(program, "--vanish: needs a message to vanish in; "
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
