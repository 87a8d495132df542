/* Goal: a place on a command line is read as it is meant, and clients find a
 * server that listens on only one of the addresses of its name. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/play/address.h"
#include "client/play/run.h"
#include "tests/unit/check.h"

#define CLIENTS    3
#define PATIENCE_S 20

static void
test_read(void)
{
    static const struct {
        const char *text, *host, *port; /* host NULL: it is rejected */
    } table[] = {
        {"3000", "127.0.0.1", "3000"},
        {"localhost:1", "localhost", "1"},
        {"10.0.0.1:65535", "10.0.0.1", "65535"},
        {"[::1]:80", "::1", "80"},
        {"[fe80::1%lo]:80", "fe80::1%lo", "80"},
        {"::1:80", NULL, NULL},
        {":80", NULL, NULL},
        {"[]:80", NULL, NULL},
        {"localhost:", NULL, NULL},
        {"localhost", NULL, NULL},
        {"0", NULL, NULL},
        {"65536", NULL, NULL},
        {"localhost:65536", NULL, NULL},
        {"localhost:4000000000000", NULL, NULL},
        {"", NULL, NULL},
    };
    char why[VALUES_WHY_MAX];

    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        struct address_place place = {"", ""};
        bool good = address_read(table[i].text, &place, why);

        CHECK(good == (table[i].host != NULL));
        if (good && table[i].host != NULL) {
            CHECK(strcmp(place.host, table[i].host) == 0);
            CHECK(strcmp(place.port, table[i].port) == 0);
        }
    }
}

static void
test_unknown_host(void)
{
    struct address_list list;
    char why[ADDRESS_WHY_MAX] = "";

    CHECK(!address_find(&list, "[::1]", "80", why));
    CHECK(*why != '\0');
    CHECK(address_find(&list, "127.0.0.1", "80", why));
    CHECK(list.count == 1);
}

/* Serves the clients of a run that only say goodbye. */
static _Noreturn void
serve(int listener)
{
    char bytes[64];

    (void)alarm(PATIENCE_S); /* for clients that go elsewhere */
    for (int i = 0; i < CLIENTS; i++) {
        int fd = accept(listener, NULL, NULL);

        while (read(fd, bytes, sizeof(bytes)) > 0 && bytes[0] != 'g')
            continue;
        close(fd);
    }
    _exit(EXIT_SUCCESS);
}

/* The name has three addresses, and the server listens on the second. */
static void
test_second_address(void)
{
    static const struct observer nobody = {.context = NULL};
    struct sockaddr_in addr = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(0x7f000001)};
    socklen_t len = sizeof(addr);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct address_list list = {.count = 3};
    struct record r;
    struct plan plan = {.clients = CLIENTS, .pipeline = 1};
    int stop[2];
    pid_t pid;

    CHECK(bind(listener, (struct sockaddr *)&addr, len) == 0);
    CHECK(listen(listener, CLIENTS) == 0);
    CHECK(getsockname(listener, (struct sockaddr *)&addr, &len) == 0);
    CHECK(pipe(stop) == 0);
    for (int i = 0; i < list.count; i++) {
        addr.sin_addr.s_addr = htonl(i == 1 ? 0x7f000001 : 0x7f000002);
        memcpy(&list.addresses[i].to, &addr, sizeof(addr));
        list.addresses[i].to_len = sizeof(addr);
    }
    pid = fork();
    if (pid == 0)
        serve(listener);
    close(listener);
    record_open(&r, &plan);
    run_play(&r, &list, &nobody, stop[0]);
    for (int i = 0; i < CLIENTS; i++)
        CHECK(r.clients[i].end.outcome == RECORD_CLOSED);
    CHECK(waitpid(pid, NULL, 0) == pid);
    /* Nobody listens any more: the last address says why. */
    record_close(&r);
    record_open(&r, &plan);
    run_play(&r, &list, &nobody, stop[0]);
    for (int i = 0; i < CLIENTS; i++)
        CHECK(r.clients[i].end.fault == RECORD_NO_CONNECTION);
    CHECK(address_choose(&list) == &list.addresses[2]);
    record_close(&r);
}

int
main(void)
{
    test_read();
    test_unknown_host();
    test_second_address();
    return check_done();
}
