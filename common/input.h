/* input - what the kernel has received for a client, until it is taken.
 *
 * A server that asks the kernel to receive gets the bytes when they come, and
 * not when it wants them: also while it works on a message, and while an answer
 * is being sent.  It keeps them here.  The server must limit that: when
 * input_is_enough returns true, it asks the kernel to receive no more. */

#ifndef COMMON_INPUT_H
#define COMMON_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/conn.h"

/* All zero: nothing has come. */
struct input {
    const char *bytes; /* those from begin up to end are kept */
    size_t begin, end;
    char *memory; /* where they are; NULL as long as they are only lent */
    size_t room;  /* the size of the memory, in bytes */
    bool ended;   /* nothing comes after them, because of the end of file
                   * (EOF), or because of this error: */
    int error;    /* what errno would be; 0: no error */
};

/* Adds what a completed receive has brought: result is what recv(2) would have
 * returned, or minus errno.  The received bytes are lent: before they become
 * invalid, call input_keep. */
void input_add(struct input *in, const char *bytes, int result);

/* Copies lent bytes that no one has taken yet.  If there is no memory for them,
 * the input ends with the error ENOMEM. */
void input_keep(struct input *in);

/* Does what recv(2) does, but with the bytes that are kept: moves at most size
 * of them to space and returns how many, or returns 0 at the end of file.  If
 * there are none, returns -1 and sets errno to EAGAIN, or to the error that has
 * ended the input. */
ssize_t input_take(struct input *in, char *space, size_t size);

/* Returns what has happened to the client, for conn_step. */
enum conn_event input_event(const struct input *in);

/* Returns true if so many bytes are kept that no more should come. */
bool input_is_enough(const struct input *in);

/* Drops the bytes, and frees the memory. */
void input_drop(struct input *in);

#endif
