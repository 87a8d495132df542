/* epoll_list - what an event loop watches, and the wait for it (epoll(7)).
 *
 * The server epoll shows what happens in here.  Servers that show something
 * else call these functions.  In addition, another thread can end the wait of
 * the loop (epoll_list_wake), for example because it has put something into a
 * queue for the loop. */

#ifndef COMMON_EPOLL_LIST_H
#define COMMON_EPOLL_LIST_H

#include <stdint.h>
#include <sys/epoll.h>

#include "common/conns.h"
#include "common/net.h"

struct epoll_list {
    int epoll;   /* the kernel's list */
    int wake_up; /* an eventfd(2), which can be read after epoll_list_wake */
    struct conns *clients;
    unsigned char watched[NET_FDS_MAX]; /* what is in the list, for each fd */
    struct epoll_event events[NET_FDS_MAX]; /* room for all at once */
};

/* Makes an empty list, in which clients of this set will be.  list must be all
 * zero.  Ends the program with status 1 if that fails. */
void epoll_list_open(struct epoll_list *list, struct conns *clients);

/* Watches fd for what is wanted.  If that fails, because the kernel has no
 * memory, closes the client with this descriptor (conn_lose).  Pass
 * WATCH_CLOSED when fd has been closed, or is closed next. */
void epoll_list_watch(struct epoll_list *list, int fd, enum watch wanted);

/* Waits in epoll_wait until a descriptor is ready or another thread calls
 * epoll_list_wake, but not longer than until until_ns.  Returns how many
 * entries of list->events are set, or -1 if a signal has interrupted the wait.
 * If one of them is for the wake-up, no client has its descriptor.  Ends the
 * program with status 1 if epoll_wait fails for another reason.
 *
 * One return may stand for several wake-ups.  After the return, the caller must
 * look into its queues until they are empty. */
int epoll_list_wait(struct epoll_list *list, int64_t until_ns);

/* Ends the wait of the loop, or its next wait if it does not wait now.  Any
 * thread may call it. */
void epoll_list_wake(struct epoll_list *list);

/* Closes the list. */
void epoll_list_close(struct epoll_list *list);

#endif
