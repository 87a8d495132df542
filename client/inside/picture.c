#include "client/inside/picture.h"

#include <string.h>

#include "client/draw/text.h"
#include "client/inside/sentences.h"
#include "client/inside/strip.h"
#include "common/clock.h"

#define LABEL     19 /* columns left of the lanes */
#define LANE_MIN  20
#define TICKS     5 /* on the axis, at most */
#define TICK_ROOM 8 /* columns that a tick and its number need */

/* Writes the time axis: a number where each tick is. */
static void
put_axis(FILE *out, int64_t span_ns, int width)
{
    int ticks = width / TICK_ROOM < TICKS ? width / TICK_ROOM : TICKS;
    int64_t step_ns = text_round_up(span_ns / ticks);
    struct text_scale scale = text_ticks(span_ns, step_ns);
    int column = 0;

    for (int64_t at_ns = 0; at_ns < span_ns; at_ns += step_ns) {
        int at = (int)((double)at_ns / (double)span_ns * width);
        const char *number = TEXT_SCALED(&scale, at_ns, at_ns == 0);

        if (at + (int)strlen(number) > width)
            break;
        column += fprintf(out, "%*s%s", at - column, "", number);
    }
    putc('\n', out);
}

/* Writes the label of the accept queue, and how many clients it holds, if there
 * is room for that; or of how many queues it is the sum. */
static void
put_queue_label(FILE *out, const struct recording *r)
{
    int room = r->samples[r->count - 1]->room;
    char label[2 * LABEL];
    int len = snprintf(label, sizeof(label), "accept queue of %d", room);

    if (r->listeners > 1)
        len = snprintf(label, sizeof(label), "%d accept queues", r->listeners);
    fprintf(out, "%-*s", LABEL,
            room > 0 && len < LABEL ? label : "accept queue");
}

void
picture_draw(FILE *out, const struct recording *r,
             const struct terminal *terminal)
{
    int width = terminal->width - LABEL - 1;
    char words[SENTENCES_MAX];
    struct strip strip = {
        .out = out,
        .recording = r,
        .to_ns = r->samples[r->count - 1]->at_ns,
        .width = width > LANE_MIN ? width : LANE_MIN,
        .utf8 = terminal->utf8,
        .colour = terminal->colour,
        .words = true,
    };

    text_words(out, sentences_heading(words, r), 0, terminal->width);
    fprintf(out, "%-*s", LABEL, "client");
    put_axis(out, strip.to_ns > 0 ? strip.to_ns : 1, strip.width);
    for (int i = 0; i < r->clients; i++) {
        fprintf(out, "%6d%*s", i + 1, LABEL - 6, "");
        strip_client(&strip, i);
        putc('\n', out);
    }
    if (!(r->lacks & RECORDING_QUEUES)) {
        put_queue_label(out, r);
        strip_queue(&strip);
        putc('\n', out);
    }
    for (int i = 0; i < r->row_count; i++) {
        fprintf(out, "%-*s%7d  ", LABEL - 9, r->rows[i].name,
                (int)r->rows[i].tid);
        strip_task(&strip, i);
        putc('\n', out);
    }
    strip_legend(&strip, terminal->width);
    text_words(out, sentences_notes(words, r), 0, terminal->width);
}
