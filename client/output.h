/* output - the files that a program writes its results to.
 *
 * They are opened before the run, so that the user learns at once if a file
 * cannot be written, and are emptied and written only after it; until then they
 * keep what is in them.  The path "-" means stdout: then only the results go to
 * stdout, and the text for people goes to stderr. */

#ifndef CLIENT_OUTPUT_H
#define CLIENT_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

struct output {
    const char *option; /* "--csv" */
    const char *path;   /* its value; NULL: the option is not given */
    FILE *file;         /* NULL: not open */
    int error;          /* errno if output_begin failed, else 0 */
};

/* Rejects a command line that gives two outputs the same path. */
void output_check(const struct output *outputs, int count);

/* Opens the outputs whose option is given.  If one of them cannot be opened,
 * prints why and ends the program with status 1. */
void output_open(struct output *outputs, int count);

/* Returns where the text for people goes: stdout, or stderr if an output is
 * stdout.  Must be called before anything is written to it, since it makes
 * stderr write whole lines. */
FILE *output_text(const struct output *outputs, int count);

/* Empties the file and returns it, for the caller to write the results to.
 * Returns NULL if the option is not given. */
FILE *output_begin(struct output *o);

/* Ends what output_begin began, and closes the file unless it is stdout.
 * Returns true if all results are written, or if the option is not given.
 * Otherwise prints why and returns false.  It is no failure if the reader of
 * stdout has left, as in `client --csv - | head -n 1`. */
bool output_end(struct output *o);

#endif
