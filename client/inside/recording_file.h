/* recording_file - a recording as a file.
 *
 * The file is text.  Each line is a word and its values, with one blank
 * between two of them.  Times are in microseconds since the start of the run;
 * -1 is a number that is not known.  The first four lines are
 *
 *   inside 1                   the version of this format
 *   command TEXT               the server
 *   clients N MESSAGES         how many, and how many messages each sends
 *   lacks NUMBER               what could not be seen, see recording.h
 *
 * then follows, in any number, and with tasks before the samples they are in:
 *
 *   listeners N                N sockets listen on the address; without this
 * line, one does.  QUEUE and ROOM are of all together. row PID TID NAME a task;
 * the first is row 0 sample TIME QUEUE ROOM OVERFLOWS TORN see struct sample
 *   client N PLACE WISH MESSAGE UNREAD
 *                              client N, from 1, in this sample.  PLACE and
 *                              WISH are letters of sample.c.  A client without
 *                              a line has not been started.
 *   task ROW KIND CALL FD CLIENT INFERRED SINCE CPU
 *                              a task in this sample.  CALL is the name of a
 *                              system call, or '-'; CLIENT is 0 if it works
 *                              for none. */

#ifndef CLIENT_INSIDE_RECORDING_FILE_H
#define CLIENT_INSIDE_RECORDING_FILE_H

#include <stdbool.h>
#include <stdio.h>

#include "client/inside/recording.h"

#define RECORDING_FILE_VERSION 1
#define RECORDING_FILE_WHY_MAX 100

/* Writes the recording; the caller checks out for errors. */
void recording_file_write(const struct recording *r, FILE *out);

/* Reads what recording_file_write has written, at least one sample.  Returns
 * true, or false with what is wrong in why; in both cases recording_close frees
 * *r. */
bool recording_file_read(struct recording *r, FILE *in,
                         char why[RECORDING_FILE_WHY_MAX]);

#endif
