/* conclusion - what a comparison has shown, on one screen: a row per server
 * whose height is how many clients it served at each moment, and a sentence.
 *
 *     clients being served  all done  0 s      0.5      1.0     longest wait
 *     single-process          1.81 s  1111111111111111111111111       1.61 s
 *     prefork                 0.61 s  555551111                       0.40 s
 *     poll, epoll             0.30 s  66666                           0.10 s
 *
 * The area is the work, which is the same for all servers. */

#ifndef CLIENT_DRAW_CONCLUSION_H
#define CLIENT_DRAW_CONCLUSION_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "client/draw/panel.h"
#include "client/draw/terminal.h"
#include "client/draw/text.h"

#define CONCLUSION_NAMES_MAX    128
#define CONCLUSION_SENTENCE_MAX 512

/* What all rows have in common.  Runs that are not whole do not count. */
struct conclusion {
    int64_t span_ns; /* until the slowest server is done; at least 1 */
    int highest;     /* the most clients that a server served at one moment */
    struct text_scale scale; /* of the times of the rows */
};

struct conclusion conclusion_measure(const struct panel *panels, int count);

/* Returns whether the run has answers and nothing went wrong. */
bool conclusion_is_whole(const struct panel *panel);

/* Returns how many panels, from the first one on, share a row because they have
 * the same picture; at least 1. */
int conclusion_row(const struct panel *panels, int count);

/* Writes the names of a row: all of them if they take at most so many columns,
 * otherwise the first one and how many more there are. */
void conclusion_names(char names[CONCLUSION_NAMES_MAX],
                      const struct panel *panels, int count, int columns);

/* Divides the time up to span_ns into so many columns, and stores for each
 * column how many clients were being served.  It is the median of several
 * moments, so that the short time between two services leaves no gap. */
void conclusion_served(int *served, int columns, const struct panel *panel,
                       int64_t span_ns);

/* Writes a sentence that compares the fastest server with the slowest one, if
 * at least two can be compared.  If this program was stopped while a server
 * ran, a sentence before that says that this server cannot be compared.  "" if
 * there is neither. */
void conclusion_sentence(char out[CONCLUSION_SENTENCE_MAX],
                         const struct panel *panels, int count);

/* Draws the rows of these panels.  Neighbours that have the same picture share
 * a row.  The caller checks out for errors of writing. */
void conclusion_draw_rows(FILE *out, const struct panel *panels, int count,
                          const struct terminal *terminal);

/* Draws the rows, and writes the sentence below them. */
void conclusion_draw(FILE *out, const struct panel *panels, int count,
                     const struct terminal *terminal);

#endif
