/* recording_page - a recording as an HTML page, which needs nothing else: the
 * picture of recording_svg.h and, for each change, a sentence that says where
 * the clients are.  With a script, a slider moves through the samples. */

#ifndef CLIENT_INSIDE_RECORDING_PAGE_H
#define CLIENT_INSIDE_RECORDING_PAGE_H

#include <stdio.h>

#include "client/inside/recording.h"

#define RECORDING_PAGE_STEPS_MAX   1000 /* positions of the slider */
#define RECORDING_PAGE_MOMENTS_MAX 300  /* sentences */

/* Writes the page; the caller checks out for errors. */
void recording_page_write(FILE *out, const struct recording *r);

#endif
