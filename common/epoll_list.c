#include "common/epoll_list.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/eventfd.h>

#include "common/clock.h"
#include "common/conn.h"
#include "common/log.h"

/* Changes the kernel's list.  Returns false if that fails. */
static bool
change(const struct epoll_list *list, int fd, enum watch wanted)
{
    struct epoll_event event = {.data.fd = fd};
    int operation = EPOLL_CTL_MOD;
    const char *name = "MOD";
    int result;

    if (list->watched[fd] == WATCH_CLOSED || list->watched[fd] == WATCH_AWAY) {
        operation = EPOLL_CTL_ADD;
        name = "ADD";
    } else if (wanted == WATCH_AWAY) {
        operation = EPOLL_CTL_DEL;
        name = "DEL";
    }
    if (wanted == WATCH_INPUT || wanted == WATCH_OUTPUT)
        event.events = wanted == WATCH_INPUT ? EPOLLIN : EPOLLOUT;
    result = epoll_ctl(list->epoll, operation, fd, &event);
    log_call(result, "epoll_ctl(%s, %d, events %u)", name, fd, event.events);
    return result == 0;
}

void
epoll_list_watch(struct epoll_list *list, int fd, enum watch wanted)
{
    /* When a descriptor is closed, the kernel itself takes it off its list. */
    if (wanted != WATCH_CLOSED && wanted != list->watched[fd] &&
        !change(list, fd, wanted))
        wanted = conn_lose(list->clients, fd);
    list->watched[fd] = (unsigned char)wanted;
}

void
epoll_list_open(struct epoll_list *list, struct conns *clients)
{
    list->clients = clients;
    list->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (list->epoll == -1)
        die("epoll_create1");
    list->wake_up = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (list->wake_up == -1)
        die("eventfd");
    epoll_list_watch(list, list->wake_up, WATCH_INPUT);
}

/* Makes the eventfd unreadable until the next wake-up. */
static void
clear_wake_up(const struct epoll_list *list)
{
    eventfd_t wake_ups;
    int result = eventfd_read(list->wake_up, &wake_ups);

    /* It fails only if there is nothing to read. */
    log_call(result, "eventfd_read(%d)", list->wake_up);
}

int
epoll_list_wait(struct epoll_list *list, int64_t until_ns)
{
    int ready = epoll_wait(list->epoll, list->events, NET_FDS_MAX,
                           clock_timeout_ms(until_ns));

    log_call(ready, "epoll_wait()");
    if (ready == -1 && errno != EINTR)
        die("epoll_wait");
    /* Now, and not after the caller has looked into its queues.  Otherwise the
     * wake-up for a client that is put in after that look would be lost. */
    for (int i = 0; i < ready; i++)
        if (list->events[i].data.fd == list->wake_up)
            clear_wake_up(list);
    return ready;
}

void
epoll_list_wake(struct epoll_list *list)
{
    /* It fails only if the number in the eventfd cannot become larger, and then
     * the eventfd can be read. */
    int result = eventfd_write(list->wake_up, 1);

    log_call(result, "eventfd_write(%d, 1)", list->wake_up);
}

void
epoll_list_close(struct epoll_list *list)
{
    net_close(list->wake_up);
    net_close(list->epoll);
}
