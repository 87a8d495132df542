/* report - a run, or a load, in words: what it is going to do, what happens
 * while it goes on, and a summary.  fault says what went wrong. */

#ifndef CLIENT_DRAW_REPORT_H
#define CLIENT_DRAW_REPORT_H

#include <stdio.h>

#include "client/play/load.h"
#include "client/play/observer.h"
#include "client/record/figures.h"
#include "client/record/record.h"

#define REPORT_TITLE_MAX 80

/* Writes the plan of a run in short: "6 clients, 3 messages each". */
void report_title(char out[REPORT_TITLE_MAX], const struct plan *plan);

/* Writes the plan of a run or a load, and its server, in lines of the given
 * width: "6 clients, 3 messages each, to 127.0.0.1 port 3000", ... */
void report_plan(FILE *out, const struct plan *plan, const char *address,
                 const char *port, int width);

/* Returns an observer that writes a line per event to out and flushes out
 * before the run waits.  out must stay open as long as the observer is used.
 * Nothing more is written after writing has failed. */
struct observer report_events(FILE *out);

/* Writes the figures of a run in lines of the given width. */
void report_summary(FILE *out, const struct record *r, const struct figures *f,
                    int width);

#endif
