/* conversation - what one client sends, and what it must receive, as a table of
 * steps. */

#ifndef CLIENT_JUDGE_CONVERSATION_H
#define CLIENT_JUDGE_CONVERSATION_H

#include <stddef.h>

#include "client/judge/finding.h"
#include "client/judge/probe.h"

#define CONVERSATION_PIECE_MAX 160000 /* bytes in a piece */

enum conversation_kind {
    CONVERSATION_DONE,
    CONVERSATION_SEND,    /* the bytes, in one piece, with what fills it */
    CONVERSATION_RECEIVE, /* these answers come */
    CONVERSATION_NOTHING, /* nothing comes */
    CONVERSATION_END,     /* the server closes, and nothing comes before */
    CONVERSATION_HOLD,    /* what follows is sent together with FINISH */
    CONVERSATION_FINISH,  /* the client sends no more, but still reads */
    CONVERSATION_PAUSE,   /* until the piece before this has been read */
    CONVERSATION_LATER,   /* until all that was sent has been worked on */
};

struct conversation_step {
    enum conversation_kind kind;
    const char *bytes;
    size_t len;
    size_t before; /* bytes 'x' in front of the others, */
    size_t behind; /* and behind them */
};

/* Plays a conversation with a new probe.  The outcome is ok if each step goes
 * as it is written down, and otherwise says which answers came before the step
 * that did not, and what was sent last. */
void conversation_play(const struct target_server *s, struct outcome *o,
                       const struct conversation_step *step);

/* Sets the outcome from what a probe has seen: ok if nothing
 * went wrong. */
void conversation_report(struct outcome *o, const struct probe *p);

#endif
