#include "client/judge/conversation.h"

#include <assert.h>
#include <string.h>

#include "client/draw/text.h"
#include "common/clock.h"

#define PAUSE_NS (10 * CLOCK_MS)

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

void
conversation_play(const struct target_server *s, struct outcome *o,
                  const struct conversation_step *step)
{
    struct probe p;

    probe_open(&p, s);
    for (; p.result == PROBE_OK && step->kind != CONVERSATION_DONE; step++)
        take_step(s, &p, step);
    conversation_report(o, &p);
    probe_close(&p);
}

void
conversation_report(struct outcome *o, const struct probe *p)
{
    int answers = (int)p->answers;

    if (!p->was_connected)
        finding_not_ok(o, "cannot connect: %s", probe_words(p));
    else if (p->result != PROBE_OK)
        finding_not_ok(o, "%d answer%s, then %s", answers, text_plural(answers),
                       probe_words(p));
    else
        finding_ok(o, "%d answer%s%s", answers, text_plural(answers),
                   p->fd == -1 ? ", then the end" : "");
    o->by_time = p->result == PROBE_SILENT;
}
