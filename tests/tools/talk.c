/* talk - plays a conversation of several clients with a server, step by step.
 *
 *     talk PORT [LOG [PID]] <<'END'
 *     1-5 connect
 *     1-5 say hello
 *     1-5 ack
 *     6 connect
 *     6 say hello
 *     1 say again
 *     1 ack
 *     6 nothing
 *     END
 *
 * A step says which clients do what, one after the other.  It ends when it has
 * been done and what it expects has been seen; so what a script proves it
 * proves by order, not by the clock.  A step that does not come true within ten
 * seconds is reported with its line, and the exit status is 1.
 *
 *     connect           connects; "connect small" with a tiny receive buffer
 *     say TEXT          sends a message and its ETX; \xNN is a byte
 *     send TEXT         sends bytes without an ETX
 *     slowly TEXT       sends a message byte by byte
 *     flood N TEXT      sends N messages, and reads when the server takes none
 *     stuff N TEXT      sends up to N messages, until the server takes no more
 *     ack [N], nak [N]  gets this answer, N times
 *     nothing           has got nothing more so far, not even an end
 *     eof               gets an orderly end, and nothing before it
 *     gone              gets an end or a reset, whatever comes before it
 *     count             gets "ack" and nothing else up to an orderly end, and
 * prints how often half              sends no more, but goes on reading reset
 * resets the connection close             closes it
 *
 * and without a client: "log TEXT" waits until the server has logged TEXT,
 * "signal N" sends it a signal, "mark TEXT" appends a line to the log. */

#define _DEFAULT_SOURCE /* strsep */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/frame.h"
#include "common/net.h"

#define CLIENTS_MAX 3000
#define PATIENCE_MS 10000
#define BYTES_MAX   (64 * 1024 * 1024)

static struct {
    int fd;     /* -1: not connected */
    long ahead; /* bytes of answers read early, by flood */
} clients[CLIENTS_MAX + 1];

static struct sockaddr_storage server;
static socklen_t server_len;
static const char *log_file;
static pid_t server_pid;
static int line_number;
static int client; /* the one whose step it is */

static _Noreturn void
fail(const char *format, ...)
{
    va_list args;

    printf("talk: line %d: ", line_number);
    if (client > 0)
        printf("client %d: ", client);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    exit(EXIT_FAILURE);
}

/* Waits until the client can be read or written, or fails. */
static void
wait_for(short events, const char *what)
{
    struct pollfd p = {.fd = clients[client].fd, .events = events};
    int n;

    do
        n = poll(&p, 1, PATIENCE_MS);
    while (n == -1 && errno == EINTR);
    if (n != 1)
        fail("no %s in %d s", what, PATIENCE_MS / 1000);
}

static void
do_connect(const char *how)
{
    int fd = socket(server.ss_family, SOCK_STREAM, 0);
    int on = 1;
    int small = 2304;
    int segment = 536;

    if (fd == -1)
        fail("socket: %s", strerror(errno));
    if (strcmp(how, "small") == 0 &&
        (setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)) == -1 ||
         setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof(segment)) ==
             -1))
        fail("setsockopt: %s", strerror(errno));
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == -1)
        fail("setsockopt: %s", strerror(errno));
    if (connect(fd, (struct sockaddr *)&server, server_len) == -1)
        fail("connect: %s", strerror(errno));
    clients[client].fd = fd;
    clients[client].ahead = 0;
}

static void
disconnect(void)
{
    close(clients[client].fd);
    clients[client].fd = -1;
}

static void
do_reset(void)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};

    if (setsockopt(clients[client].fd, SOL_SOCKET, SO_LINGER, &now,
                   sizeof(now)) == -1)
        fail("setsockopt: %s", strerror(errno));
    disconnect();
}

/* Reads up to size bytes, waiting for the first.  Returns 0 at the end. */
static size_t
receive(char *bytes, size_t size)
{
    ssize_t n;

    wait_for(POLLIN, "answer");
    n = recv(clients[client].fd, bytes, size, 0);
    if (n == -1)
        fail("recv: %s", strerror(errno));
    return (size_t)n;
}

static void
expect(const char *answer, long count)
{
    long total = 3 * count;
    long got = clients[client].ahead < total ? clients[client].ahead : total;
    char bytes[3 * 4096];

    clients[client].ahead -= got;
    while (got < total) {
        size_t want = (size_t)(total - got);
        size_t n = receive(bytes, want < sizeof(bytes) ? want : sizeof(bytes));

        if (n == 0)
            fail("end of input after %ld of %ld answers", got / 3, count);
        for (size_t i = 0; i < n; i++, got++)
            if (bytes[i] != answer[got % 3])
                fail("answer %ld is not '%s'", got / 3 + 1, answer);
    }
}

