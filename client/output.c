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
                command_line_reject("%s and %s are both to go to '%s'",
                                    outputs[j].option, outputs[i].option,
                                    outputs[i].path);
}

static void
complain(const struct output *o, int error)
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
            complain(o, errno);
            exit(EXIT_FAILURE);
        }
    }
}

FILE *
output_text(const struct output *outputs, int count)
{
    for (int i = 0; i < count; i++)
        if (is_stdout(&outputs[i])) {
            /* stderr has no buffer of its own: a line would go out in pieces.
             * If it cannot have one, so be it. */
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
    /* stdout may be a file that others write to, as in (a; b) >file. */
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
    /* What could not be written stays in the buffer, and fails again with the
     * same reason; should it not, there is none to be told. */
    if ((fflush(o->file) == EOF || ferror(o->file)) && error == 0)
        error = errno != 0 ? errno : EIO;
    if (!stays_open && fclose(o->file) == EOF && error == 0)
        error = errno;
    o->file = NULL;
    if (error == 0 || (stays_open && error == EPIPE))
        return true;
    complain(o, error);
    return false;
}
