/* For the BSDs and for macOS, whose kernels are not asked: it is not known
 * where a connection waits. */

#include "client/record/kernel.h"

#include <string.h>

bool
kernel_open(struct kernel *k, const struct sockaddr_storage *server)
{
    *k = (struct kernel){.fd = -1, .server = *server};
    return false;
}

struct kernel_connection
kernel_ask(const struct kernel *k, const struct sockaddr_storage *client)
{
    (void)k;
    (void)client;
    return (struct kernel_connection){.place = KERNEL_UNKNOWN};
}

bool
kernel_ask_queue(const struct kernel *k, struct kernel_queue *queue)
{
    (void)k;
    memset(queue, 0, sizeof(*queue));
    return false;
}

void
kernel_close(struct kernel *k)
{
    (void)k;
}