static void
expect_nothing(void)
{
    char byte;
    ssize_t n = recv(clients[client].fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

    if (clients[client].ahead > 0 || n > 0)
        fail("an answer too many");
    if (n == 0)
        fail("end of input");
    if (errno != EAGAIN)
        fail("recv: %s", strerror(errno));
}

static void
expect_end(bool orderly)
{
    char bytes[4096];
    ssize_t n;

    do {
        wait_for(POLLIN, "end of input");
        n = recv(clients[client].fd, bytes, sizeof(bytes), 0);
        if (orderly && n > 0)
            fail("%zd bytes instead of the end of input", n);
    } while (n > 0);
    if (orderly && n == -1)
        fail("recv: %s", strerror(errno));
    disconnect();
}

static void
count_to_end(void)
{
    char bytes[65536];
    long got = clients[client].ahead;
    size_t n;

    while ((n = receive(bytes, sizeof(bytes))) > 0)
        for (size_t i = 0; i < n; i++, got++)
            if (bytes[i] != "ack"[got % 3])
                fail("answer %ld is not 'ack'", got / 3 + 1);
    if (got % 3 != 0)
        fail("the end came within an answer");
    printf("%ld\n", got / 3);
    disconnect();
}

static void
send_all(const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = send(clients[client].fd, bytes, size, MSG_NOSIGNAL);

        if (n == -1)
            fail("send: %s", strerror(errno));
        bytes += n;
        size -= (size_t)n;
    }
}

static void
send_slowly(const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        send_all(bytes + i, 1);
        /* So that most bytes are read one by one. */
        clock_wait_until(clock_now() + CLOCK_MS);
    }
}

/* Sends until all is sent or the server has not taken anything for 200 ms.
 * Returns how many bytes were sent. */
static size_t
send_what_goes(const char *bytes, size_t size)
{
    struct pollfd p = {.fd = clients[client].fd, .events = POLLOUT};
    size_t sent = 0;

    while (sent < size && poll(&p, 1, 200) == 1) {
        ssize_t n =
            send(p.fd, bytes + sent, size - sent, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n == -1 && errno != EAGAIN)
            fail("send: %s", strerror(errno));
        sent += n > 0 ? (size_t)n : 0;
    }
    return sent;
}

static void
read_ahead(void)
{
    char bytes[65536];
    size_t n = receive(bytes, sizeof(bytes));

    if (n == 0)
        fail("end of input");
    for (size_t i = 0; i < n; i++)
        if (bytes[i] != "ack"[clients[client].ahead++ % 3])
            fail("an answer is not 'ack'");
}

/* Sends so many messages; returns when they are sent or, if the client is not
 * to read meanwhile, when the server takes no more. */
static void
flood(long count, const char *text, size_t len, bool reading)
{
    size_t size = (size_t)count * len;
    size_t sent = 0;
    char *bytes = malloc(size);

    if (bytes == NULL)
        fail("no memory");
    for (long i = 0; i < count; i++)
        memcpy(bytes + (size_t)i * len, text, len);
    sent = send_what_goes(bytes, size);
    while (reading && sent < size) {
        read_ahead();
        sent += send_what_goes(bytes + sent, size - sent);
    }
    free(bytes);
}

/* Turns \xNN into bytes, in place, and adds an ETX if it is wanted.  Returns
 * the length. */
static size_t
unescape(char *text, bool etx)
{
    char *out = text;

    for (char *in = text; *in != '\0'; in++) {
        if (in[0] == '\\' && in[1] == 'x' && in[2] != '\0' && in[3] != '\0') {
            char digits[3] = {in[2], in[3], '\0'};

            *out++ = (char)strtol(digits, NULL, 16);
            in += 3;
        } else {
            *out++ = *in;
        }
    }
    if (etx)
        *out++ = FRAME_ETX;
    return (size_t)(out - text);
}

