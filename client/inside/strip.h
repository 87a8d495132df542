/* strip - a stretch of time as a line of letters: what a client or a task did,
 * or how long the accept queue was.
 *
 * Columns are those of stretches.h.  What a letter means is in sample.c;
 * strip_legend explains the letters that were written. */

#ifndef CLIENT_INSIDE_STRIP_H
#define CLIENT_INSIDE_STRIP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "client/inside/recording.h"

struct strip {
    FILE *out;
    const struct recording *recording;
    int64_t from_ns;
    int64_t to_ns;
    int width; /* columns; nothing is written if it is less than 1 */
    bool utf8;
    bool colour;
    bool words; /* the name of a state is written where it is long enough */
    bool places[SAMPLE_APPEARANCES]; /* that have been written */
    bool kinds[SAMPLE_KINDS];
    bool torn;
};

/* Write a line of letters without its end: of a client, counted from 0; of the
 * task of a row; of the accept queue.  The length of the queue is the height
 * of a bar or, in ASCII, a digit, with '+' for ten and more; where it changed
 * while the sample was taken, it is '~'. */
void strip_client(struct strip *s, int client);
void strip_task(struct strip *s, int row);
void strip_queue(struct strip *s);

/* Writes what the letters mean, in lines of this width. */
void strip_legend(const struct strip *s, int width);

#endif
