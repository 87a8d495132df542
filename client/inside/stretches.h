/* stretches - cuts the time of a recording into stretches in which a client or
 * a task was in one state, for every kind of picture.
 *
 * Time is divided into columns, or each sample is a column.  A column shows the
 * last sample that was taken before the column ends, so the last column shows
 * the last sample. */

#ifndef CLIENT_INSIDE_STRETCHES_H
#define CLIENT_INSIDE_STRETCHES_H

#include "client/inside/recording.h"

struct stretches_axis {
    const struct recording *recording;
    int64_t from_ns;
    int64_t to_ns;
    int columns;  /* 0: one for each sample, whatever the times are */
    bool by_task; /* a client that is served by another task is in another
                   * state */
};

/* A stretch of columns. */
struct stretch {
    int first;
    int end;                        /* the column behind the last one */
    const struct sample *sample;    /* of the first column; NULL: none */
    const struct sample_task *task; /* that is in this state, or that serves
                                     * the client; NULL: none */
    int appearance;                 /* of a client, see sample.h */
};

/* Returns the sample that a column shows; NULL if there is none. */
const struct sample *
stretches_sample(const struct stretches_axis *axis, int column);

/* Returns the stretch of a client, or of the task of a row, that begins with
 * this column.  The caller asks for the next one with its end. */
struct stretch
stretches_of_client(const struct stretches_axis *axis, int client, int column);
struct stretch
stretches_of_task(const struct stretches_axis *axis, int row, int column);

#endif
