/* recording_trace - a recording in Chrome's trace event format (see
 * client/draw/trace_events.h).
 *
 * The clients are a process of the trace, and the server is another; each has a
 * thread per client or per task.  The kernel is a process with counters: the
 * accept queue, and the bytes that the server has not read.  A slice lasts from
 * the first sample that saw the state to the first one that did not. */

#ifndef CLIENT_INSIDE_RECORDING_TRACE_H
#define CLIENT_INSIDE_RECORDING_TRACE_H

#include <stdio.h>

#include "client/inside/recording.h"

/* Writes the recording; the caller checks out for errors. */
void recording_trace_write(const struct recording *r, FILE *out);

#endif
