/* epoll_wait; read and send for each client that takes more: the bytes are
 * copied into this program and out of it again. */

#define _GNU_SOURCE /* accept4 */

#include "tests/bare/sending.h"

static ssize_t
send_piece(int fd, int file, off_t *offset)
{
    static char bytes[PIECE];
    ssize_t n = pread(file, bytes, sizeof(bytes), *offset);

    if (n > 0)
        n = send(fd, bytes, (size_t)n, MSG_NOSIGNAL);
    if (n > 0)
        *offset += n;
    return n;
}

int
main(int argc, char **argv)
{
    serve_file(argc, argv);
}
