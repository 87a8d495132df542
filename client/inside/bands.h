/* bands - the three parts of the picture of a sample: the clients, the accept
 * queue, and the tasks of the server.  Each line ends in a strip, which shows
 * what happened shortly before, if the picture is wide enough. */

#ifndef CLIENT_INSIDE_BANDS_H
#define CLIENT_INSIDE_BANDS_H

#include <stdbool.h>

#include "client/inside/recording.h"
#include "client/inside/strip.h"

#define BANDS_STRIP_AT 60 /* the column in which the strips begin */

struct bands {
    const struct recording *recording;
    const struct sample *sample; /* of the recording */
    int width;                   /* of the picture, in columns */
    bool by_worker;     /* clients in the order of the tasks that serve them */
    struct strip strip; /* also says where all is written to */
};

/* Writes a heading and the clients, in so many lines; what has no line of its
 * own is counted in the last one. */
void bands_clients(struct bands *b, int lines);

/* Writes a line about the accept queue. */
void bands_queue(struct bands *b);

/* Finds the tasks that existed during the strips.  Returns how many. */
int bands_find_tasks(const struct bands *b, int rows[RECORDING_ROWS_MAX]);

/* Writes a heading and these tasks, as bands_clients does. */
void bands_tasks(struct bands *b, const int *rows, int count, int lines);

#endif
