/* CSV and traces made from records made by hand, compared letter by letter. */

#include "client/draw/csv.h"
#include "client/draw/trace.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/command_line.h"
#include "tests/unit/check.h"
#include "tests/unit/made_run.h"

/* A run of 10 ms: client 1 got both its answers, client 2 got one of three, and
 * client 3 never sent anything. */
static struct record
new_run(void)
{
    struct record r = new_record(3, 3);

    r.ended_ns = 10 * MS;
    r.clients[0] = (struct record_client){.started_ns = 0,
                                          .connected_ns = 1234567,
                                          .ended_ns = 9 * MS,
                                          .sent = 2,
                                          .answered = 2,
                                          .end.outcome = RECORD_CLOSED};
    *record_message(&r, 0, 0) =
        (struct record_message){2 * MS, 4 * MS, RECORD_ACK};
    *record_message(&r, 0, 1) =
        (struct record_message){4 * MS, 8 * MS, RECORD_NAK};
    r.clients[1] = (struct record_client){.started_ns = 1500,
                                          .connected_ns = 1 * MS,
                                          .ended_ns = RECORD_NEVER,
                                          .sent = 3,
                                          .answered = 1};
    /* All in flight together. */
    *record_message(&r, 1, 0) = (struct record_message){
        .sent_ns = 2 * MS, .answered_ns = 6 * MS, .answer = RECORD_ACK};
    record_message(&r, 1, 1)->sent_ns = 2 * MS;
    record_message(&r, 1, 2)->sent_ns = 2 * MS;
    return r;
}

/* The same run with the services that the server logged; the end of one service
 * and the worker of another are missing. */
static struct record
new_told_run(void)
{
    struct record r = new_run();

    add_service(&r, 0, 0, 2 * MS + 1, 4 * MS - 1, 501);
    add_service(&r, 0, 1, 7 * MS, 8 * MS, 502);
    add_service(&r, 1, 0, 5 * MS, 6 * MS, 501);
    record_service(&r, 1, 1)->began_ns = 7 * MS;
    return r;
}

/* Returns the CSV or the trace, which the caller frees. */
static char *
write_out(const struct panel *panels, int count, bool trace)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL)
        abort();
    if (trace)
        trace_write(out, panels, count);
    else
        csv_write(out, panels, count,
                  &(struct csv_conditions){"today", RECORD_NEVER, 10 * MS});
    fclose(out);
    return text;
}

/* A cell has quotes where it needs them, and is UTF-8 whatever a server or a
 * user has written. */
static void
test_field(void)
{
    static const struct {
        const char *text;
        const char *cell;
    } table[] = {
        {"", ""},
        {"got 'ack'", "got 'ack'"},
        {"one, two", "\"one, two\""},
        {"say \"hi\"", "\"say \"\"hi\"\"\""},
        {"two\nlines", "\"two\nlines\""},
        {"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
        {"\xff,\xc3", "\"\\xff,\\xc3\""},
        {"=1+1", "\\x3d1+1"},
        {"@SUM(a,b)", "\"\\x40SUM(a,b)\""},
        {"1-2=", "1-2="},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
        char *cell = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&cell, &size);

        if (out == NULL)
            abort();
        csv_field(out, table[i].text);
        fclose(out);
        CHECK(strcmp(cell, table[i].cell) == 0);
        free(cell);
    }
}

static void
expect(const struct panel *panels, int count, bool trace, const char *expected)
{
    char *text = write_out(panels, count, trace);

    CHECK(strcmp(text, expected) == 0);
    if (strcmp(text, expected) != 0)
        printf("written:\n%s", text);
    free(text);
}

/* Each row or event is one line here, so that it looks as it is written. */
/* clang-format off */

#define HEADER \
"version,model,client,message,bytes,started_s,connected_s,sent_s," \
"service_began_s,service_ended_s,answered_s,answer,worker,ended_s," \
"worker_id,accept_queue_s,unread_s,read_s,look_s,clients,messages,in_flight," \
"think_s,stagger_s,delay_s,cpu_per_message_s,date,program_version\n"

/* What all rows have. */
#define SAME "3,3,1,0.000000,0.000000,,0.010000,today," \
             COMMAND_LINE_VERSION "\n"

/* Without a log there are no times of service: estimates are not data. */
static void
test_csv(void)
{
    struct record r = new_run();
    struct figures f;
    struct panel p = panel_of(&r, &f, "");

    expect(&p, 1, false, HEADER
"2,,1,1,9,0.000000,0.001235,0.002000,,,0.004000,ack,,0.009000,,,,,," SAME
"2,,1,2,9,0.000000,0.001235,0.004000,,,0.008000,nak,,0.009000,,,,,," SAME
"2,,2,1,9,0.000002,0.001000,0.002000,,,0.006000,ack,,,,,,,," SAME
"2,,2,2,9,0.000002,0.001000,0.002000,,,,,,,,,,,," SAME
"2,,2,3,9,0.000002,0.001000,0.002000,,,,,,,,,,,," SAME
"2,,3,,,,,,,,,,,,,,,,," SAME);
    record_close(&r);
}