/* Waits until the server has logged text. */
static void
expect_log(const char *text)
{
    int64_t end_ns = clock_now() + PATIENCE_MS * CLOCK_MS;
    char line[1024];
    bool found = false;
    FILE *f = log_file == NULL ? NULL : fopen(log_file, "r");

    if (f == NULL)
        fail("cannot read the log");
    while (!found && clock_now() < end_ns) {
        if (fgets(line, sizeof(line), f) != NULL) {
            found = strstr(line, text) != NULL;
        } else {
            clearerr(f);
            clock_wait_until(clock_now() + 2 * CLOCK_MS);
        }
    }
    fclose(f);
    if (!found)
        fail("not logged in %d s: %s", PATIENCE_MS / 1000, text);
}

/* Lets those who read the log see that the script has come this far. */
static void
mark(const char *text)
{
    FILE *f = log_file == NULL ? NULL : fopen(log_file, "a");

    if (f == NULL || fprintf(f, "%s\n", text) < 0 || fclose(f) != 0)
        fail("cannot write to the log");
}

static void
act(const char *verb, char *rest)
{
    char *text = rest;
    long count = strtol(rest, &text, 10);

    text += *text == ' ';
    if (strcmp(verb, "connect") != 0 && clients[client].fd == -1)
        fail("is not connected");
    if (strcmp(verb, "connect") == 0)
        do_connect(rest);
    else if (strcmp(verb, "say") == 0)
        send_all(rest, unescape(rest, true));
    else if (strcmp(verb, "send") == 0)
        send_all(rest, unescape(rest, false));
    else if (strcmp(verb, "slowly") == 0)
        send_slowly(rest, unescape(rest, true));
    else if (strcmp(verb, "flood") == 0 || strcmp(verb, "stuff") == 0)
        flood(count, text, unescape(text, true), verb[0] == 'f');
    else if (strcmp(verb, "ack") == 0 || strcmp(verb, "nak") == 0)
        expect(verb, count > 0 ? count : 1);
    else if (strcmp(verb, "nothing") == 0)
        expect_nothing();
    else if (strcmp(verb, "eof") == 0)
        expect_end(true);
    else if (strcmp(verb, "gone") == 0)
        expect_end(false);
    else if (strcmp(verb, "count") == 0)
        count_to_end();
    else if (strcmp(verb, "half") == 0)
        (void)shutdown(clients[client].fd, SHUT_WR);
    else if (strcmp(verb, "reset") == 0)
        do_reset();
    else if (strcmp(verb, "close") == 0)
        disconnect();
    else
        fail("no such step: %s", verb);
}

/* One line: "log TEXT", "signal N", or "FIRST[-LAST] VERB [REST]". */
static void
play(char *line)
{
    char *rest = line;
    char *who = strsep(&rest, " ");
    char *verb = rest;
    char *dash;
    long first;
    long last;

    client = 0;
    if (strcmp(who, "log") == 0 && rest != NULL) {
        expect_log(rest);
        return;
    }
    if (strcmp(who, "mark") == 0 && rest != NULL) {
        mark(rest);
        return;
    }
    if (strcmp(who, "signal") == 0 && rest != NULL) {
        if (kill(server_pid, (int)strtol(rest, NULL, 10)) == -1)
            fail("kill: %s", strerror(errno));
        return;
    }
    first = strtol(who, &dash, 10);
    last = *dash == '-' ? strtol(dash + 1, NULL, 10) : first;
    if (verb == NULL || first < 1 || last > CLIENTS_MAX || first > last)
        fail("not a step: %s", line);
    verb = strsep(&rest, " ");
    for (client = (int)first; client <= last; client++) {
        char copy[8192];

        snprintf(copy, sizeof(copy), "%s", rest == NULL ? "" : rest);
        act(verb, copy);
    }
}

int
main(int argc, char **argv)
{
    char line[8192];

    if (argc < 2) {
        fprintf(stderr, "usage: talk PORT [LOG [PID]] <SCRIPT\n");
        return 2;
    }
    server_len = net_resolve(
        getenv("TALK_ADDRESS") != NULL ? getenv("TALK_ADDRESS") : "127.0.0.1",
        argv[1], &server);
    log_file = argc > 2 ? argv[2] : NULL;
    server_pid = argc > 3 ? (pid_t)strtol(argv[3], NULL, 10) : 0;
    (void)net_raise_limit();
    for (int i = 0; i <= CLIENTS_MAX; i++)
        clients[i].fd = -1;
    while (fgets(line, sizeof(line), stdin) != NULL) {
        char *text = line + strspn(line, " \t");

        line_number++;
        text[strcspn(text, "\n")] = '\0';
        if (*text != '\0' && *text != '#')
            play(text);
    }
    return EXIT_SUCCESS;
}
