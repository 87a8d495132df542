/* primary - a server of kv that is a client, too: it sends each change to a
 * backup, and answers when the backup has answered.
 *
 *     primary PORT BACKUP-PORT [MS]
 *
 * The backup is any server of this suite with -s kv.  If it does not answer
 * within MS milliseconds (300), the primary answers "bad backup", and changes
 * nothing itself.  A GET is answered from the primary's own table.
 *
 * All messages are drawn as they are sent: time goes down, and a column between
 * two nodes holds what they say to each other. */

#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/frame.h"
#include "common/kv.h"
#include "common/log.h"
#include "common/net.h"
#include "common/values.h"

#define BACKLOG    64
#define ENTRIES    1000
#define LIMIT_MS   300
#define LIMIT_MAX  60000
#define LANE_WIDTH 28 /* columns between two nodes */
#define TEXT_MAX   18 /* characters of a message that are drawn */
#define INPUT      (FRAME_MAX + 1)

enum lane {
    TO_CLIENT,
    TO_BACKUP,
};

/* Held from the moment when a change goes to the backup until it is made here,
 * so that both make all changes in the same order. */
static pthread_mutex_t change_lock = PTHREAD_MUTEX_INITIALIZER;
static int backup = -1; /* the connection; -1: none */
static int backup_port;
static int64_t limit_ns;
static int64_t began_ns;

/* Draws a message: to the right, or back. */
static void
draw(enum lane lane, bool right, const char *text, size_t len)
{
    char arrow[LANE_WIDTH + 1];
    int shown = len < TEXT_MAX ? (int)len : TEXT_MAX;

    memset(arrow, '-', LANE_WIDTH);
    arrow[LANE_WIDTH] = '\0';
    memcpy(arrow + (right ? 1 : LANE_WIDTH - 1 - shown), text, (size_t)shown);
    arrow[0] = right ? ' ' : '<';
    arrow[right ? shown + 1 : LANE_WIDTH - 2 - shown] = ' ';
    arrow[LANE_WIDTH - 1] = right ? '>' : ' ';
    printf("%7.0f ms |%-*s|%-*s|\n",
           (double)(clock_now() - began_ns) / CLOCK_MS, LANE_WIDTH,
           lane == TO_CLIENT ? arrow : "", LANE_WIDTH,
           lane == TO_BACKUP ? arrow : "");
    (void)fflush(stdout);
}

/* Sends a message and its ETX.  Returns whether all of it is out. */
static bool
send_message(int fd, const char *text, size_t len)
{
    char message[FRAME_MAX + 1];

    memcpy(message, text, len);
    message[len] = FRAME_ETX;
    return send(fd, message, len + 1, MSG_NOSIGNAL) == (ssize_t)len + 1;
}

/* Receives a message, of which in may hold the beginning: *have bytes.  Returns
 * its length, and -1 at the end, after an error, or if the time is over. */
static ssize_t
receive_message(int fd, char in[INPUT], size_t *have)
{
    for (;;) {
        char *etx = memchr(in, FRAME_ETX, *have);
        ssize_t n;

        if (etx != NULL)
            return etx - in;
        if (*have == INPUT)
            return -1;
        n = recv(fd, in + *have, INPUT - *have, 0);
        if (n <= 0)
            return -1;
        *have += (size_t)n;
    }
}

/* Connects to the backup, if there is no connection. */
static bool
reach_backup(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET};

    if (backup != -1)
        return true;
    to.sin_port = htons((uint16_t)backup_port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    backup = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (backup == -1)
        return false;
    /* The kernel applies SO_SNDTIMEO to connect, too. */
    if (net_set_timeout(backup, SO_RCVTIMEO, limit_ns) == 0 &&
        net_set_timeout(backup, SO_SNDTIMEO, limit_ns) == 0 &&
        connect(backup, (struct sockaddr *)&to, sizeof(to)) == 0)
        return true;
    net_close(backup);
    backup = -1;
    return false;
}

/* Lets the backup make a change.  Returns the length of its answer, -1 if none
 * has come.  Then the connection is given up: if the answer came later, it
 * would be taken for that to the next request. */
static ssize_t
ask_backup(const char *request, size_t len, char answer[INPUT])
{
    size_t have = 0;
    ssize_t answered = -1;

    if (reach_backup()) {
        draw(TO_BACKUP, true, request, len);
        if (send_message(backup, request, len))
            answered = receive_message(backup, answer, &have);
    }
    if (answered >= 0) {
        draw(TO_BACKUP, false, answer, (size_t)answered);
        return answered;
    }
    draw(TO_BACKUP, false, "(no answer)", strlen("(no answer)"));
    if (backup != -1)
        net_close(backup);
    backup = -1;
    return -1;
}

/* Makes a change at the backup, and then here.  Returns the length of the
 * answer. */
static size_t
change(const char *request, size_t len, char answer[KV_ANSWER_MAX])
{
    static const char refusal[] = "bad backup";
    char other[INPUT];
    ssize_t other_len;
    size_t own_len = sizeof(refusal) - 1;

    (void)pthread_mutex_lock(&change_lock);
    other_len = ask_backup(request, len, other);
    if (other_len == -1)
        memcpy(answer, refusal, own_len);
    else
        own_len = kv_answer(request, len, answer);
    if (other_len != -1 &&
        ((size_t)other_len != own_len || memcmp(other, answer, own_len) != 0))
        printf("           the backup has another table: '%.*s' here\n",
               (int)own_len, answer);
    (void)pthread_mutex_unlock(&change_lock);
    return own_len;
}

/* A thread: serves a client. */
static void *
serve(void *argument)
{
    int fd = (int)(intptr_t)argument;
    char in[INPUT];
    char answer[KV_ANSWER_MAX];
    size_t have = 0;
    ssize_t len;

    while ((len = receive_message(fd, in, &have)) >= 0 &&
           !(len == 7 && memcmp(in, "goodbye", 7) == 0)) {
        size_t size;

        draw(TO_CLIENT, true, in, (size_t)len);
        if (len >= 4 && memcmp(in, "GET ", 4) == 0)
            size = kv_answer(in, (size_t)len, answer);
        else
            size = change(in, (size_t)len, answer);
        draw(TO_CLIENT, false, answer, size);
        if (!send_message(fd, answer, size))
            break;
        have -= (size_t)len + 1;
        memmove(in, in + len + 1, have);
    }
    net_close(fd);
    return NULL;
}

int
main(int argc, char **argv)
{
    char why[VALUES_WHY_MAX] = "two ports are needed";
    int limit_ms = LIMIT_MS;
    int listener;

    if (argc < 3 || !values_number(argv[2], 1, 65535, &backup_port, why) ||
        (argc > 3 && !values_number(argv[3], 1, LIMIT_MAX, &limit_ms, why))) {
        fprintf(stderr,
                "primary: %s\n"
                "usage: primary PORT BACKUP-PORT [MS]\n",
                why);
        return 2;
    }
    log_open("primary");
    limit_ns = limit_ms * CLOCK_MS;
    if (!kv_table_open(ENTRIES, SERVICE_THREADS))
        die("memory for the table");
    listener = net_listen("127.0.0.1", argv[1], BACKLOG, NET_BLOCKING);
    net_announce(listener);
    began_ns = clock_now();
    printf("%10s client %*s primary %*s backup\n", "", LANE_WIDTH - 9, "",
           LANE_WIDTH - 9, "");
    (void)fflush(stdout);
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        pthread_t thread;

        if (fd == -1)
            die("accept");
        if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)fd) != 0)
            net_close(fd); /* the client sees the end */
        else
            (void)pthread_detach(thread);
    }
}
