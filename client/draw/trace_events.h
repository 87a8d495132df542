/* trace_events - writes Chrome's trace event format (JSON), as Perfetto and
 * speedscope read it: processes with threads, threads with slices, and
 * counters. */

#ifndef CLIENT_DRAW_TRACE_EVENTS_H
#define CLIENT_DRAW_TRACE_EVENTS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct trace_events {
    FILE *out;
    bool begun;            /* the next event is not the first */
    int pid, tid;          /* of the events that follow; set by the caller */
    int64_t began_ns;      /* the beginning of the latest slice */
    int64_t busy_until_ns; /* the thread has slices up to here */
};

/* Begins a trace.  The caller ends it with trace_events_close, and checks out
 * for errors of writing. */
struct trace_events trace_events_open(FILE *out);

/* Names a process, and gives it a place among the others.  What follows is
 * about its first thread. */
void trace_events_process(struct trace_events *t, int pid, const char *name);

/* Names the thread, which has no slices yet. */
void trace_events_thread(struct trace_events *t, const char *name);

/* Begins an event of this phase; the caller writes the rest of it, which begins
 * with a comma, and the bracket. */
void trace_events_begin(struct trace_events *t, const char *phase);

/* Begins a slice of the thread, as trace_events_begin does, with the part of
 * this time in which the thread has no slice yet.  Returns false, and writes
 * nothing, if there is no such part. */
bool
trace_events_slice(struct trace_events *t, int64_t began_ns, int64_t ended_ns);

/* Writes the value of a counter of the process, which holds until its next
 * value. */
void trace_events_counter(struct trace_events *t, const char *name,
                          int64_t at_ns, int64_t value);

/* Writes a string that may hold any bytes as a string of JSON. */
void trace_events_string(FILE *out, const char *text);

/* Returns a time as the format has it.  Three decimals of it are exact for a
 * run of several days. */
double trace_events_time(int64_t ns);

void trace_events_close(struct trace_events *t);

#endif
