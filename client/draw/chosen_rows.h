/* chosen_rows - which clients are drawn: all, or, if they are too many, those
 * that ended first and those that ended last. */

#ifndef CLIENT_DRAW_CHOSEN_ROWS_H
#define CLIENT_DRAW_CHOSEN_ROWS_H

#include "client/record/record.h"

/* At most so many of those that ended first, and as many that ended last. */
#define CHOSEN_ROWS_ENDS_MAX 8

struct chosen_rows {
    int *clients; /* in the order in which they are drawn */
    int count;
    int gap_at; /* the hidden clients belong before the row of this index */
    int hidden; /* the number of clients that are not drawn */
};

/* Chooses from the clients of the record, all if they are not more than most.
 * Returns 0, or -1 with errno set if there is not enough memory.  The caller
 * frees the rows with chosen_rows_close. */
int
chosen_rows_choose(struct chosen_rows *rows, const struct record *r, int most);

/* Frees the rows. */
void chosen_rows_close(struct chosen_rows *rows);

#endif
