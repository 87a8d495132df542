/* epoll_wait; sendfile for each client that takes more: the bytes go from the
 * page cache to the socket inside the kernel, a piece with one call. */

#define _GNU_SOURCE /* accept4 */

#include <sys/sendfile.h>

#include "tests/bare/sending.h"

static ssize_t
send_piece(int fd, int file, off_t *offset)
{
    return sendfile(fd, file, offset, PIECE);
}

int
main(int argc, char **argv)
{
    serve_file(argc, argv);
}
