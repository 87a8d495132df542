#include "client/judge/talk.h"

#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"

#define SEND_LIMIT_NS CLOCK_S
#define SMALL_BUFFER  2304 /* the least that Linux gives (socket(7)) */
#define SMALL_SEGMENT 536
#define ETX           '\x03'
#define WORDS_MAX     (TALK_GOT_ROOM + 16)

/* Waits for an event until a moment; returns false if it did not come. */
static bool
await(const struct talk *t, short event, int64_t deadline_ns)
{
    struct pollfd p = {.fd = t->fd, .events = event};
    int n;

    do
        n = poll(&p, 1, clock_timeout_ms(deadline_ns));
    while (n == -1 && errno == EINTR);
    return n > 0;
}

static enum talk_result
broken(struct talk *t, int error)
{
    t->error = error;
    return TALK_BROKEN;
}

/* Sets what has to be set before connecting. */
static int
set_manner(int fd, enum talk_manner manner)
{
    int on = 1;
    int buffer = SMALL_BUFFER;
    int segment = SMALL_SEGMENT;

    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == -1)
        return -1;
    if (manner == TALK_PLAIN)
        return 0;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer)) == -1)
        return -1;
    return setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof(segment));
}

enum talk_result
talk_open(struct talk *t, const struct sockaddr_storage *to, socklen_t to_len,
          enum talk_manner manner, int64_t limit_ns)
{
    int64_t deadline_ns = clock_now() + limit_ns;
    int error = 0;
    socklen_t len = sizeof(error);

    *t = (struct talk){.fd = socket(to->ss_family,
                                    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
                                    0)};
    if (t->fd == -1)
        return broken(t, errno);
    if (set_manner(t->fd, manner) == -1 ||
        (connect(t->fd, (const struct sockaddr *)to, to_len) == -1 &&
         errno != EINPROGRESS && errno != EINTR))
        error = errno;
    else if (!await(t, POLLOUT, deadline_ns))
        error = ETIMEDOUT;
    else
        /* It cannot fail on a socket; what went wrong with it is in error. */
        (void)getsockopt(t->fd, SOL_SOCKET, SO_ERROR, &error, &len);
    if (error == 0)
        return TALK_OK;
    talk_close(t);
    return broken(t, error);
}

enum talk_result
talk_send(struct talk *t, const void *bytes, size_t len)
{
    int64_t deadline_ns = clock_now() + SEND_LIMIT_NS;
    const char *at = bytes;

    if (t->fd == -1)
        return broken(t, EBADF);
    while (len > 0) {
        ssize_t n = send(t->fd, at, len, MSG_NOSIGNAL);

        if (n > 0) {
            at += n;
            len -= (size_t)n;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            if (!await(t, POLLOUT, deadline_ns))
                return TALK_SILENCE;
        } else if (errno != EINTR) {
            return broken(t, errno);
        }
    }
    return TALK_OK;
}

size_t
talk_push(struct talk *t, const void *bytes, size_t len)
{
    ssize_t n = t->fd == -1 ? -1 : send(t->fd, bytes, len, MSG_NOSIGNAL);

    /* What is wrong, if anything, shows at the next step. */
    return n > 0 ? (size_t)n : 0;
}

enum talk_result
talk_say(struct talk *t, const char *text)
{
    char message[256];
    int len = snprintf(message, sizeof(message), "%s%c", text, ETX);

    return talk_send(t, message, (size_t)len);
}

/* Keeps the beginning of what came, so that it can be printed. */
static enum talk_result
wrong(struct talk *t, const char *bytes, size_t len)
{
    size_t n = len < TALK_GOT_MAX ? len : TALK_GOT_MAX;
    char *to = t->got;

    for (size_t i = 0; i < n; i++)
        if (isprint((unsigned char)bytes[i]))
            *to++ = bytes[i];
        else if (bytes[i] == '\n')
            to += sprintf(to, "\\n");
        else
            to += sprintf(to, "\\x%02x", (unsigned char)bytes[i]);
    *to = '\0';
    return TALK_WRONG;
}

/* Reads at most len bytes, once something has come. */
static enum talk_result
receive(struct talk *t, char *bytes, size_t *len, int64_t deadline_ns)
{
    for (;;) {
        ssize_t n;

        if (t->fd == -1)
            return broken(t, EBADF);
        n = recv(t->fd, bytes, *len, 0);
        if (n > 0) {
            *len = (size_t)n;
            return TALK_OK;
        }
        if (n == 0)
            return TALK_CLOSED;
        if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
            return broken(t, errno);
        if (!await(t, POLLIN, deadline_ns))
            return TALK_SILENCE;
    }
}

enum talk_result
talk_hear(struct talk *t, const char *text, int64_t limit_ns)
{
    int64_t deadline_ns = clock_now() + limit_ns;
    size_t left = strlen(text);
    char bytes[64];

    while (left > 0) {
        size_t len = left < sizeof(bytes) ? left : sizeof(bytes);
        enum talk_result result = receive(t, bytes, &len, deadline_ns);

        if (result != TALK_OK)
            return result;
        if (memcmp(bytes, text, len) != 0)
            return wrong(t, bytes, len);
        text += len;
        left -= len;
    }
    return TALK_OK;
}

enum talk_result
talk_hear_all(struct talk *t, const char *text, int times, int64_t limit_ns)
{
    int64_t deadline_ns = clock_now() + limit_ns;

    for (int i = 0; i < times; i++) {
        enum talk_result result = talk_hear(t, text, deadline_ns - clock_now());

        if (result != TALK_OK)
            return result;
    }
    return TALK_OK;
}

enum talk_result
talk_hear_end(struct talk *t, int64_t limit_ns)
{
    char bytes[TALK_GOT_MAX];
    size_t len = sizeof(bytes);
    enum talk_result result = receive(t, bytes, &len, clock_now() + limit_ns);

    if (result == TALK_CLOSED)
        return TALK_OK;
    return result == TALK_OK ? wrong(t, bytes, len) : result;
}

enum talk_result
talk_hear_nothing(struct talk *t, int64_t ns)
{
    char bytes[TALK_GOT_MAX];
    size_t len = sizeof(bytes);
    enum talk_result result = receive(t, bytes, &len, clock_now() + ns);

    return result == TALK_OK ? wrong(t, bytes, len) : result;
}

void
talk_half_close(struct talk *t)
{
    /* If the connection is broken the next step sees it. */
    (void)shutdown(t->fd, SHUT_WR);
}

void
talk_reset(struct talk *t)
{
    struct linger reset = {.l_onoff = 1, .l_linger = 0};

    /* With a linger time of zero, close sends a reset (socket(7)). */
    if (t->fd != -1)
        (void)setsockopt(t->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    talk_close(t);
}

void
talk_close(struct talk *t)
{
    if (t->fd != -1)
        close(t->fd);
    t->fd = -1;
}

const char *
talk_words(const struct talk *t, enum talk_result result)
{
    static char words[WORDS_MAX];

    switch (result) {
    case TALK_OK:
        return "as expected";
    case TALK_SILENCE:
        return "nothing came";
    case TALK_CLOSED:
        return "the server closed";
    case TALK_BROKEN:
        snprintf(words, sizeof(words), "%s",
                 t->error == ECONNRESET || t->error == EPIPE
                     ? "connection reset"
                     : strerror(t->error));
        return words;
    case TALK_WRONG:
        snprintf(words, sizeof(words), "got '%s'", t->got);
        return words;
    }
    return "";
}
