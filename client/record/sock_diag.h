/* sock_diag - the messages of sock_diag(7), as the kernel lays them out in
 * memory.  <linux/inet_diag.h> has the same; but those headers come with the
 * kernel and not with the C library, so a compiler for musl may not find them.
 */

#ifndef CLIENT_RECORD_SOCK_DIAG_H
#define CLIENT_RECORD_SOCK_DIAG_H

#include <stdint.h>

/* The protocol of netlink(7) to give to socket(2), and a question's type. */
#define SOCK_DIAG_PROTOCOL  4
#define SOCK_DIAG_BY_FAMILY 20

enum {
    NETLINK_REQUEST = 1,  /* a flag: this message is a question */
    NETLINK_DUMP = 0x300, /* a flag: about all sockets that fit it */
    NETLINK_ERROR = 2,    /* a type: the answer is an error */
    NETLINK_DONE = 3      /* a type: there are no more answers */
};

/* What every message begins with. */
struct netlink_header {
    uint32_t length; /* bytes, with this header */
    uint16_t type;
    uint16_t flags;
    uint32_t sequence;
    uint32_t port;
};

/* Which socket.  Ports and addresses are in network byte order. */
struct sock_diag_id {
    uint16_t source_port;
    uint16_t target_port;
    uint32_t source[4];
    uint32_t target[4];
    uint32_t interface;
    uint32_t cookie[2]; /* UINT32_MAX in both: any */
};

struct sock_diag_question {
    struct netlink_header header;
    uint8_t family;
    uint8_t protocol;
    uint8_t extensions;
    uint8_t pad;
    uint32_t states; /* one bit each */
    struct sock_diag_id id;
};

struct sock_diag_answer {
    uint8_t family;
    uint8_t state;
    uint8_t timer;
    uint8_t retransmits;
    struct sock_diag_id id;
    uint32_t expires;
    uint32_t unread; /* bytes; of a listener: the length of its accept queue */
    uint32_t unsent; /* bytes; of a listener: the backlog */
    uint32_t uid;
    uint32_t inode; /* 0: it has not been accepted */
};

#endif
