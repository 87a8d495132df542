/* members - the processes of a family (family.h) one by one, to do something to
 * them. */

#ifndef CLIENT_TARGET_MEMBERS_H
#define CLIENT_TARGET_MEMBERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define MEMBERS_MAX 1024

struct members {
    pid_t pids[MEMBERS_MAX];  /* the first is that of the family, parents come
                                 before their children */
    int parents[MEMBERS_MAX]; /* places in pids; that of the first is 0 */
    int count;
};

/* Lists those that there are now, MEMBERS_MAX at most.  The first is there even
 * where there is no /proc. */
void members_list(struct members *m, pid_t pid);

/* Tells whether one of them runs the same program as its parent, as a process
 * does that was forked to serve: other than the child of a shell. */
bool members_is_worker(const struct members *m, int member);

/* Returns how many are not there any more, that is, not running. */
int members_gone(const struct members *m);

/* Sends a signal to all. */
void members_signal(const struct members *m, int signal_number);

/* Waits until a process is not running any more, ns at most; returns whether it
 * is not. */
bool members_await_end(pid_t pid, int64_t ns);

/* Waits, but not for long, until all are stopped. */
void members_await_stop(const struct members *m);

/* Limits descriptors in each, so that room more can be opened, and no others.
 * Returns false, and nothing is limited, if that is not allowed or not possible
 * here. */
bool members_limit(const struct members *m, int room);

/* Gives them the limit that the first had before, as far as they are there. */
void members_unlimit(const struct members *m);

/* Returns the limit on descriptors of a process; -1: not known. */
long long members_get_limit(pid_t pid);

#endif
