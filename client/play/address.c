#include "client/play/address.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/play/connection.h"

#define CHOOSE_MS 1000 /* for each address */
#define PORT_MAX  65535

bool
address_find(struct address_list *list, const char *host, const char *port,
             char why[ADDRESS_WHY_MAX])
{
    struct addrinfo hints = {
        .ai_family = AF_UNSPEC,
        .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_NUMERICSERV,
    };
    struct addrinfo *found;
    int error = getaddrinfo(host, port, &hints, &found);

    list->count = 0;
    if (error != 0) {
        snprintf(why, ADDRESS_WHY_MAX, "%s",
                 error == EAI_SYSTEM ? strerror(errno) : gai_strerror(error));
        return false;
    }
    for (struct addrinfo *ai = found;
         ai != NULL && list->count < ADDRESS_LIST_MAX; ai = ai->ai_next) {
        struct address *a = &list->addresses[list->count++];

        memcpy(&a->to, ai->ai_addr, ai->ai_addrlen);
        a->to_len = ai->ai_addrlen;
    }
    freeaddrinfo(found);
    return true;
}

static bool
accepts(const struct address *a)
{
    int fd = connection_socket(a->to.ss_family);
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    int error;

    if (fd == -1)
        return false;
    error = connection_start(fd, &a->to, a->to_len);
    if (error == EINPROGRESS)
        error = poll(&p, 1, CHOOSE_MS) == 1 ? connection_error(fd) : ETIMEDOUT;
    close(fd);
    return error == 0;
}

const struct address *
address_choose(const struct address_list *list)
{
    int i = 0;

    while (i < list->count - 1 && !accepts(&list->addresses[i]))
        i++;
    return &list->addresses[i];
}

bool
address_read(const char *text, void *to, char why[VALUES_WHY_MAX])
{
    struct address_place *place = to;
    const char *port = strrchr(text, ':');
    size_t len = port != NULL ? (size_t)(port - text) : 0;
    const char *host = text;
    int number;

    port = port != NULL ? port + 1 : text;
    if (len > 1 && *host == '[' && host[len - 1] == ']') {
        host++;
        len -= 2;
    } else if (memchr(host, ':', len) != NULL) {
        snprintf(why, VALUES_WHY_MAX, "'%s': write an IPv6 address as [::1]:%s",
                 text, port);
        return false;
    }
    if (!values_number(port, 1, PORT_MAX, &number, why))
        return false;
    if (len >= ADDRESS_HOST_MAX || (len == 0 && port != text)) {
        snprintf(why, VALUES_WHY_MAX, "'%s' is not PORT or HOST:PORT", text);
        return false;
    }
    snprintf(place->host, sizeof(place->host), "%.*s",
             len > 0 ? (int)len : (int)sizeof("127.0.0.1") - 1,
             len > 0 ? host : "127.0.0.1");
    snprintf(place->port, sizeof(place->port), "%d", number);
    return true;
}
