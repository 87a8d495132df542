/* output - where a program writes: the files with its results, and the text for
 * people.
 *
 * The files are opened and emptied before the run, so that the user learns at
 * once if one of them cannot be written, and none of them keeps the results of
 * another run.  The path "-" means stdout, and so does another name of the same
 * file, as /dev/stdout.  Then only the results go to stdout, and the text for
 * people goes to stderr. */

#ifndef CLIENT_OUTPUT_H
#define CLIENT_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

struct output {
    const char *option; /* "--csv" */
    const char *path;   /* its value; NULL: the option is not given */
    FILE *file;         /* to write the results to; NULL: not open */
};

/* Opens and empties the outputs whose option is given.  If one of them cannot
 * be opened, prints why and ends the program with status 1.  Rejects a command
 * line on which two of them are one file, or one of them is stderr. */
void output_open(struct output *outputs, int count);

/* Returns where the text for people goes: stdout, or stderr if an output is
 * stdout.  Must be called before anything is written to it, since it makes
 * stderr write whole lines.  What is written to it is not lost where another
 * program has made stdout or stderr non-blocking. */
FILE *output_text(const struct output *outputs, int count);

/* Writes what is left of the results, and closes the file unless it is stdout.
 * Returns true if all results are written, or if the option is not given.
 * Otherwise prints why and returns false.  It is no failure if the reader of
 * stdout has left, as in `client --csv - | head -n 1`. */
bool output_end(struct output *o);

/* Does the same for the text for people, which stays open. */
bool output_end_text(FILE *text);

#endif
