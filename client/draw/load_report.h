/* account - what a load came to, in words and as data. */

#ifndef CLIENT_DRAW_LOAD_REPORT_H
#define CLIENT_DRAW_LOAD_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "client/play/load.h"
#include "client/draw/report.h"

/* Writes what the load is going to be: "64 clients for 5.00 s, ..." . */
void load_report_plan(FILE *out, const struct plan *plan, const char *address,
                      const char *port, int width);

/* Writes what was measured, and whether it is to be trusted. */
void load_report_summary(FILE *out, const struct load *l, int width);

/* Writes in a few words what one of the faults was. */
void
load_report_fault(char out[REPORT_FAULT_MAX], const struct load *l, int fault);

/* Writes a line for each fault, and how many more there are. */
void load_report_faults(FILE *out, const struct load *l);

/* Tells whether no client got a connection and the first was refused one. */
bool load_report_nobody_there(const struct load *l);

/* Writes a line with the names of the columns, and one with the values. */
void load_report_csv(FILE *out, const struct load *l);

#endif
