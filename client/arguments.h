/* arguments - the part of the command line that the programs on the client's
 * side share: what the clients are to do, and how it is shown.
 *
 * Rejections are as in common/options.h. */

#ifndef CLIENT_ARGUMENTS_H
#define CLIENT_ARGUMENTS_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>

#include "client/record/plan.h"
#include "client/draw/terminal.h"

enum arguments_option { /* options without a short form */
    OPT_PIPELINE = 256,
    OPT_SIZE,
    OPT_STAGGER,
    OPT_THINK,
    OPT_TIMEOUT,
    OPT_DRIBBLE,
    OPT_VANISH,
    OPT_SILENT,
    OPT_COLOR,
    OPT_ASCII,
    OPT_WIDTH,
    OPT_SVG,
    OPT_HTML,
    OPT_CSV,
    OPT_TRACE,
    OPT_OWN, /* from here on, the program's own */
};

/* Entries for the long options of a program.  What a polite client may do: */
/* clang-format off */
#define ARGUMENTS_PLAN \
    {"clients", required_argument, NULL, 'c'}, \
    {"messages", required_argument, NULL, 'n'}, \
    {"pipeline", required_argument, NULL, OPT_PIPELINE}, \
    {"size", required_argument, NULL, OPT_SIZE}, \
    {"stagger", required_argument, NULL, OPT_STAGGER}, \
    {"timeout", required_argument, NULL, OPT_TIMEOUT}

/* And how it is shown: */
#define ARGUMENTS_LOOK \
    {"color", required_argument, NULL, OPT_COLOR}, \
    {"ascii", no_argument, NULL, OPT_ASCII}, \
    {"width", required_argument, NULL, OPT_WIDTH}, \
    {"help", no_argument, NULL, 'h'}, \
    {"version", no_argument, NULL, 'V'}

/* clang-format on */

/* The plan if nothing is said: one client, five messages. */
struct plan arguments_plan(void);

/* Reads optarg of an option c of ARGUMENTS_PLAN into the plan.  Returns whether
 * c was one. */
bool arguments_plan_option(const char *program, struct plan *plan, int c);

/* The same for ARGUMENTS_LOOK; --help prints help and exits with status 0, as
 * --version does. */
bool arguments_look_option(const char *program, struct terminal_options *look,
                           int c, const char *help);

/* Reads a TIME, or a bare number, which is of seconds.  Returns false, and
 * leaves *ns as it is, if text is neither. */
bool arguments_seconds(const char *text, int64_t *ns);

/* Rejects a plan that no one value of it makes impossible. */
void arguments_check_plan(const char *program, const struct plan *plan);

/* Ends the program with status 1 if it cannot have the descriptors. */
void arguments_check_descriptors(const struct plan *plan);

#endif
