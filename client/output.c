#include "client/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/command_line.h"
#include "common/log.h"

static bool
is_stdout(const struct output *o)
{
    return o->path != NULL && strcmp(o->path, "-") == 0;
}

void
output_check(const struct output *outputs, int count)
{
    for (int i = 0; i < count; i++)
        for (int j = 0; j < i; j++)
            if (outputs[i].path != NULL && outputs[j].path != NULL &&
                strcmp(outputs[i].path, outputs[j].path) == 0)
                command_line_reject("%s and %s cannot both be written to '%s'",
                                    outputs[j].option, outputs[i].option,
                                    outputs[i].path);
}

static void
print_failure(const struct output *o, int error)
{
    log_error("%s: cannot write %s: %s", o->option,
              is_stdout(o) ? "to stdout" : o->path, strerror(error));
}

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

void
output_open(struct output *outputs, int count)
{
    for (int i = 0; i < count; i++) {
        struct output *o = &outputs[i];

        if (o->path == NULL)
            continue;
        o->file = is_stdout(o) ? stdout : open_file(o->path);
        if (o->file == NULL) {
            print_failure(o, errno);
            exit(EXIT_FAILURE);
        }
    }
}

FILE *
output_text(const struct output *outputs, int count)
{
    for (int i = 0; i < count; i++)
        if (is_stdout(&outputs[i])) {
            /* stderr has no buffer by default, so a line would be written in
             * pieces.  Without memory for a buffer, it still is. */
            (void)setvbuf(stderr, NULL, _IOLBF, BUFSIZ);
            return stderr;
        }
    return stdout;
}

FILE *
output_begin(struct output *o)
{
    struct stat st;

    if (o->file == NULL)
        return NULL;
    /* stdout may be a file that other programs write to as well, as in
     * (a; b) >file, so it is not emptied. */
    if (!is_stdout(o) &&
        (fstat(fileno(o->file), &st) == -1 ||
         (S_ISREG(st.st_mode) && ftruncate(fileno(o->file), 0) == -1)))
        o->error = errno;
    return o->file;
}

bool
output_end(struct output *o)
{
    bool stays_open = is_stdout(o);
    int error = o->error;

    if (o->file == NULL)
        return true;
    errno = 0;
    /* An earlier write may have failed.  Its data is still in the buffer, so
     * fflush fails again and sets errno to the same reason; if it does not, the
     * reason is lost, and EIO has to do. */
    if ((fflush(o->file) == EOF || ferror(o->file)) && error == 0)
        error = errno != 0 ? errno : EIO;
    if (!stays_open && fclose(o->file) == EOF && error == 0)
        error = errno;
    o->file = NULL;
    if (error == 0 || (stays_open && error == EPIPE))
        return true;
    print_failure(o, error);
    return false;
}
