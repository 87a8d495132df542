/* Lists of spans made from records that are made by hand. */

#include "client/record/spans.h"

#include <stdlib.h>

#include "tests/unit/check.h"
#include "tests/unit/made_run.h"

static void
check_span(const struct span *s, enum spans_kind kind, int message,
           int64_t began_ms, int64_t ended_ms)
{
    CHECK(s->kind == kind);
    CHECK(s->first == message && s->last == message);
    CHECK(s->began_ns == began_ms * MS);
    CHECK(s->ended_ns == ended_ms * MS);
}

/* Returns the spans of the first client; the caller frees them. */
static struct spans
spans_of(const struct record *r)
{
    struct figures f;
    struct spans spans;

    f = figures_compute(r);
    spans = spans_of_client(r, &f, 0);
    return spans;
}

/* Without a log a service is as long as the fastest answer and ends with its
 * answer. */
static void
test_estimated(void)
{
    struct record r = new_record(1, 2);
    struct spans spans;

    add_answer(&r, 0, 0, 100 * MS);
    add_answer(&r, 0, 200 * MS, 500 * MS);
    finish(&r, 0, 500 * MS, RECORD_CLOSED);
    spans = spans_of(&r);
    CHECK(spans.count == 3);
    check_span(&spans.list[0], SPANS_SERVED, 0, 0, 100);
    check_span(&spans.list[1], SPANS_WAITING, 1, 200, 400);
    check_span(&spans.list[2], SPANS_SERVED, 1, 400, 500);
    CHECK(spans.list[2].estimated && spans.list[2].worker == -1);
    free(spans.list);
    record_close(&r);
}

/* With a log: a message that waits, is served, and whose answer arrives late;
 * and one that was begun and not answered. */
static void
test_logged(void)
{
    struct record r = new_record(1, 2);
    struct spans spans;

    add_answer(&r, 0, 0, 100 * MS);
    add_service(&r, 0, 0, 20 * MS, 60 * MS, 4711);
    r.clients[0].sent = 2;
    record_message(&r, 0, 1)->sent_ns = 150 * MS;
    add_service(&r, 0, 1, 200 * MS, RECORD_NEVER, 4711);
    r.ended_ns = 300 * MS;
    spans = spans_of(&r);
    CHECK(spans.count == 5);
    check_span(&spans.list[0], SPANS_WAITING, 0, 0, 20);
    check_span(&spans.list[1], SPANS_SERVED, 0, 20, 60);
    check_span(&spans.list[2], SPANS_RETURNING, 0, 60, 100);
    check_span(&spans.list[3], SPANS_WAITING, 1, 150, 200);
    check_span(&spans.list[4], SPANS_SERVED, 1, 200, 300);
    CHECK(!spans.list[1].estimated && spans.list[1].worker == 0);
    CHECK(spans.list[0].worker == -1);
    free(spans.list);
    record_close(&r);
}

/* A message that was not answered may have been served, if there is no log.  If
 * there is one that knows nothing of it, it waits until its client ends. */
static void
test_unanswered(void)
{
    struct record r = new_record(1, 1);
    struct spans spans;

    r.clients[0].sent = 1;
    record_message(&r, 0, 0)->sent_ns = 10 * MS;
    finish(&r, 0, 90 * MS, RECORD_FAILED);
    spans = spans_of(&r);
    CHECK(spans.count == 1);
    check_span(&spans.list[0], SPANS_ASKED, 0, 10, 90);
    free(spans.list);
    record_open_services(&r);
    spans = spans_of(&r);
    CHECK(spans.count == 1);
    check_span(&spans.list[0], SPANS_WAITING, 0, 10, 90);
    free(spans.list);
    record_close(&r);
}

/* A client that has all its answers waits for the server to close. */
static void
test_leaving(void)
{
    struct record r = new_record(1, 1);
    struct spans spans;

    add_answer(&r, 0, 0, 100 * MS);
    finish(&r, 0, 500 * MS, RECORD_FAILED);
    spans = spans_of(&r);
    CHECK(spans.count == 2);
    check_span(&spans.list[1], SPANS_LEAVING, SPANS_NO_MESSAGE, 100, 500);
    free(spans.list);
    record_close(&r);
}

/* The services of a worker are in the order of time, whichever client they are
 * of. */
static void
test_workers(void)
{
    struct record r = new_record(2, 2);
    struct figures f;
    struct spans spans;

    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) {
            int64_t began_ns = (20 * j + 10 * i) * MS;

            add_answer(&r, i, began_ns, began_ns + 10 * MS);
            add_service(&r, i, j, began_ns, began_ns + 10 * MS,
                        i == 1 && j == 1 ? 5 : 7);
        }
    f = figures_compute(&r);
    spans = spans_of_worker(&r, &f, 1);
    CHECK(spans.count == 3);
    CHECK(spans.list[0].client == 0 && spans.list[1].client == 1);
    CHECK(spans.list[2].client == 0 && spans.list[2].first == 1);
    CHECK(spans.list[2].worker == 1);
    free(spans.list);
    spans = spans_of_worker(&r, &f, 0);
    CHECK(spans.count == 1);
    CHECK(spans.list[0].client == 1 && spans.list[0].began_ns == 30 * MS);
    free(spans.list);
    record_close(&r);
}

/* With several messages in flight, joined spans of waiting do not overlap. */
static void
test_joined(void)
{
    struct record r = new_record(1, 3);
    struct figures f;
    struct spans spans;
    const struct span *s;

    for (int i = 0; i < 3; i++)
        add_answer(&r, 0, 0, (i + 1) * 100 * MS);
    finish(&r, 0, 300 * MS, RECORD_CLOSED);
    f = figures_compute(&r);
    spans = spans_of_client(&r, &f, 0);
    spans.count = spans_join(spans.list, spans.count, MS);
    CHECK(spans.count == 5);
    s = spans.list;
    CHECK(s[0].kind == SPANS_SERVED && s[0].ended_ns == 100 * MS);
    CHECK(s[1].kind == SPANS_WAITING && s[1].first == 1);
    CHECK(s[1].began_ns == 0 && s[1].ended_ns == 100 * MS);
    CHECK(s[3].kind == SPANS_WAITING && s[3].first == 2);
    CHECK(s[3].began_ns == 100 * MS && s[3].ended_ns == 200 * MS);
    CHECK(s[4].kind == SPANS_SERVED && s[4].began_ns == 200 * MS);
    free(spans.list);

    /* All of it close together: one span of each kind. */
    spans = spans_of_client(&r, &f, 0);
    spans.count = spans_join(spans.list, spans.count, 1000 * MS);
    CHECK(spans.count == 2);
    s = spans.list;
    CHECK(s[0].kind == SPANS_SERVED && s[0].first == 0 && s[0].last == 2);
    CHECK(s[0].ended_ns == 300 * MS);
    CHECK(!s[0].other_clients && !s[0].other_workers);
    free(spans.list);
    record_close(&r);
}

int
main(void)
{
    test_estimated();
    test_logged();
    test_unanswered();
    test_leaving();
    test_workers();
    test_joined();
    return check_done();
}
