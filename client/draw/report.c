#include "client/draw/report.h"

#include <string.h>

#include "client/draw/fault.h"
#include "client/draw/text.h"
#include "common/clock.h"

/* If connecting took so long, the time is written. */
#define CONNECT_SLOW_NS (100 * CLOCK_MS)
#define LINE_MAX        256
#define EVENT_MAX       (FAULT_WORDS_MAX + 120) /* words about an event */

void
report_title(char out[REPORT_TITLE_MAX], const struct plan *plan)
{
    int len = snprintf(out, REPORT_TITLE_MAX, "%d client%s", plan->clients,
                       text_plural(plan->clients));
    size_t room = REPORT_TITLE_MAX - (size_t)len;

    if (plan->duration_ns > 0)
        snprintf(out + len, room, " for %s", TEXT_CHOSEN(plan->duration_ns));
    else if (plan->manner == PLAN_SILENT)
        snprintf(out + len, room, ", silent");
    else
        snprintf(out + len, room, ", %d message%s%s", plan->messages,
                 text_plural(plan->messages), plan->clients > 1 ? " each" : "");
}

static void
add_pause(struct text_flow *flow, int64_t ns, const char *what)
{
    if (ns > 0)
        text_flow_item(flow, "%s %s", TEXT_CHOSEN(ns), what);
}

/* Says how the requests of an open loop come. */
static void
open_loop(FILE *out, const struct plan *plan, int width)
{
    char line[LINE_MAX];

    snprintf(line, sizeof(line),
             "An open loop: %d request%s per second, at random moments that "
             "were fixed beforehand. The time of an answer counts from then.",
             plan->rate, text_plural(plan->rate));
    text_words(out, line, 0, width);
}

void
report_plan(FILE *out, const struct plan *plan, const char *address,
            const char *port, int width)
{
    struct text_flow flow = text_flow_open(out, width, TEXT_GAP);
    bool is_load = plan->duration_ns > 0;
    char title[REPORT_TITLE_MAX];

    report_title(title, plan);
    text_flow_item(&flow, "%s, to %s port %s", title, address, port);
    text_flow_end(&flow);
    if (plan->rate > 0)
        open_loop(out, plan, width);
    else if (is_load)
        text_words(out,
                   "A closed loop: a client waits for an answer before it "
                   "sends again, so a slow server gets fewer messages.",
                   0, width);
    if (plan->service != PLAN_ACK)
        text_flow_item(&flow, "service %s", plan_services[plan->service]);
    if (plan->frame != PLAN_ETX)
        text_flow_item(&flow, "frame %s", plan_frames[plan->frame]);
    if (plan->size != PLAN_SIZE_NATURAL)
        text_flow_item(&flow, "%d byte%s per message", plan->size,
                       text_plural(plan->size));
    if (plan->pipeline > 1)
        text_flow_item(&flow, "%s%d in flight", is_load ? "" : "up to ",
                       plan->pipeline);
    if (plan->per_connection > 0)
        text_flow_item(&flow, "%d message%s per connection",
                       plan->per_connection, text_plural(plan->per_connection));
    add_pause(&flow, plan->deadline_ns, "until a request is given up");
    if (plan->retry > 0)
        text_flow_item(&flow, "tried again %s%d time%s",
                       plan->retry > 1 ? "up to " : "", plan->retry,
                       text_plural(plan->retry));
    if (plan->idle > 0)
        text_flow_item(&flow, "and %d idle connection%s", plan->idle,
                       text_plural(plan->idle));
    add_pause(&flow, plan->think_ns, "of thinking between messages");
    add_pause(&flow, plan->stagger_ns, "between starts");
    add_pause(&flow, plan->dribble_ns, "between bytes");
    if (plan->manner == PLAN_VANISH)
        text_flow_item(&flow, "vanishing in the last message");
    text_flow_end(&flow);
}

/* Writes which message was answered, how, and after which time; of services
 * whose answers differ, also what they say. */
static void
name_answer(char out[EVENT_MAX], const struct record *r,
            const struct record_client *c, const struct record_message *m)
{
    enum plan_service service = r->plan.service;
    const char *name = record_answer_name(m->answer, service);
    char text[4 * RECORD_TEXT_MAX + 1] = "";
    int len =
        c->text.len < RECORD_TEXT_MAX ? (int)c->text.len : RECORD_TEXT_MAX;

    if (service == PLAN_FILE)
        snprintf(text, sizeof(text), "%lld byte%s", (long long)c->text.len,
                 text_plural(c->text.len));
    else if (service == PLAN_KV || service == PLAN_DAYTIME)
        text_visible(text, sizeof(text), c->text.begin, (size_t)len);
    snprintf(out, EVENT_MAX, "message %d: %s after %s%s%s", c->answered, name,
             TEXT_TIME(m->answered_ns - m->sent_ns), *text != '\0' ? ": " : "",
             text);
}

/* Writes the line of an event.  Clients that the end of the run stopped get
 * none: they are counted in the summary. */
