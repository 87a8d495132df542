#include "client/inside/recording.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "client/draw/text.h"
#include "common/clock.h"
#include "common/log.h"

#define LINE_LEN 400

/* In the order of the bits. */
static const char *const lacks[] = {"queues", "calls", "tasks"};

void
recording_open(struct recording *r, const char *command, int clients,
               int messages)
{
    memset(r, 0, sizeof(*r));
    text_visible(r->command, sizeof(r->command), command, strlen(command));
    r->clients = clients;
    r->messages = messages;
    r->call_count = 1;
    r->stride = 1;
}

void
recording_close(struct recording *r)
{
    for (int i = 0; i < r->count; i++)
        free(r->samples[i]);
    free(r->samples);
    r->samples = NULL;
    r->count = 0;
}

static size_t
size_of(const struct recording *r, const struct sample *s)
{
    return sizeof(struct sample *) + sizeof(*s) +
           (size_t)r->clients * sizeof(*s->clients) +
           (size_t)s->task_count * sizeof(*s->tasks);
}

/* Drops every second sample. */
static void
thin(struct recording *r)
{
    int kept = 0;

    for (int i = 0; i < r->count; i++)
        if (i % 2 == 0) {
            r->samples[kept++] = r->samples[i];
        } else {
            r->bytes -= size_of(r, r->samples[i]);
            free(r->samples[i]);
        }
    r->count = kept;
    r->stride *= 2;
}

void
recording_add(struct recording *r, const struct sample *s)
{
    size_t size = size_of(r, s);
    struct sample *copy;

    if (r->taken++ % r->stride != 0)
        return;
    if (r->bytes + size > RECORDING_BYTES_MAX && r->count > 1)
        thin(r);
    copy = malloc(size);
    if (r->count == r->room) {
        r->room = 2 * r->room + 1;
        r->samples = realloc(r->samples, (size_t)r->room * sizeof(*r->samples));
    }
    if (copy == NULL || r->samples == NULL)
        die("memory for the recording");
    *copy = *s;
    copy->clients = (struct sample_client *)(copy + 1);
    copy->tasks = (struct sample_task *)(copy->clients + r->clients);
    memcpy(copy->clients, s->clients,
           (size_t)r->clients * sizeof(*copy->clients));
    memcpy(copy->tasks, s->tasks, (size_t)s->task_count * sizeof(*copy->tasks));
    r->samples[r->count++] = copy;
    r->bytes += size;
}

int
recording_add_row(struct recording *r, pid_t pid, pid_t tid, const char *name)
{
    struct recording_row *row = &r->rows[r->row_count];

    if (r->row_count == RECORDING_ROWS_MAX)
        return SAMPLE_NOBODY;
    row->pid = pid;
    row->tid = tid;
    text_visible(row->name, sizeof(row->name), name, strlen(name));
    return r->row_count++;
}

int
recording_call(struct recording *r, const char *name)
{
    for (int i = 0; i < r->call_count; i++)
        if (strcmp(r->calls[i], name) == 0)
            return i;
    if (r->call_count == RECORDING_CALLS_MAX)
        return 0;
    text_visible(r->calls[r->call_count], RECORDING_NAME_MAX, name,
                 strlen(name));
    return r->call_count++;
}

int
recording_at(const struct recording *r, int64_t at_ns)
{
    int low = 0;
    int high = r->count;

    while (low < high) {
        int middle = (low + high) / 2;

        if (r->samples[middle]->at_ns <= at_ns)
            low = middle + 1;
        else
            high = middle;
    }
    return low - 1;
}

const struct sample_task *
recording_task(const struct sample *s, int row)
{
    for (int i = 0; i < s->task_count; i++)
        if (s->tasks[i].row == row)
            return &s->tasks[i];
    return NULL;
}

int
recording_rate(const struct recording *r)
{
    int64_t span_ns =
        r->count > 1 ? r->samples[r->count - 1]->at_ns - r->samples[0]->at_ns
                     : 0;

    if (span_ns == 0)
        return 0;
    return (int)(((r->count - 1) * CLOCK_S + span_ns / 2) / span_ns);
}

/* --- the file --------------------------------------------------------------
 */

/* A blank would end a value. */
static char
letter(char c)
{
    return c == ' ' ? '_' : c;
}

