/* output - the files that results go to.
 *
 * They are opened before the run, so that one that cannot be written is known
 * early, and written after it; until then they keep what is in them.  "-" is
 * stdout: then only data goes there, and text for people goes to stderr. */

#ifndef CLIENT_OUTPUT_H
#define CLIENT_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

struct output {
    const char *option; /* "--csv" */
    const char *path;   /* its value; NULL: not asked for */
    FILE *file;         /* NULL: not open */
    int error;          /* an errno: writing could not even begin; 0: none */
};

/* Rejects a command line on which two outputs are the same file, as with two
 * times "-". */
void output_check(const struct output *outputs, int count);

/* Opens those that were asked for.  If one cannot be written, says so and ends
 * the program with status 1. */
void output_open(struct output *outputs, int count);

/* Returns where text for people goes, by the line: stdout, or stderr if stdout
 * is an output.  To be asked before anything is written. */
FILE *output_text(const struct output *outputs, int count);

/* Empties the file and returns it to be written to; NULL if it was not asked
 * for. */
FILE *output_begin(struct output *o);

/* Ends what output_begin began, if anything.  Returns whether all of it was
 * written; if not, a line on stderr says why.  A reader of stdout that has left
 * is no failure. */
bool output_end(struct output *o);

#endif
