/* address - where a server is: a host and a port, and the addresses that a
 * client can connect to. */

#ifndef CLIENT_PLAY_ADDRESS_H
#define CLIENT_PLAY_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

#include "common/values.h"

#define ADDRESS_LIST_MAX 8 /* addresses; more of them are not tried */
#define ADDRESS_HOST_MAX 256
#define ADDRESS_PORT_MAX 8
#define ADDRESS_WHY_MAX  160

struct address {
    struct sockaddr_storage to;
    socklen_t to_len;
};

/* A name may stand for several addresses, as localhost for ::1 and 127.0.0.1,
 * and a server need not listen on all of them. */
struct address_list {
    int count; /* at least 1 */
    struct address addresses[ADDRESS_LIST_MAX];
};

/* Looks up a host (a name or an address) and a port.  Returns false with the
 * reason in why if there is no such host or port. */
bool address_find(struct address_list *list, const char *host, const char *port,
                  char why[ADDRESS_WHY_MAX]);

/* Returns the first address to which a connection can be made within a second;
 * if there is none, the last.  If the list has more than one address, a server
 * may see a client that connects and leaves. */
const struct address *address_choose(const struct address_list *list);

/* A place as the command line has it. */
struct address_place {
    char host[ADDRESS_HOST_MAX];
    char port[ADDRESS_PORT_MAX]; /* "": not given */
};

/* Reads PORT, HOST:PORT or [ADDRESS]:PORT into the struct address_place to; the
 * host of the first is 127.0.0.1.  For an option of the kind VALUES_OWN. */
bool address_read(const char *text, void *to, char why[VALUES_WHY_MAX]);

#endif
