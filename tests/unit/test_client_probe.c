/* What a probe makes of bytes that a server sends, and how long it waits. */

#include "client/judge/probes.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "tests/unit/check.h"

#define LIMIT_NS  (200 * CLOCK_MS)
#define SECONDS_5 (5 * CLOCK_S)

/* The kernel connects clients to a listener before it accepts them; so one
 * thread can play both sides. */
static int listener;
static int stop[2];
static struct target_server server = {
    .limit_ns = SECONDS_5,
    .silence_ns = LIMIT_NS,
};

static void
open_server(void)
{
    struct sockaddr_in addr = {.sin_family = AF_INET};

    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    server.to_len = sizeof(addr);
    if (listener == -1 || pipe(stop) == -1 ||
        bind(listener, (const struct sockaddr *)&addr, sizeof(addr)) == -1 ||
        listen(listener, 64) == -1 ||
        getsockname(listener, (struct sockaddr *)&server.to, &server.to_len) ==
            -1)
        exit(EXIT_FAILURE);
    server.stop_fd = stop[0];
}

/* Connects a probe; the server sends it these bytes.  Returns the server's
 * side. */
static int
answer(struct probe *p, const char *bytes)
{
    int fd;

    probe_open(p, &server);
    CHECK(p->result == PROBE_OK);
    fd = accept(listener, NULL, NULL);
    CHECK(send(fd, bytes, strlen(bytes), 0) == (ssize_t)strlen(bytes));
    return fd;
}

static void
test_answers(void)
{
    struct probe p;
    int fd = answer(&p, "acknakack");

    probe_receive(&p, "acknak");
    CHECK(p.result == PROBE_OK && p.answers == 2 && p.naks == 1);
    /* What comes too much is found by the next step, and stays the result. */
    probe_receive_nothing(&p, SECONDS_5);
    CHECK(p.result == PROBE_WRONG && strcmp(p.got, "ack") == 0);
    probe_receive(&p, "ack");
    CHECK(strcmp(probe_words(&p), "got 'ack'") == 0);
    CHECK(p.fd == -1 && p.answers == 2);
    close(fd);
}

static void
test_wrong(void)
{
    static const struct {
        const char *sent;
        const char *expected;
        const char *words;
    } cases[] = {
        {"nak", "ack", "got 'nak'"},
        {"acx", "ack", "got 'acx'"},
        {"\n\x01z", "ack", "got '\\n\\x01z'"},
        {"ac", "ack", "the server closed"},
        {"ack", "ackack", "the server closed"},
        {"ackack", "ackack", "as expected"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct probe p;

        close(answer(&p, cases[i].sent));
        probe_receive(&p, cases[i].expected);
        CHECK(strcmp(probe_words(&p), cases[i].words) == 0);
        probe_close(&p);
    }
}

static void
test_end(void)
{
    struct probe p;

    close(answer(&p, ""));
    probe_receive_end(&p, SECONDS_5);
    CHECK(p.result == PROBE_OK && p.fd == -1);
    close(answer(&p, "ack"));
    probe_receive_end(&p, SECONDS_5);
    CHECK(p.result == PROBE_WRONG);
}

/* A server that never stops sending answers does not keep the probe waiting. */
static void
test_bound(void)
{
    struct probe p;
    int fd = answer(&p, "ack");
    int64_t began_ns = clock_now();
    pid_t pid = fork();

    while (pid == 0) {
        if (send(fd, "ack", 3, MSG_NOSIGNAL) == -1)
            _exit(EXIT_SUCCESS);
        clock_wait_until(clock_now() + CLOCK_MS);
    }
    probe_receive_any(&p, PROBE_ANY, SECONDS_5, LIMIT_NS);
    CHECK(p.result == PROBE_SILENT && p.answers > 0);
    CHECK(clock_now() - began_ns < SECONDS_5);
    CHECK(kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid);
    probe_close(&p);
    close(fd);
}

/* It sends the next message when the one before is answered, and leaves. */
static void
test_many(void)
{
    struct probes all = {.count = 0};
    char bytes[64];

    CHECK(probes_add(&all, &server, 3, PROBES_MESSAGE) == 3);
    CHECK(probes_add(&all, &server, 1, PROBES_NOTHING) == 1);
    probes_leave(&all);
    probes_wait(&all, PROBE_CONNECTED, SECONDS_5, SECONDS_5);
    CHECK(probes_count(&all, PROBES_WAITING) == 4);
    for (int i = 0; i < 3; i++) {
        int fd = accept(listener, NULL, NULL);

        CHECK(recv(fd, bytes, sizeof(bytes), 0) == 6);
        CHECK(send(fd, i == 1 ? "nak" : "ack", 3, 0) == 3);
        if (i == 2)
            probes_wait_answers(&all);
        if (i == 2)
            CHECK(recv(fd, bytes, sizeof(bytes), 0) == 8);
        close(fd);
    }
    CHECK(probes_count(&all, PROBES_LEFT) == 2);
    CHECK(probes_count(&all, PROBES_WRONG) == 1);
    CHECK(probes_count(&all, PROBES_WAITING) == 1);
    probes_close(&all);
    CHECK(all.count == 0);
    close(accept(listener, NULL, NULL));
}

/* Once the program must end, nothing is waited for. */
static void
test_interrupt(void)
{
    struct probe p;
    int64_t began_ns = clock_now();
    int fd = answer(&p, "");

    CHECK(write(stop[1], "", 1) == 1);
    probe_receive(&p, "ack");
    CHECK(!target_server_pause(&server, SECONDS_5));
    CHECK(p.result == PROBE_SILENT);
    CHECK(clock_now() - began_ns < SECONDS_5);
    probe_close(&p);
    close(fd);
}

int
main(void)
{
    open_server();
    test_answers();
    test_wrong();
    test_end();
    test_bound();
    test_many();
    test_interrupt();
    return check_done();
}
