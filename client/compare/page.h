/* page - a comparison as one HTML page that fetches nothing: the conclusion,
 * the table, the pictures and, for each server, its log and its messages.  The
 * pictures can be replayed, see replay.h; everything else works without the
 * script.  It is also well-formed XML. */

#ifndef CLIENT_COMPARE_PAGE_H
#define CLIENT_COMPARE_PAGE_H

#include <stdio.h>

#include "client/compare/trial.h"
#include "client/draw/csv.h"
#include "client/draw/panel.h"

#define PAGE_LINES_MAX 2000 /* of a log, or of the messages of a server */

struct page {
    const char *command; /* the command line that made the page */
    const char *machine; /* "2 cores, Linux 6.18, 2026-11-21" */
    const char *what;    /* "6 clients, 3 messages each, ..." */
    const struct trial *trials;
    int count;
    const struct panel *panels; /* of the trials */
    struct csv_conditions conditions;
};

/* Writes the table and the conclusion in Markdown, to hand in. */
void page_write_markdown(FILE *out, const struct page *page);

/* Writes the page.  If memory fails, the program ends with status 1.  The
 * caller must ask out whether all was written. */
void page_write(FILE *out, const struct page *page);

#endif
