/* page - a comparison as one HTML page that needs nothing else, no script and
 * no network: the table, the pictures, and for each server what it logged and
 * what became of each message.  It is well-formed XML, too. */

#ifndef CLIENT_COMPARE_PAGE_H
#define CLIENT_COMPARE_PAGE_H

#include <stdio.h>

#include "client/compare/trial.h"

#define PAGE_LINES_MAX \
    2000 /* of a log or of the messages; the rest is counted */

struct page {
    const char *command; /* that made it */
    const char *machine; /* "2 cores, Linux 6.18, 2026-11-21" */
    const char *what;    /* "6 clients, 3 messages each, ..." */
    const struct trial *trials;
    int count;
};

/* Writes the page.  Returns 0, or -1 with errno set if there is not the memory;
 * what becomes of out is for the caller to ask. */
int page_write(FILE *out, const struct page *page);

#endif