static void
test_csv_told(void)
{
    struct record r = new_told_run();
    struct figures f;
    struct panel p = panel_of(&r, &f, "mine, \"new\"");

    r.look_ns = 5 * MS;
    add_look(&r, 1, 2 * MS, KERNEL_QUEUED);
    add_look(&r, 1, 3 * MS, KERNEL_UNREAD);
    expect(&p, 1, false, HEADER
"2,\"mine, \"\"new\"\"\",1,1,9,0.000000,0.001235,0.002000,0.002000,0.004000,0.004000,ack,1,0.009000,501,0.000000,0.000000,0.000000,0.005000," SAME
"2,\"mine, \"\"new\"\"\",1,2,9,0.000000,0.001235,0.004000,0.007000,0.008000,0.008000,nak,2,0.009000,502,0.000000,0.000000,0.000000,0.005000," SAME
"2,\"mine, \"\"new\"\"\",2,1,9,0.000002,0.001000,0.002000,0.005000,0.006000,0.006000,ack,1,,501,0.001000,0.002000,0.000000,0.005000," SAME
"2,\"mine, \"\"new\"\"\",2,2,9,0.000002,0.001000,0.002000,0.007000,,,,,,,0.001000,0.004000,0.000000,0.005000," SAME
"2,\"mine, \"\"new\"\"\",2,3,9,0.000002,0.001000,0.002000,,,,,,,,0.001000,0.007000,0.000000,0.005000," SAME
"2,\"mine, \"\"new\"\"\",3,,,,,,,,,,,,,,,,0.005000," SAME);
    record_close(&r);
}

