#include "client/inside/recording_file.h"

#include <inttypes.h>
#include <string.h>

#include "common/clock.h"

#define LINE_LEN    400
#define HEAD_LINES  4
#define HEAD_VALUES 4                      /* without the version */
#define TIME_MAX    (INT64_MAX / CLOCK_US) /* in microseconds */

static void
write_sample(const struct recording *r, const struct sample *s, FILE *out)
{
    fprintf(out, "sample %" PRId64 " %d %d %" PRId64 " %d\n",
            s->at_ns / CLOCK_US, s->queue, s->room, s->overflows, s->torn);
    for (int i = 0; i < r->clients; i++) {
        const struct sample_client *c = &s->clients[i];

        if (c->place != SAMPLE_ABSENT)
            fprintf(out, "client %d %c %c %d %d\n", i + 1,
                    sample_places[c->place].letter, sample_wishes[c->wish],
                    c->message, c->unread);
    }
    for (int i = 0; i < s->task_count; i++) {
        const struct sample_task *t = &s->tasks[i];

        fprintf(out, "task %d %c %s %d %d %d %" PRId64 " %" PRId64 "\n", t->row,
                sample_kinds[t->kind].letter,
                t->call != 0 ? r->calls[t->call] : "-", t->fd, t->client + 1,
                t->inferred, t->since_ns / CLOCK_US, t->cpu_ns / CLOCK_US);
    }
}

void
recording_file_write(const struct recording *r, FILE *out)
{
    fprintf(out, "inside %d\ncommand %s\nclients %d %d\nlacks %d\n",
            RECORDING_FILE_VERSION, r->command, r->clients, r->messages,
            r->lacks);
    if (r->listeners > 1)
        fprintf(out, "listeners %d\n", r->listeners);
    for (int i = 0; i < r->row_count; i++)
        fprintf(out, "row %d %d %s\n", (int)r->rows[i].pid, (int)r->rows[i].tid,
                r->rows[i].name);
    for (int i = 0; i < r->count; i++)
        write_sample(r, r->samples[i], out);
}

/* --- reading ---------------------------------------------------------------
 */

/* The sample that is being read. */
struct reading {
    struct recording *recording;
    bool begun;
    struct sample sample;
    struct sample_client clients[RECORDING_CLIENTS_MAX];
    struct sample_task tasks[TASKS_MAX];
};

static void
end_sample(struct reading *g)
{
    if (g->begun)
        recording_add(g->recording, &g->sample);
    g->begun = false;
}

/* Returns the index of a state by its letter; -1: there is none. */
static int
find(const struct sample_look *looks, int count, char letter)
{
    int i = 0;

    while (i < count && looks[i].letter != letter)
        i++;
    return i < count ? i : -1;
}

/* Changes a time that was read to nanoseconds.  Returns whether it is one. */
static bool
is_time(int64_t *time)
{
    bool is_one = *time >= 0 && *time <= TIME_MAX;

    *time = is_one ? *time * CLOCK_US : 0;
    return is_one;
}

/* Each of the next four reads one kind of line.  They return false if it is not
 * as it must be. */
static bool
read_row(struct reading *g, const char *line)
{
    int pid;
    int tid;
    int at = 0;

    return sscanf(line, "row %d %d %n", &pid, &tid, &at) == 2 &&
           recording_add_row(g->recording, pid, tid, line + at) !=
               SAMPLE_NOBODY;
}

static bool
read_sample(struct reading *g, const char *line)
{
    const struct recording *r = g->recording;
    struct sample *s = &g->sample;
    int torn;

    end_sample(g);
    memset(g->clients, 0, sizeof(g->clients));
    *s = (struct sample){.clients = g->clients, .tasks = g->tasks};
    g->begun =
        sscanf(line, "sample %" SCNd64 " %d %d %" SCNd64 " %d", &s->at_ns,
               &s->queue, &s->room, &s->overflows, &torn) == 5 &&
        is_time(&s->at_ns) && s->queue >= SAMPLE_UNKNOWN &&
        (r->count == 0 || s->at_ns >= r->samples[r->count - 1]->at_ns);
    s->torn = g->begun && torn != 0;
    return g->begun;
}

