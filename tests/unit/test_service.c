/* Goal: each service answers with the right bytes in both frames, and a table
 * is one table for all who share it, even if one of them is killed. */

#define _GNU_SOURCE /* syscall */

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/kv.h"
#include "common/options.h"
#include "common/service.h"
#include "tests/unit/check.h"

static void
open_service(enum service_kind service, enum frame_kind frame,
             enum service_sharing sharing)
{
    struct options opt = {
        .service = (int)service, .frame = (int)frame, .entries = 3};

    service_open(&opt, sharing);
}

/* Tells whether the answer to the message in is out. */
static bool
answers(const char *in, size_t in_len, const char *out, size_t out_len)
{
    static char room[FRAME_HEAD + FRAME_MAX + 1];
    struct service_answer a;

    memcpy(room + FRAME_HEAD, in, in_len);
    service_answer(&a, room + FRAME_HEAD, in_len);
    return a.body_size == 0 && a.size == out_len &&
           memcmp(a.bytes, out, out_len) == 0;
}

#define ANSWERS(in, out) \
    CHECK(answers(in, sizeof(in) - 1, out, sizeof(out) - 1))

static void
test_small_services(void)
{
    struct service_answer a;

    ANSWERS("x", "ack"); /* before any service_open */
    for (int frame = FRAME_BY_ETX; frame <= FRAME_BY_LENGTH; frame++) {
        open_service(SERVICE_ACK, (enum frame_kind)frame, SERVICE_ALONE);
        ANSWERS("", "ack");
        ANSWERS("goodbyes", "ack");
    }
    service_refuse(&a);
    CHECK(a.size == 3 && memcmp(a.bytes, "nak", 3) == 0);

    open_service(SERVICE_ECHO, FRAME_BY_ETX, SERVICE_ALONE);
    CHECK(service_mode() == 0);
    ANSWERS("", "\3");
    ANSWERS("hello", "hello\3");
    service_refuse(&a);
    CHECK(a.size == 4 && memcmp(a.bytes, "nak\3", 4) == 0);
    open_service(SERVICE_ECHO, FRAME_BY_LENGTH, SERVICE_ALONE);
    CHECK(service_mode() == SESSION_LENGTH);
    ANSWERS("", "         0");
    ANSWERS("a\0\3\xff z", "         6a\0\3\xff z");

    open_service(SERVICE_UPPER, FRAME_BY_ETX, SERVICE_ALONE);
    ANSWERS("`az{ @AZ[ 09", "`AZ{ @AZ[ 09\3");
    open_service(SERVICE_UPPER, FRAME_BY_LENGTH, SERVICE_ALONE);
    ANSWERS("\xe4\0z", "         3\xe4\0Z");

    open_service(SERVICE_DAYTIME, FRAME_BY_ETX, SERVICE_ALONE);
    CHECK(service_mode() == SESSION_ONCE);
    service_answer(&a, a.room, 0);
    CHECK(a.size == 29 && memcmp(a.bytes + 19, " UTC 20", 7) == 0 &&
          a.bytes[28] == '\n');
}

