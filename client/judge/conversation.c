#include "client/judge/conversation.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/draw/text.h"
#include "common/clock.h"

#define PAUSE_NS    (10 * CLOCK_MS)
#define PIECE_SHOWN 100 /* bytes of a piece that are shown */
#define ETX         '\3'

static void
send_piece(struct probe *p, const struct conversation_step *step)
{
    char piece[CONVERSATION_PIECE_MAX];
    size_t len = step->before + step->len + step->behind;

    assert(len <= sizeof(piece));
    memset(piece, 'x', len);
    memcpy(piece + step->before, step->bytes, step->len);
    probe_send(p, piece, len);
}

static void
take_step(const struct target_server *s, struct probe *p,
          const struct conversation_step *step)
{
    switch (step->kind) {
    case CONVERSATION_SEND:
        send_piece(p, step);
        break;
    case CONVERSATION_RECEIVE:
        probe_receive(p, step->bytes);
        break;
    case CONVERSATION_NOTHING:
        probe_receive_nothing(p, s->silence_ns);
        break;
    case CONVERSATION_END:
        probe_receive_end(p, s->limit_ns);
        break;
    case CONVERSATION_HOLD:
        probe_hold(p);
        break;
    case CONVERSATION_FINISH:
        probe_half_close(p);
        break;
    case CONVERSATION_PAUSE:
        (void)target_server_pause(s, PAUSE_NS);
        break;
    case CONVERSATION_LATER:
        (void)target_server_pause(s, ANSWER_TEXT_MAX * s->answer_ns +
                                         s->silence_ns);
        break;
    case CONVERSATION_DONE:
        break;
    }
}

/* Writes what a piece holds: "2 x 'x', 'one' ETX 'two' ETX". */
static void
describe_piece(char *out, size_t size, const struct conversation_step *step)
{
    const char *at = step->bytes;
    const char *end = step->bytes + step->len;
    int n = 0;

    if (step->before > 0)
        n = snprintf(out, size, "%zu x 'x' ", step->before);
    while (at < end && n < (int)size - 1) {
        const char *etx = memchr(at, ETX, (size_t)(end - at));
        size_t len = (size_t)((etx != NULL ? etx : end) - at);
        char text[PIECE_SHOWN];

        if (len > 0)
            n += snprintf(out + n, size - (size_t)n, "'%s' ",
                          text_visible(text, sizeof(text), at, len));
        if (etx != NULL && n < (int)size - 1)
            n += snprintf(out + n, size - (size_t)n, "ETX ");
        at += len + (etx != NULL);
    }
    if (step->behind > 0 && n < (int)size - 1)
        n += snprintf(out + n, size - (size_t)n, "%zu x 'x' ", step->behind);
    if (n > 0 && n < (int)size)
        out[n - 1] = '\0'; /* the last blank */
}

void
conversation_play(const struct target_server *s, struct outcome *o,
                  const struct conversation_step *step)
{
    const struct conversation_step *sent = NULL;
    char piece[PIECE_SHOWN] = "";
    struct probe p;

    probe_open(&p, s);
    for (; p.result == PROBE_OK && step->kind != CONVERSATION_DONE; step++) {
        if (step->kind == CONVERSATION_SEND)
            sent = step;
        take_step(s, &p, step);
    }
    conversation_report(o, &p);
    probe_close(&p);
    if (p.result == PROBE_OK || sent == NULL)
        return;
    describe_piece(piece, sizeof(piece), sent);
    finding_add(o, "; sent last: %s", piece);
}

/* Says what came instead of an answer, or besides all answers. */
static void
report_wrong(struct outcome *o, const struct probe *p)
{
    int64_t due = p->answers_due;

    if (p->answers < due && p->expected != NULL)
        finding_not_ok(o, "answer %" PRId64 " was '%s', not '%.*s'",
                       p->answers + 1, p->got, ANSWER_TEXT_MAX, p->expected);
    else
        finding_not_ok(o, "%s %" PRId64 " answer%s came, then %s: '%s'",
                       due == 1 ? "the" : "all", due, text_plural(due),
                       strncmp(p->got, "ack", ANSWER_TEXT_MAX) == 0 ||
                               strncmp(p->got, "nak", ANSWER_TEXT_MAX) == 0
                           ? "one too many"
                           : "other bytes",
                       p->got);
}

void
conversation_report(struct outcome *o, const struct probe *p)
{
    int64_t due = p->answers_due;
    const char *plural = text_plural(due);

    if (p->result == PROBE_OK)
        finding_ok(o, "%" PRId64 " answer%s%s", due, plural,
                   p->fd == -1 ? ", then the end" : "");
    else if (!p->was_connected)
        finding_not_ok(o, "cannot connect: %s", probe_words(p));
    else if (p->result == PROBE_WRONG)
        report_wrong(o, p);
    else if (p->answers < due)
        finding_not_ok(o, "%" PRId64 " of %" PRId64 " answer%s came, then %s",
                       p->answers, due, plural,
                       p->result == PROBE_SILENT ? "nothing" : probe_words(p));
    else
        finding_not_ok(
            o, "%s answer%s came, then %s", due == 1 ? "the" : "all", plural,
            p->result == PROBE_SILENT ? "not the end" : probe_words(p));
    o->by_time = p->result == PROBE_SILENT;
}