static bool
read_client(struct reading *g, const char *line)
{
    struct sample_client c;
    char letters[2];
    const char *wish;
    int number;
    int place;

    if (!g->begun || sscanf(line, "client %d %c %c %d %d", &number, &letters[0],
                            &letters[1], &c.message, &c.unread) != 5)
        return false;
    place = find(sample_places, SAMPLE_PLACES, letters[0]);
    wish = memchr(sample_wishes, letters[1], SAMPLE_WISHES);
    if (number < 1 || number > g->recording->clients || place == -1 ||
        wish == NULL)
        return false;
    c.place = (enum sample_place)place;
    c.wish = (enum sample_wish)(wish - sample_wishes);
    g->clients[number - 1] = c;
    return true;
}

static bool
read_task(struct reading *g, const char *line)
{
    const struct recording *r = g->recording;
    struct sample_task t;
    char call[RECORDING_NAME_MAX];
    char letter;
    int inferred;
    int kind;

    if (!g->begun || g->sample.task_count == TASKS_MAX ||
        sscanf(line, "task %d %c %19s %d %d %d %" SCNd64 " %" SCNd64, &t.row,
               &letter, call, &t.fd, &t.client, &inferred, &t.since_ns,
               &t.cpu_ns) != 8)
        return false;
    kind = find(sample_kinds, SAMPLE_KINDS, letter);
    if (t.row < 0 || t.row >= r->row_count || kind == -1 || t.client < 0 ||
        t.client > r->clients || !is_time(&t.since_ns) || !is_time(&t.cpu_ns))
        return false;
    t.kind = (enum sample_kind)kind;
    t.call = recording_call(g->recording, strcmp(call, "-") != 0 ? call : "");
    t.client--;
    t.inferred = inferred != 0;
    g->tasks[g->sample.task_count++] = t;
    return true;
}

static bool
read_line(struct reading *g, const char *line)
{
    switch (*line) {
    case 'l':
        return sscanf(line, "listeners %d", &g->recording->listeners) == 1;
    case 'r':
        return read_row(g, line);
    case 's':
        return read_sample(g, line);
    case 'c':
        return read_client(g, line);
    default:
        return read_task(g, line);
    }
}

/* Reads the first lines. */
static bool
read_head(struct recording *r, FILE *in, char why[RECORDING_FILE_WHY_MAX])
{
    char command[RECORDING_TITLE_MAX] = "";
    int version = 0;
    int clients = 0;
    int messages = 0;
    int lacks = 0;
    bool is_head = fscanf(in, "inside %d\n", &version) == 1;

    snprintf(why, RECORDING_FILE_WHY_MAX, "it is not a recording of inside");
    if (is_head && version != RECORDING_FILE_VERSION)
        snprintf(why, RECORDING_FILE_WHY_MAX,
                 "it has version %d, and this program reads version %d",
                 version, RECORDING_FILE_VERSION);
    is_head = is_head && version == RECORDING_FILE_VERSION &&
              fscanf(in, "command %199[^\n]\nclients %d %d\nlacks %d\n",
                     command, &clients, &messages, &lacks) == HEAD_VALUES &&
              clients >= 1 && clients <= RECORDING_CLIENTS_MAX;
    recording_open(r, command, is_head ? clients : 0, messages);
    r->lacks = lacks;
    return is_head;
}

bool
recording_file_read(struct recording *r, FILE *in,
                    char why[RECORDING_FILE_WHY_MAX])
{
    static struct reading g;
    char line[LINE_LEN];
    int number = HEAD_LINES;

    g = (struct reading){.recording = r};
    if (!read_head(r, in, why))
        return false;
    while (fgets(line, sizeof(line), in) != NULL) {
        number++;
        line[strcspn(line, "\n")] = '\0';
        if (!read_line(&g, line)) {
            snprintf(why, RECORDING_FILE_WHY_MAX,
                     "line %d is not as it must be", number);
            return false;
        }
    }
    end_sample(&g);
    snprintf(why, RECORDING_FILE_WHY_MAX, "it has no sample");
    return r->count > 0;
}