/* The fastest answer took 2 ms, so each service is assumed to take 2 ms. */
static void
test_trace(void)
{
    struct record r = new_run();
    struct figures f;
    struct panel p = panel_of(&r, &f, "");

    expect(&p, 1, true,
"{\"traceEvents\":[\n"
"{\"ph\":\"M\",\"pid\":1,\"tid\":1,\"name\":\"process_name\",\"args\":{\"name\":\"client\"}},\n"
"{\"ph\":\"M\",\"pid\":1,\"tid\":1,\"name\":\"process_sort_index\",\"args\":{\"sort_index\":1}},\n"
"{\"ph\":\"M\",\"pid\":1,\"tid\":1,\"name\":\"thread_name\",\"args\":{\"name\":\"client 1\"}},\n"
"{\"ph\":\"M\",\"pid\":1,\"tid\":1,\"name\":\"thread_sort_index\",\"args\":{\"sort_index\":1}},\n"
"{\"ph\":\"X\",\"pid\":1,\"tid\":1,\"ts\":0.000,\"dur\":1234.566,\"name\":\"not connected\",\"cat\":\"wait\"},\n"
"{\"ph\":\"X\",\"pid\":1,\"tid\":1,\"ts\":2000.000,\"dur\":1999.999,\"name\":\"message 1\",\"cat\":\"serve\",\"args\":{\"bytes\":9,\"estimated\":true}},\n"
"{\"ph\":\"X\",\"pid\":1,\"tid\":1,\"ts\":4000.000,\"dur\":1999.999,\"name\":\"waiting\",\"cat\":\"wait\"},\n"
"{\"ph\":\"X\",\"pid\":1,\"tid\":1,\"ts\":6000.000,\"dur\":1999.999,\"name\":\"message 2\",\"cat\":\"serve\",\"args\":{\"bytes\":9,\"estimated\":true}},\n"
"{\"ph\":\"i\",\"pid\":1,\"tid\":1,\"ts\":4000.000,\"s\":\"t\",\"name\":\"ack\",\"cat\":\"answer\"},\n"
"{\"ph\":\"i\",\"pid\":1,\"tid\":1,\"ts\":8000.000,\"s\":\"t\",\"name\":\"nak\",\"cat\":\"answer\"},\n"
"{\"ph\":\"M\",\"pid\":1,\"tid\":2,\"name\":\"thread_name\",\"args\":{\"name\":\"client 2\"}},\n"
"{\"ph\":\"M\",\"pid\":1,\"tid\":2,\"name\":\"thread_sort_index\",\"args\":{\"sort_index\":2}},\n"
"{\"ph\":\"X\",\"pid\":1,\"tid\":2,\"ts\":1.500,\"dur\":998.499,\"name\":\"not connected\",\"cat\":\"wait\"},\n"
"{\"ph\":\"X\",\"pid\":1,\"tid\":2,\"ts\":2000.000,\"dur\":1999.999,\"name\":\"waiting\",\"cat\":\"wait\"},\n"
"{\"ph\":\"X\",\"pid\":1,\"tid\":2,\"ts\":4000.000,\"dur\":1999.999,\"name\":\"message 1\",\"cat\":\"serve\",\"args\":{\"bytes\":9,\"estimated\":true}},\n"
"{\"ph\":\"X\",\"pid\":1,\"tid\":2,\"ts\":6000.000,\"dur\":3999.999,\"name\":\"no answer\",\"cat\":\"wait\"},\n"
"{\"ph\":\"i\",\"pid\":1,\"tid\":2,\"ts\":6000.000,\"s\":\"t\",\"name\":\"ack\",\"cat\":\"answer\"},\n"
"{\"ph\":\"M\",\"pid\":1,\"tid\":3,\"name\":\"thread_name\",\"args\":{\"name\":\"client 3\"}},\n"
"{\"ph\":\"M\",\"pid\":1,\"tid\":3,\"name\":\"thread_sort_index\",\"args\":{\"sort_index\":3}},\n"
"{\"ph\":\"C\",\"pid\":1,\"tid\":1,\"ts\":2000.000,\"name\":\"messages waiting\",\"args\":{\"value\":3}},\n"
"{\"ph\":\"C\",\"pid\":1,\"tid\":1,\"ts\":2000.000,\"name\":\"messages being served\",\"args\":{\"value\":1}},\n"
"{\"ph\":\"C\",\"pid\":1,\"tid\":1,\"ts\":4000.000,\"name\":\"messages waiting\",\"args\":{\"value\":3}},\n"
"{\"ph\":\"C\",\"pid\":1,\"tid\":1,\"ts\":4000.000,\"name\":\"messages being served\",\"args\":{\"value\":1}},\n"
"{\"ph\":\"C\",\"pid\":1,\"tid\":1,\"ts\":6000.000,\"name\":\"messages waiting\",\"args\":{\"value\":2}},\n"
"{\"ph\":\"C\",\"pid\":1,\"tid\":1,\"ts\":6000.000,\"name\":\"messages being served\",\"args\":{\"value\":1}},\n"
"{\"ph\":\"C\",\"pid\":1,\"tid\":1,\"ts\":8000.000,\"name\":\"messages waiting\",\"args\":{\"value\":2}},\n"
"{\"ph\":\"C\",\"pid\":1,\"tid\":1,\"ts\":8000.000,\"name\":\"messages being served\",\"args\":{\"value\":0}},\n"
"{\"ph\":\"C\",\"pid\":1,\"tid\":1,\"ts\":10000.000,\"name\":\"messages waiting\",\"args\":{\"value\":0}},\n"
"{\"ph\":\"C\",\"pid\":1,\"tid\":1,\"ts\":10000.000,\"name\":\"messages being served\",\"args\":{\"value\":0}}\n"
"],\n"
"\"displayTimeUnit\":\"ms\",\n"
"\"otherData\":{\"version\":1}}\n");
    record_close(&r);
}
/* clang-format on */

static void
check_has(const char *text, const char *part)
{
    CHECK(strstr(text, part) != NULL);
    if (strstr(text, part) == NULL)
        printf("missing: %s\nin:\n%s", part, text);
}

static void
test_trace_workers(void)
{
    struct record r = new_told_run();
    struct figures f;
    struct panel p = panel_of(&r, &f, "prefork -w 2");
    char *text = write_out(&p, 1, true);
    char *again = write_out(&p, 1, true);

    CHECK(strcmp(text, again) == 0);
    check_has(text, "\"args\":{\"name\":\"prefork -w 2\"}");
    check_has(text, "\"tid\":4,\"name\":\"thread_name\",\"args\":{\"name\":"
                    "\"worker 1 (501)\"}");
    check_has(text, "\"tid\":5,\"name\":\"thread_name\",\"args\":{\"name\":"
                    "\"worker 2 (502)\"}");
    check_has(text, "\"tid\":4,\"ts\":2000.000,\"dur\":1999.999,"
                    "\"name\":\"client 1\",\"cat\":\"serve\","
                    "\"args\":{\"message\":1,\"bytes\":9}");
    check_has(text, "\"tid\":4,\"ts\":5000.000,\"dur\":999.999,"
                    "\"name\":\"client 2\"");
    check_has(text, "\"tid\":1,\"ts\":2000.000,\"dur\":1999.999,"
                    "\"name\":\"message 1\",\"cat\":\"serve\","
                    "\"args\":{\"bytes\":9,\"worker\":501}");
    /* An arrow leads from a message to its service. */
    check_has(text, "{\"ph\":\"s\",\"pid\":1,\"tid\":1,\"ts\":2000.000,"
                    "\"id\":9,\"name\":\"served\",\"cat\":\"serve\"}");
    check_has(text, "{\"ph\":\"f\",\"pid\":1,\"tid\":4,\"ts\":2000.000,"
                    "\"id\":9,\"name\":\"served\",\"cat\":\"serve\","
                    "\"bp\":\"e\"}");
    /* A service that began and was not answered lasts until the run ends. */
    check_has(text, "\"tid\":2,\"ts\":7000.000,\"dur\":2999.999,"
                    "\"name\":\"message 2\",\"cat\":\"serve\","
                    "\"args\":{\"bytes\":9}");
    CHECK(strstr(text, "estimated") == NULL);
    free(text);
    free(again);
    record_close(&r);
}

