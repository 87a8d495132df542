/* sentences - says in words what a sample shows. */

#ifndef CLIENT_INSIDE_SENTENCES_H
#define CLIENT_INSIDE_SENTENCES_H

#include "client/inside/recording.h"

#define SENTENCES_MAX 1000

/* Writes where all clients are, and why those wait that wait, as one line of
 * text.  Returns out. */
const char *sentences_of(char out[SENTENCES_MAX], const struct recording *r,
                         const struct sample *s);

/* Writes what could not be seen in the recording; "" if everything could.
 * Returns out. */
const char *sentences_lacks(char out[SENTENCES_MAX], const struct recording *r);

/* Writes what a recording shows and how often it was sampled: "bin/epoll: where
 * 6 clients waited; ...".  Returns out. */
const char *
sentences_heading(char out[SENTENCES_MAX], const struct recording *r);

/* Writes what a reader of the whole recording must know: how it was sampled,
 * overflows, and what could not be seen.  Returns out. */
const char *sentences_notes(char out[SENTENCES_MAX], const struct recording *r);

#endif
