/* rows - which clients are drawn where there are too many for all of them:
 * those that ended first and those that ended last. */

#ifndef CLIENT_DRAW_CHOSEN_ROWS_H
#define CLIENT_DRAW_CHOSEN_ROWS_H

#include "client/record/record.h"

#define CHOSEN_ROWS_ENDS_MAX                         \
    8 /* so many of those that ended first, and last \
       */

struct chosen_rows {
    int *clients; /* in the order in which they are drawn */
    int count;
    int gap_at; /* those left out belong before this row */
    int hidden; /* so many are left out */
};

/* Chooses all clients of the record, or, if they are more than most, some of
 * them.  Returns 0, or -1 with errno set if there is not the memory.  To be
 * freed by chosen_rows_close. */
int
chosen_rows_choose(struct chosen_rows *rows, const struct record *r, int most);

/* Frees what chosen_rows_choose has taken. */
void chosen_rows_close(struct chosen_rows *rows);

#endif
