/* Reads a recorded comparison (tests/golden/recorded.csv, which --csv-messages
 * wrote), draws it in ASCII on 80 columns, and compares the drawing with
 * tests/golden/compare-80.txt.
 *
 * If the drawing is meant to change, print the new one with
 * build/plain/tests/test_client_golden --print. */

#include <stdlib.h>
#include <string.h>

#include "client/compare/table.h"
#include "client/draw/conclusion.h"
#include "client/draw/timeline.h"
#include "client/compare/trial.h"
#include "tests/unit/check.h"

#define RECORDED "tests/golden/recorded.csv"
#define DRAWN    "tests/golden/compare-80.txt"
#define MODELS   3
#define CLIENTS  6
#define MESSAGES 3
#define S        1e9
#define MS       INT64_C(1000000)
#define KIB      INT64_C(1024)

/* One row of the recording. */
struct row {
    char model[32];
    int client, message, worker;
    double started_s, connected_s, sent_s, began_s, served_s, answered_s,
        ended_s;
};

static int64_t
nanoseconds(double seconds)
{
    return (int64_t)(seconds * S + 0.5);
}

static bool
read_row(struct row *row, const char *line)
{
    return sscanf(line, "1,%31[^,],%d,%d,9,%lf,%lf,%lf,%lf,%lf,%lf,ack,%d,%lf",
                  row->model, &row->client, &row->message, &row->started_s,
                  &row->connected_s, &row->sent_s, &row->began_s,
                  &row->served_s, &row->answered_s, &row->worker,
                  &row->ended_s) == 11;
}

/* Returns the trial of a model, a new one if it is the first of its rows. */
static struct trial *
trial_of(struct trial *trials, int *count, const char *model)
{
    struct plan plan = {.clients = CLIENTS, .messages = MESSAGES};
    struct trial *t = &trials[*count - 1];

    if (*count > 0 && strcmp(t->label, model) == 0)
        return t;
    t = &trials[(*count)++];
    t->label = strdup(model);
    t->guess_ns = RECORD_NEVER;
    record_open(&t->record, &plan);
    record_open_services(&t->record);
    return t;
}

static void
take_row(struct trial *t, const struct row *row)
{
    struct record *r = &t->record;
    struct record_client *c = &r->clients[row->client - 1];
    struct record_message *m =
        record_message(r, row->client - 1, row->message - 1);
    struct record_service *s =
        record_service(r, row->client - 1, row->message - 1);

    c->started_ns = nanoseconds(row->started_s);
    c->connected_ns = nanoseconds(row->connected_s);
    c->ended_ns = nanoseconds(row->ended_s);
    c->end.outcome = RECORD_CLOSED;
    c->sent = c->answered = row->message;
    m->sent_ns = nanoseconds(row->sent_s);
    m->answered_ns = nanoseconds(row->answered_s);
    s->began_ns = nanoseconds(row->began_s);
    s->ended_ns = nanoseconds(row->served_s);
    record_set_worker(r, s, row->worker);
    if (c->ended_ns > r->ended_ns)
        r->ended_ns = c->ended_ns;
}

static int
read_recording(struct trial *trials)
{
    FILE *in = fopen(RECORDED, "r");
    char line[256];
    struct row row = {.client = 0};
    int count = 0;

    if (in == NULL)
        abort();
    while (fgets(line, sizeof(line), in) != NULL)
        if (read_row(&row, line))
            take_row(trial_of(trials, &count, row.model), &row);
    fclose(in);
    return count;
}

/* Adds what a recording does not have. */
static void
complete(struct trial *trials, int count)
{
    static const int at_once[MODELS] = {1, 5, 6};
    static const struct trial_cost costs[MODELS] = {
        {2383 * KIB, 0, 0, 304 * KIB, 1, 1, 44, 0, 0, 0, 0},
        {2819 * KIB, 0, 0, 962 * KIB, 6, 1, 60, 1, 0, 0, 0},
        {1259 * KIB, 0, 0, TRIAL_UNKNOWN, 1, 1, TRIAL_UNKNOWN, TRIAL_UNKNOWN, 0,
         0, 0},
    };
    struct trial_work work = {.delay_ns = 100 * MS};

    for (int i = 0; i < count && i < MODELS; i++) {
        trials[i].record.served_at_once = at_once[i];
        trials[i].promise.at_once = at_once[i];
        trials[i].cost = costs[i];
        trial_conclude(&trials[i], &work, 2);
    }
    trials[0].serves_one_at_a_time = true;
    trials[1].guess_ns = 900 * MS;
    trial_subtract_baseline(trials, count, &work);
}

static char *
draw(const struct trial *trials, int count)
{
    struct terminal terminal = {.width = 80};
    struct panel panels[MODELS];
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL)
        abort();
    for (int i = 0; i < count; i++) {
        panels[i] = panel_alone(&trials[i].record, &trials[i].figures);
        panels[i].title = trials[i].label;
        panels[i].formula = trials[i].formula;
        panels[i].predicted_ns = trials[i].predicted_ns;
        panels[i].guess_ns = trials[i].guess_ns;
    }
    table_draw(out, trials, count, &terminal);
    putc('\n', out);
    timeline_draw(out, panels, count, &terminal, 0);
    putc('\n', out);
    conclusion_draw(out, panels, count, &terminal);
    fclose(out);
    return text;
}

static void
compare(const char *drawn)
{
    FILE *in = fopen(DRAWN, "r");
    char expected[16384];
    size_t len = in == NULL ? 0 : fread(expected, 1, sizeof(expected) - 1, in);

    expected[len] = '\0';
    if (in != NULL)
        fclose(in);
    CHECK(len > 0);
    CHECK(strcmp(drawn, expected) == 0);
    if (strcmp(drawn, expected) != 0)
        printf("drawn:\n%s", drawn);
}

int
main(int argc, char **argv)
{
    struct trial trials[MODELS] = {{.label = NULL}};
    int count = read_recording(trials);
    char *drawn;

    CHECK(count == MODELS);
    complete(trials, count);
    drawn = draw(trials, count);
    if (argc > 1 && strcmp(argv[1], "--print") == 0)
        fputs(drawn, stdout);
    else
        compare(drawn);
    free(drawn);
    for (int i = 0; i < count; i++)
        trial_close(&trials[i]);
    return argc > 1 ? EXIT_SUCCESS : check_done();
}