static void
write_event(void *context, const struct record *r, enum observer_event event,
            int client)
{
    static const char *const ends[] = {
        [RECORD_CLOSED] = "closed",
        [RECORD_VANISHED] = "vanished",
        [RECORD_HUNG_UP] = "closed by the server",
    };
    const struct record_client *c = &r->clients[client];
    const struct record_message *m =
        record_message(r, client, c->answered > 0 ? c->answered - 1 : 0);
    int64_t took_ns = c->connected_ns - c->started_ns;
    int64_t ns = c->ended_ns;
    char words[EVENT_MAX] = "connected";

    if (ferror((FILE *)context))
        return;
    if (event == OBSERVER_ANSWERED) {
        ns = m->answered_ns;
        name_answer(words, r, c, m);
    } else if (event == OBSERVER_CONNECTED) {
        ns = c->connected_ns;
        if (took_ns >= CONNECT_SLOW_NS)
            snprintf(words, sizeof(words), "connected after %s",
                     TEXT_TIME(took_ns));
    } else if (c->end.outcome == RECORD_FAILED) {
        fault_of_client(words, r, client);
    } else if (c->end.outcome == RECORD_OPEN) {
        return;
    } else {
        snprintf(words, sizeof(words), "%s", ends[c->end.outcome]);
    }
    fprintf(context, "%8.3f  client %-*d  %s\n", clock_seconds(ns),
            snprintf(NULL, 0, "%d", r->plan.clients), client + 1, words);
}

static void
flush_events(void *context)
{
    /* If this fails, ferror tells so and nothing more is written. */
    if (!ferror((FILE *)context))
        (void)fflush(context);
}

struct observer
report_events(FILE *out)
{
    return (struct observer){
        .context = out,
        .happened = write_event,
        .waiting = flush_events,
    };
}

/* Adds "first answer 0.20 to 3.20 s", or one time if both read the same. */
static void
add_range(struct text_flow *flow, const char *what,
          const struct figures_times *t)
{
    struct text_scale scale = text_scale(t->min_ns, t->max_ns);
    const char *min = TEXT_SCALED(&scale, t->min_ns, false);
    bool same = strcmp(min, TEXT_SCALED(&scale, t->max_ns, false)) == 0;

    if (t->count > 0)
        text_flow_item(flow, "%s %s%s%s", what, same ? "" : min,
                       same ? "" : " to ",
                       TEXT_SCALED(&scale, t->max_ns, true));
}

static void
add_answers(struct text_flow *flow, const struct figures_times *t)
{
    struct text_scale scale = text_scale(t->min_ns, t->max_ns);
    bool with_p99 = t->count >= FIGURES_P99_MIN;

    text_flow_item(
        flow, "each answer %s / %s%s%s / %s (min / median%s / max)",
        TEXT_SCALED(&scale, t->min_ns, false),
        TEXT_SCALED(&scale, t->median_ns, false), with_p99 ? " / " : "",
        with_p99 ? TEXT_SCALED(&scale, t->p99_ns, false) : "",
        TEXT_SCALED(&scale, t->max_ns, true), with_p99 ? " / p99" : "");
}

static void
add_at_once(struct text_flow *flow, const struct figures *f)
{
    if (f->answer.count > 0 && f->at_once == -1)
        text_flow_item(flow,
                       "served at once: not known, the answers were too quick "
                       "(fastest %s)",
                       TEXT_TIME(f->answer.min_ns));
    else if (f->answer.count > 0)
        text_flow_item(flow, "served at once %d", f->at_once);
}

static void
add_clients(struct text_flow *flow, int count, const char *what)
{
    if (count > 0)
        text_flow_item(flow, "%d client%s %s", count, text_plural(count), what);
}

void
report_summary(FILE *out, const struct record *r, const struct figures *f,
               int width)
{
    struct text_flow flow = text_flow_open(out, width, TEXT_GAP);
    int64_t planned = (int64_t)r->plan.clients * r->plan.messages;
    bool is_silent = r->plan.manner == PLAN_SILENT;
    const char *end = f->failed > 0 ? "ended after" : "all done";
    char of[32] = "";

    if (r->end == RECORD_INTERRUPTED)
        end = "interrupted after";
    else if (r->end == RECORD_GAVE_UP)
        end = "given up after";
    add_at_once(&flow, f);
    text_flow_item(&flow, "%s %s", end, TEXT_TIME(f->all_done_ns));
    add_range(&flow, "first answer", &f->first);
    if (f->answer.count > 1)
        add_answers(&flow, &f->answer);
    add_range(&flow, "connecting", &f->connecting);
    add_clients(&flow, f->vanished, "vanished");
    add_clients(&flow, f->hung_up, "closed by the server");
    add_clients(&flow, f->open, is_silent ? "still silent" : "not done");
    text_flow_end(&flow);

    if (is_silent || f->sent == planned)
        planned = f->sent;
    else
        snprintf(of, sizeof(of), " of %lld", (long long)planned);
    text_flow_item(&flow, "%lld%s message%s,", (long long)f->sent, of,
                   text_plural(planned));
    fprintf(out, " %lld %s%s, %lld nak%s, %d error%s", (long long)f->acks,
            record_answer_name(RECORD_ACK, r->plan.service),
            text_plural(f->acks), (long long)f->naks, text_plural(f->naks),
            f->failed, text_plural(f->failed));
    text_flow_end(&flow);
}
