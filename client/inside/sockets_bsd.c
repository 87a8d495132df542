/* For the BSDs and for macOS, which have no /proc: nothing is known about the
 * sockets of other processes. */

#include "client/inside/sockets.h"

unsigned
sockets_inode(pid_t pid, int fd)
{
    (void)pid;
    (void)fd;
    return 0;
}

bool
sockets_is_unix(pid_t pid, int fd)
{
    (void)pid;
    (void)fd;
    return false;
}

int
sockets_find(pid_t pid, const unsigned *inodes, int inode_count, int *found)
{
    (void)pid;
    (void)inodes;
    (void)inode_count;
    (void)found;
    return -1;
}

pid_t
sockets_holder(unsigned inode)
{
    (void)inode;
    return 0;
}

int64_t
sockets_overflows(void)
{
    return -1;
}
