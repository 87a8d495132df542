/* report - a run in words: what it is going to do, what happens while it goes
 * on, the summary, and what went wrong. */

#ifndef CLIENT_DRAW_REPORT_H
#define CLIENT_DRAW_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "client/record/figures.h"
#include "client/record/record.h"
#include "client/play/observer.h"

#define REPORT_FAULTS_MAX 20 /* clients that failed are named, then counted */
#define REPORT_FAULT_MAX  160
#define REPORT_TITLE_MAX  80

/* Writes the plan in short: "6 clients, 3 messages each". */
void report_title(char out[REPORT_TITLE_MAX], const struct plan *plan);

/* Writes what the plan is: "6 clients, 3 messages each, to ...". */
void report_plan(FILE *out, const struct plan *plan, const char *address,
                 const char *port, int width);

/* Returns a watcher that writes a line for each event to out, which must stay
 * open as long as it is used, and flushes them when the run waits. It stops
 * once out fails. */
struct observer report_events(FILE *out);

/* Writes the figures. */
void report_summary(FILE *out, const struct record *r, const struct figures *f,
                    int width);

/* What went wrong with a client. */
struct report_trouble {
    enum record_fault fault;
    int error;                /* an errno */
    const unsigned char *got; /* what came instead of an answer */
    int got_len;
    int64_t answered;
    int64_t total; /* answers that it was to get; 0: no certain number */
    int64_t wrong; /* which answer was, counted from 1 */
    enum record_answer expected;
};

/* Writes it in a few words. */
void report_trouble(char out[REPORT_FAULT_MAX], const struct report_trouble *t);

/* The same of a client of a record. */
void
report_fault(char out[REPORT_FAULT_MAX], const struct record *r, int client);

/* Writes a line for each client that failed, up to REPORT_FAULTS_MAX, and how
 * many more there are. */
void report_faults(FILE *out, const struct record *r);

/* Tells whether no client got a connection and some were refused one: nobody
 * listens there. */
bool report_nobody_there(const struct record *r);

#endif
