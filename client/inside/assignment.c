#include "client/inside/assignment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/inside/sockets.h"

#define CHUNK_LEN 8192

void
assignment_open(struct assignment *s, int count, int log_fd)
{
    *s = (struct assignment){.count = count, .log_fd = log_fd};
}

void
assignment_set_inode(struct assignment *s, int client, unsigned inode)
{
    s->changes += s->clients[client].inode != inode;
    s->clients[client].inode = inode;
}

/* --- the log ---------------------------------------------------------------
 */

/* Finds the client that the server has accepted.  Returns false if that may
 * become known later, because a client has not seen its connection yet. */
static bool
on_accept(struct assignment *s, const struct record *r, const char *line,
          int number)
{
    const char *colon = strrchr(line, ':');
    int port = colon == NULL ? 0 : atoi(colon + 1);
    bool all_connected = true;

    for (int i = 0; i < s->count; i++) {
        if (r->clients[i].port == port) {
            s->clients[i].number = number;
            return true;
        }
        all_connected = all_connected && r->clients[i].port != 0;
    }
    return all_connected;
}

/* Reads "    0.413 12003/12004 message  client=1 bytes=9"; the number behind a
 * slash is the thread.  Returns false if the line must be read again later. */
static bool
read_line(struct assignment *s, const struct record *r, const char *line)
{
    char verb[16];
    int worker;
    int number;
    int at = 0;

    if (sscanf(line, "%*f %d%n", &worker, &at) != 1)
        return true;
    line += at;
    if (sscanf(line, "/%d%n", &worker, &at) == 1)
        line += at;
    if (sscanf(line, " %15s client=%d", verb, &number) != 2)
        return true;
    if (strcmp(verb, "accept") == 0)
        return on_accept(s, r, line, number);
    /* "spawn" says nothing: the worker may have begun before it is written. */
    if (strcmp(verb, "spawn") == 0)
        return true;
    for (int i = 0; i < s->count; i++)
        if (s->clients[i].number == number)
            s->clients[i].worker = strcmp(verb, "message") == 0 ? worker : 0;
    return true;
}

void
assignment_read_log(struct assignment *s, const struct record *r)
{
    char chunk[CHUNK_LEN];
    char *line = chunk;
    char *end;
    ssize_t n =
        s->log_fd == -1 ? 0 : pread(s->log_fd, chunk, CHUNK_LEN - 1, s->log_at);

    chunk[n > 0 ? n : 0] = '\0';
    while ((end = strchr(line, '\n')) != NULL) {
        *end = '\0';
        if (!read_line(s, r, line))
            return;
        s->log_at += end + 1 - line;
        line = end + 1;
    }
    if (n == CHUNK_LEN - 1 && line == chunk)
        s->log_at += n; /* no line of a log is so long */
}

/* Returns the client that a task works for by the log, and how many these
 * are. */
static int
logged_client(const struct assignment *s, pid_t worker, int *count)
{
    int client = SAMPLE_NOBODY;

    *count = 0;
    for (int i = 0; i < s->count; i++)
        if (s->clients[i].worker == worker) {
            client = i;
            ++*count;
        }
    return client;
}

/* --- descriptors -----------------------------------------------------------
 */

static int
client_of(const struct assignment *s, unsigned inode)
{
    for (int i = 0; inode != 0 && i < s->count; i++)
        if (s->clients[i].inode == inode)
            return i;
    return SAMPLE_NOBODY;
}

static bool
has_threads(const struct tasks *all, pid_t pid)
{
    int count = 0;

    for (int i = 0; i < all->count; i++)
        count += all->list[i].pid == pid;
    return count > 1;
}

/* Returns the one client whose socket a process holds; SAMPLE_NOBODY if it
 * holds none or several. */
static int
only_client(const struct assignment *s, pid_t pid)
{
    unsigned inodes[RECORDING_CLIENTS_MAX];
    int found;
    int fd;

    for (int i = 0; i < s->count; i++)
        inodes[i] = s->clients[i].inode;
    fd = sockets_find(pid, inodes, s->count, &found);
    return found == 1 ? client_of(s, sockets_inode(pid, fd)) : SAMPLE_NOBODY;
}

int
assignment_client(const struct assignment *s, const struct tasks *all,
                  struct task *t, bool *inferred)
{
    int count;
    int client = logged_client(s, t->tid, &count);

    *inferred = false;
    if (count > 0)
        return count == 1 ? client : SAMPLE_NOBODY;
    client = client_of(s, t->inode);
    if (client != SAMPLE_NOBODY) {
        t->fd_seen = t->fd;
        return client;
    }
    if (sample_waits_for_anybody(t->kind))
        return SAMPLE_NOBODY;
    if (has_threads(all, t->pid)) {
        *inferred = true;
        return t->fd_seen == -1
                   ? SAMPLE_NOBODY
                   : client_of(s, sockets_inode(t->pid, t->fd_seen));
    }
    if (t->changes != s->changes) {
        t->client_seen = only_client(s, t->pid);
        t->changes = s->changes;
    }
    return t->client_seen;
}