/* What a key, a value or a number may be. */
static void
test_requests(void)
{
    static char text[FRAME_MAX];
    static char answer[KV_ANSWER_MAX];

    open_service(SERVICE_KV, FRAME_BY_LENGTH, SERVICE_ALONE);
    ANSWERS("GET a", "         4none");
    open_service(SERVICE_KV, FRAME_BY_ETX, SERVICE_ALONE);
    ANSWERS("PUT a 1", "ok 1\3");
    ANSWERS("PUT a two words ", "ok 2\3");
    ANSWERS("GET a", "2 two words \3");
    ANSWERS("PUT a ", "ok 3\3");
    ANSWERS("GET a", "3 \3");
    ANSWERS("PUT a", "bad value\3");
    ANSWERS("PUT  a", "bad key\3");
    ANSWERS("PUT ", "bad key\3");
    ANSWERS("PUT", "bad request\3");
    ANSWERS("", "bad request\3");
    ANSWERS(" ", "bad request\3");
    ANSWERS("put a 1", "bad request\3");
    ANSWERS("PUTS a 1", "bad request\3");
    ANSWERS("PU a 1", "bad request\3");
    ANSWERS("GET a ", "bad key\3");
    ANSWERS("GET a b", "bad key\3");
    ANSWERS("GET ", "bad key\3");

    ANSWERS("UPDATE a 2 x", "stale 3\3");
    ANSWERS("UPDATE a 0 x", "stale 3\3");
    ANSWERS("UPDATE a 3 x y", "ok 4\3");
    ANSWERS("UPDATE a 4 ", "ok 5\3");
    ANSWERS("UPDATE a 4", "bad value\3");
    ANSWERS("UPDATE a", "bad version\3");
    ANSWERS("UPDATE a  x", "bad version\3");
    ANSWERS("UPDATE a -1 x", "bad version\3");
    ANSWERS("UPDATE a +5 x", "bad version\3");
    ANSWERS("UPDATE a 18446744073709551616 x", "bad version\3");
    ANSWERS("UPDATE a 18446744073709551615 x", "stale 5\3");
    ANSWERS("UPDATE b 1 x", "none\3");
    ANSWERS("UPDATE b 0 x", "ok 1\3");
    ANSWERS("GET b", "1 x\3");

    ANSWERS("ADD b 1", "bad number\3"); /* the value is no number */
    ANSWERS("ADD n -3", "1 -3\3");
    ANSWERS("ADD n 10", "2 7\3");
    ANSWERS("GET n", "2 7\3");
    ANSWERS("ADD n", "bad number\3");
    ANSWERS("ADD n ", "bad number\3");
    ANSWERS("ADD n -", "bad number\3");
    ANSWERS("ADD n +1", "bad number\3");
    ANSWERS("ADD n 1 ", "bad number\3");
    ANSWERS("ADD n 1.5", "bad number\3");
    ANSWERS("ADD n 9223372036854775808", "bad number\3");
    ANSWERS("ADD n 9223372036854775807", "bad number\3"); /* the sum is not */
    ANSWERS("ADD n -9223372036854775808", "3 -9223372036854775801\3");
    ANSWERS("ADD n -8", "bad number\3");
    ANSWERS("ADD n -7", "4 -9223372036854775808\3");
    ANSWERS("GET n", "4 -9223372036854775808\3");
    ANSWERS("PUT n 007", "ok 5\3");
    ANSWERS("ADD n 1", "6 8\3");

    /* Three keys are in it. */
    ANSWERS("PUT c 1", "full\3");
    ANSWERS("ADD c 1", "full\3");
    ANSWERS("UPDATE c 0 1", "full\3");
    ANSWERS("UPDATE c 1 1", "none\3");
    ANSWERS("GET c", "none\3");
    ANSWERS("PUT a 1", "ok 6\3");

    memset(text, 'k', sizeof(text));
    memcpy(text, "GET ", 4);
    CHECK(kv_answer(text, 4 + KV_KEY_MAX, answer) == 4 &&
          memcmp(answer, "none", 4) == 0);
    CHECK(kv_answer(text, 4 + KV_KEY_MAX + 1, answer) == 7 &&
          memcmp(answer, "bad key", 7) == 0);
    memcpy(text, "PUT a ", 6);
    CHECK(kv_answer(text, 6 + KV_VALUE_MAX, answer) == 4 &&
          memcmp(answer, "ok 7", 4) == 0);
    CHECK(kv_answer(text, 6 + KV_VALUE_MAX + 1, answer) == 9 &&
          memcmp(answer, "bad value", 9) == 0);
    CHECK(kv_answer("GET a", 5, answer) == 2 + KV_VALUE_MAX &&
          memcmp(answer, "7 k", 3) == 0 && answer[1025] == 'k');
}

/* Lets a child do what child does, and waits for it. */
static int
in_a_child(void (*child)(void))
{
    int status = -1;
    pid_t pid = fork();

    if (pid == 0) {
        child();
        _exit(0);
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    return status;
}

static void
add_once(void)
{
    char answer[KV_ANSWER_MAX];

    (void)kv_answer("ADD n 1", 7, answer);
}

static void
die_with_lock(void)
{
    add_once();
    kv_table_lock();
    raise(SIGKILL);
}

/* Returns whether the kernel frees the locks of a process that is killed
 * (get_robust_list(2)).  An emulator may not do so. */
static bool
frees_locks(void)
{
    void *list;
    size_t size;

    return syscall(SYS_get_robust_list, 0, &list, &size) == 0;
}

static void
test_sharing(void)
{
    open_service(SERVICE_KV, FRAME_BY_ETX, SERVICE_THREADS);
    in_a_child(add_once);
    ANSWERS("GET n", "none\3"); /* the child has a table of its own */

    open_service(SERVICE_KV, FRAME_BY_ETX, SERVICE_PROCESSES);
    in_a_child(add_once);
    ANSWERS("GET n", "1 1\3");
    if (!frees_locks()) {
        printf("skipped: nobody frees the lock of a killed process\n");
        return;
    }
    alarm(10); /* a lock that stays with the dead would be waited for */
    for (int i = 0; i < 3; i++)
        CHECK(WIFSIGNALED(in_a_child(die_with_lock)));
    ANSWERS("ADD n 1", "5 5\3");
    in_a_child(add_once);
    ANSWERS("GET n", "6 6\3");
    alarm(0);
}

int
main(void)
{
    test_small_services();
    test_requests();
    test_sharing();
    return check_done();
}
