#include "common/line_writer.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define TERMINAL_TRIES 20 /* a millisecond apart */

/* O_NONBLOCK on the descriptor we were given would change it for the shell and
 * for every other process that has it.  Opening /dev/fd/N gives a new open file
 * description (on Linux; elsewhere it may be a duplicate, and then the state of
 * the terminal changes with it).  Where that fails, as for a socket, poll(2) is
 * asked before each line.  A file never blocks. */
struct line_writer
line_writer_open(int fd)
{
    struct line_writer w = {.fd = fd, .may_block = true};
    struct stat st;
    char path[32];
    int own;

    if (fstat(fd, &st) == -1)
        return w;
    if (S_ISREG(st.st_mode)) {
        w.may_block = false;
    } else if (S_ISFIFO(st.st_mode) || S_ISCHR(st.st_mode)) {
        snprintf(path, sizeof(path), "/dev/fd/%d", fd);
        own = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
        if (own != -1)
            w = (struct line_writer){.fd = own, .terminal = isatty(own) == 1};
    }
    return w;
}

bool
line_writer_write(const struct line_writer *w, const char *line, size_t len,
                  bool patient)
{
    struct pollfd p = {.fd = w->fd, .events = POLLOUT};
    int tries = w->terminal && patient ? TERMINAL_TRIES : 1;

    if (w->may_block && (poll(&p, 1, 0) != 1 || !(p.revents & POLLOUT)))
        return false;
    while (len > 0 && tries > 0) {
        ssize_t n = write(w->fd, line, len);

        if (n > 0) {
            line += n;
            len -= (size_t)n;
        } else if (--tries > 0) {
            /* A terminal says EAGAIN while another process is writing to it,
             * too.  Only a terminal that has been stopped goes on saying so. */
            (void)poll(NULL, 0, 1); /* a pause; its result says nothing */
        }
    }
    return len == 0;
}