/* Two services of one worker that overlap, as in a log that was cut off. */
static void
test_trace_overlap(void)
{
    struct record r = new_told_run();
    struct figures f;
    struct panel p;
    char *text;

    add_service(&r, 0, 0, 2 * MS, RECORD_NEVER, 501);
    add_service(&r, 1, 0, 3 * MS, 5 * MS, 501);
    p = panel_of(&r, &f, "x");
    text = write_out(&p, 1, true);
    check_has(text, "\"tid\":4,\"ts\":2000.000,\"dur\":1999.999,");
    check_has(text, "\"tid\":4,\"ts\":4000.000,\"dur\":999.999,");
    free(text);
    record_close(&r);
}

/* Viewers add ts and dur as doubles.  Even where the times have no exact
 * double, each slice ends before the next begins. */
static void
test_trace_slices(void)
{
    struct record r = new_record(1, 1000);
    struct figures f;
    struct panel p;
    double ended = -1;
    int slices = 0;
    char *text;

    r.clients[0] = (struct record_client){.sent = 1000, .answered = 1000};
    for (int i = 0; i < 1000; i++)
        *record_message(&r, 0, i) = (struct record_message){
            i * INT64_C(333337), (i + 1) * INT64_C(333337), RECORD_ACK};
    p = panel_of(&r, &f, "");
    text = write_out(&p, 1, true);
    for (const char *at = text; (at = strstr(at, "\"ts\":")) != NULL; at++) {
        double ts;
        double dur;

        if (sscanf(at, "\"ts\":%lf,\"dur\":%lf", &ts, &dur) != 2)
            continue;
        CHECK(ts > ended);
        ended = ts + dur;
        slices++;
    }
    CHECK(slices == 1000);
    free(text);
    record_close(&r);
}

static void
test_two_panels(void)
{
    struct record r = new_run();
    struct figures f;
    struct panel p[2] = {panel_of(&r, &f, "one"), panel_of(&r, &f, "two")};
    char *text = write_out(p, 2, true);

    check_has(text, "\"pid\":2,\"tid\":1,\"name\":\"process_name\",\"args\":{"
                    "\"name\":\"two\"}");
    free(text);
    text = write_out(p, 2, false);
    check_has(text, "\n2,one,3,,,,,,,,,,,,,,,,,3,3,1,0.000000,0.000000,,0."
                    "010000,today," COMMAND_LINE_VERSION "\n2,two,1,1,9,");
    free(text);
    record_close(&r);
}

/* A title may hold any bytes, since it comes from a command line. */
static void
test_strings(void)
{
    static const char *const titles[][2] = {
        {"a \"b\" \\c\n\x01", "\"a \\\"b\\\" \\\\c\\u000a\\u0001\""},
        {"\xc3\xa9 \xe2\x94\x81 \xf0\x9f\x98\x80",
         "\"\xc3\xa9 \xe2\x94\x81 \xf0\x9f\x98\x80\""},
        /* Not UTF-8: not a first byte, cut off, encoded in too many bytes, half
         * of a surrogate pair, too large. */
        {"\xff", "\"\\ufffd\""},
        {"\xe2\x94", "\"\\ufffd\\ufffd\""},
        {"\xc0\xaf", "\"\\ufffd\\ufffd\""},
        {"\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\""},
        {"\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\""},
    };
    struct record r = new_run();
    struct figures f;

    for (size_t i = 0; i < sizeof(titles) / sizeof(*titles); i++) {
        struct panel p = panel_of(&r, &f, titles[i][0]);
        char *text = write_out(&p, 1, true);

        check_has(text, titles[i][1]);
        free(text);
    }
    record_close(&r);
}

int
main(void)
{
    test_field();
    test_csv();
    test_csv_told();
    test_trace();
    test_trace_workers();
    test_trace_overlap();
    test_trace_slices();
    test_two_panels();
    test_strings();
    return check_done();
}