static void
write_sample(const struct recording *r, const struct sample *s, FILE *out)
{
    fprintf(out, "sample %" PRId64 " %d %d %" PRId64 " %d\n",
            s->at_ns / CLOCK_US, s->queue, s->room, s->overflows, s->torn);
    for (int i = 0; i < r->clients; i++) {
        const struct sample_client *c = &s->clients[i];

        if (c->place != SAMPLE_ABSENT)
            fprintf(out, "client %d %c %c %d %d\n", i + 1,
                    letter(sample_places[c->place].letter),
                    sample_wishes[c->wish], c->message, c->unread);
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
recording_write(const struct recording *r, FILE *out)
{
    fprintf(out, "inside %d\ncommand %s\nclients %d %d\n", RECORDING_VERSION,
            r->command, r->clients, r->messages);
    for (int i = 0; i < 3; i++)
        if (r->lacks & 1 << i)
            fprintf(out, "lacks %s\n", lacks[i]);
    for (int i = 0; i < r->row_count; i++)
        fprintf(out, "row %d %d %s\n", (int)r->rows[i].pid, (int)r->rows[i].tid,
                r->rows[i].name);
    for (int i = 0; i < r->count; i++)
        write_sample(r, r->samples[i], out);
}

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
find_look(const struct sample_look *looks, int count, char c)
{
    for (int i = 0; i < count; i++)
        if (letter(looks[i].letter) == c)
            return i;
    return -1;
}

static bool
read_sample(struct reading *g, const char *line)
{
    struct sample *s = &g->sample;
    int torn;

    end_sample(g);
    memset(g->clients, 0, sizeof(g->clients));
    *s = (struct sample){.clients = g->clients, .tasks = g->tasks};
    g->begun = sscanf(line, "%" SCNd64 " %d %d %" SCNd64 " %d", &s->at_ns,
                      &s->queue, &s->room, &s->overflows, &torn) == 5;
    s->torn = torn != 0;
    s->at_ns *= CLOCK_US;
    return g->begun && g->recording->clients > 0 && s->at_ns >= 0 &&
           s->at_ns < INT64_MAX / CLOCK_US &&
           (g->recording->count == 0 ||
            s->at_ns >= g->recording->samples[g->recording->count - 1]->at_ns);
}

static bool
read_client(struct reading *g, const char *line)
{
    struct sample_client c;
    const char *wish;
    int number;
    char place;
    char wish_letter;
    int found;

    if (!g->begun || sscanf(line, "%d %c %c %d %d", &number, &place,
                            &wish_letter, &c.message, &c.unread) != 5)
        return false;
    found = find_look(sample_places, SAMPLE_PLACES, place);
    wish = strchr(sample_wishes, wish_letter);
    if (number < 1 || number > g->recording->clients || found == -1 ||
        wish == NULL || *wish == '\0')
        return false;
    c.place = (enum sample_place)found;
    c.wish = (enum sample_wish)(wish - sample_wishes);
    g->clients[number - 1] = c;
    return true;
}

static bool
read_task(struct reading *g, const char *line)
{
    struct sample_task t;
    char call[RECORDING_NAME_MAX];
    char kind;
    int inferred;
    int found;

    if (!g->begun || g->sample.task_count == TASKS_MAX ||
        sscanf(line, "%d %c %19s %d %d %d %" SCNd64 " %" SCNd64, &t.row, &kind,
               call, &t.fd, &t.client, &inferred, &t.since_ns, &t.cpu_ns) != 8)
        return false;
    found = find_look(sample_kinds, SAMPLE_KINDS, kind);
    if (t.row < 0 || t.row >= g->recording->row_count || found == -1 ||
        t.client < 0 || t.client > g->recording->clients)
        return false;
    t.kind = (enum sample_kind)found;
    t.call = recording_call(g->recording, strcmp(call, "-") != 0 ? call : "");
    t.client--;
    t.inferred = inferred != 0;
    t.since_ns *= CLOCK_US;
    t.cpu_ns *= CLOCK_US;
    g->tasks[g->sample.task_count++] = t;
    return true;
}

static bool
read_clients(struct reading *g, const char *line)
{
    struct recording *r = g->recording;

    return r->clients == 0 &&
           sscanf(line, "%d %d", &r->clients, &r->messages) == 2 &&
           r->clients >= 1 && r->clients <= RECORDING_CLIENTS_MAX &&
           r->messages >= 0;
}

static bool
read_command(struct reading *g, const char *line)
{
    text_visible(g->recording->command, sizeof(g->recording->command), line,
                 strlen(line));
    return true;
}

static bool
read_lack(struct reading *g, const char *line)
{
    for (int i = 0; i < 3; i++)
        if (strcmp(line, lacks[i]) == 0) {
            g->recording->lacks |= 1 << i;
            return true;
        }
    return false;
}

static bool
read_row(struct reading *g, const char *line)
{
    int pid;
    int tid;
    int at = 0;

    return sscanf(line, "%d %d %n", &pid, &tid, &at) == 2 &&
           recording_add_row(g->recording, pid, tid, line + at) !=
               SAMPLE_NOBODY;
}

/* Reads a line.  Returns false if it is not what it must be. */
static bool
read_line(struct reading *g, char *line)
{
    static const struct {
        const char *word;
        bool (*read)(struct reading *g, const char *line);
    } kinds[] = {
        {"client", read_client}, {"task", read_task},
        {"sample", read_sample}, {"clients", read_clients},
        {"row", read_row},       {"command", read_command},
        {"lacks", read_lack},
    };
    char *values = line + strcspn(line, " ");

    if (*values != '\0')
        *values++ = '\0';
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
        if (strcmp(line, kinds[i].word) == 0)
            return kinds[i].read(g, values);
    return false;
}

bool
recording_read(struct recording *r, FILE *in, char why[RECORDING_WHY_MAX])
{
    static struct reading g;
    char line[LINE_LEN];
    int number = 1;
    int version = 0;

    g = (struct reading){.recording = r};
    recording_open(r, "", 0, 0);
    if (fgets(line, sizeof(line), in) == NULL ||
        sscanf(line, "inside %d", &version) != 1) {
        snprintf(why, RECORDING_WHY_MAX, "this is not a recording of inside");
        return false;
    }
    if (version != RECORDING_VERSION) {
        snprintf(why, RECORDING_WHY_MAX,
                 "it has version %d, and this program reads version %d",
                 version, RECORDING_VERSION);
        return false;
    }
    while (fgets(line, sizeof(line), in) != NULL) {
        number++;
        line[strcspn(line, "\n")] = '\0';
        if (!read_line(&g, line)) {
            snprintf(why, RECORDING_WHY_MAX, "line %d is not as it must be",
                     number);
            return false;
        }
    }
    end_sample(&g);
    if (r->count > 0)
        return true;
    snprintf(why, RECORDING_WHY_MAX, "it has no sample");
    return false;
}
