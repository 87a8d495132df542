#include "client/output.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/command_line.h"
#include "common/log.h"

static FILE *
open_file(const char *path)
{
    FILE *file;
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

    if (fd == -1)
        return NULL;
    file = fdopen(fd, "w");
    if (file == NULL)
        close(fd);
    return file;
}

/* Returns whether two descriptors are those of one file, so that what is
 * written to them would mix.  Nothing mixes in a device such as /dev/null, but
 * it does on a terminal. */
static bool
is_same(int a, int b)
{
    struct stat first;
    struct stat second;

    return fstat(a, &first) == 0 && fstat(b, &second) == 0 &&
           first.st_dev == second.st_dev && first.st_ino == second.st_ino &&
           (!S_ISCHR(first.st_mode) || isatty(a));
}

/* Opens the file of an output, which is not emptied yet. */
static void
open_output(struct output *o)
{
    if (strcmp(o->path, "-") == 0) {
        o->file = stdout;
        return;
    }
    if (*o->path == '\0')
        command_line_reject("%s: '' is not a file name", o->option);
    o->file = open_file(o->path);
    if (o->file == NULL)
        die("%s: cannot write %s", o->option, o->path);
    if (is_same(fileno(o->file), STDOUT_FILENO)) {
        fclose(o->file);
        o->file = stdout;
    } else if (is_same(fileno(o->file), STDERR_FILENO)) {
        command_line_reject("%s: '%s' is where this program writes its "
                            "messages (stderr)",
                            o->option, o->path);
    }
}

/* stdout may be a file that other programs write to as well, as in
 * (a; b) >file, so it is not emptied. */
static void
empty(const struct output *o)
{
    struct stat st;

    if (o->file == NULL || o->file == stdout)
        return;
    if (fstat(fileno(o->file), &st) == -1 ||
        (S_ISREG(st.st_mode) && ftruncate(fileno(o->file), 0) == -1))
        die("%s: cannot empty %s", o->option, o->path);
}

void
output_open(struct output *outputs, int count)
{
    for (int i = 0; i < count; i++) {
        struct output *o = &outputs[i];

        if (o->path == NULL)
            continue;
        open_output(o);
        for (int j = 0; j < i; j++)
            if (outputs[j].file != NULL &&
                (o->file == outputs[j].file ||
                 is_same(fileno(o->file), fileno(outputs[j].file))))
                command_line_reject("%s and %s cannot both be written to '%s'",
                                    outputs[j].option, o->option, o->path);
    }
    for (int i = 0; i < count; i++)
        empty(&outputs[i]);
}

/* If a descriptor does not block, stdio would lose what does not fit into the
 * pipe at once.  The flag belongs to the open file description, which other
 * programs may share, so this program gets one of its own.  A socket cannot be
 * opened again. */
static void
make_blocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    char path[32];
    int own;

    if (flags == -1 || !(flags & O_NONBLOCK))
        return;
    snprintf(path, sizeof(path), "/dev/fd/%d", fd);
    /* Without O_NONBLOCK, it would wait for a reader if there is none. */
    own = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (own != -1) {
        (void)dup2(own, fd);
        close(own);
    }
    (void)fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
}

FILE *
output_text(const struct output *outputs, int count)
{
    make_blocking(STDOUT_FILENO);
    make_blocking(STDERR_FILENO);
    for (int i = 0; i < count; i++)
        if (outputs[i].file == stdout) {
            /* stderr has no buffer by default, so a line would be written in
             * pieces.  Without memory for a buffer, it still is. */
            (void)setvbuf(stderr, NULL, _IOLBF, BUFSIZ);
            return stderr;
        }
    return stdout;
}

/* Returns whether a pipe has no reader any more. */
static bool
has_no_reader(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};

    return poll(&p, 1, 0) == 1 && (p.revents & POLLERR);
}

/* Writes what is left in the buffer.  Returns NULL, or the reason why this or
 * an earlier write has failed. */
static const char *
flush(FILE *file)
{
    errno = 0;
    if (fflush(file) == 0 && !ferror(file))
        return NULL;
    /* The errno of an earlier write is lost. */
    return errno != 0 ? strerror(errno) : "a write failed, is the disk full?";
}

bool
output_end_text(FILE *text)
{
    const char *error = flush(text);

    if (error == NULL || has_no_reader(fileno(text)))
        return true;
    log_error("cannot write to %s: %s", text == stdout ? "stdout" : "stderr",
              error);
    return false;
}

bool
output_end(struct output *o)
{
    FILE *file = o->file;
    const char *error;

    o->file = NULL;
    if (file == NULL || file == stdout)
        return file == NULL || output_end_text(file);
    error = flush(file);
    if (fclose(file) == EOF && error == NULL)
        error = strerror(errno);
    if (error == NULL)
        return true;
    log_error("%s: cannot write %s: %s", o->option, o->path, error);
    return false;
}
