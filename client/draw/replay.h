/* replay - lets the reader of a page move through the time of its pictures.
 *
 * A veil covers the part of each picture that has not happened yet.  Without a
 * script, a checkbox starts an animation.  With the script there are a slider,
 * a button that plays, and buttons that step from answer to answer; each
 * picture has a sentence that says where its clients are, and the line of its
 * server's log that was written last. */

#ifndef CLIENT_DRAW_REPLAY_H
#define CLIENT_DRAW_REPLAY_H

#include <stdint.h>
#include <stdio.h>

#include "client/draw/panel.h"

/* The time axis is divided into so many steps. */
#define REPLAY_STEPS 1000

/* The style sheet of the controls and of the veils. */
extern const char replay_style[];

/* Writes the controls, which must stand before the pictures and have the same
 * parent as they.  The axis of the pictures ends at span_ns. */
void replay_controls(FILE *out, int64_t span_ns);

/* Writes where the clients of a panel are, for each step at which that changes
 * or an answer comes, as in "0q1s5 250a5s1d5": the number of the step, then how
 * many clients there are of each kind.
 *
 *     w  wait, and it is not known where
 *     c  are not connected
 *     q  are in the accept queue
 *     u  are accepted, and the server has not read the message
 *     r  have been read, and the server has not begun with the message
 *     n  have not got an answer, and never get one
 *     s  are being served
 *     e  are answered, and the server has not closed
 *     i  have no message outstanding, or have not started
 *     d  are done
 *     f  have failed
 *     a  answers have come since the step before */
void replay_write_steps(FILE *out, const struct panel *panel, int64_t span_ns);

/* Writes the veil of a picture that is part of a page, in front of everything
 * that has been drawn: the time axis begins at x = left and is plot wide, the
 * picture is width wide, and the lanes lie between top and bottom.  The log of
 * the server is the element with the id "log-number". */
struct replay_place {
    int left, plot, width;
    int top, bottom;
    int number;
};

void replay_veil(FILE *out, const struct replay_place *place,
                 const struct panel *panel, int64_t span_ns);

/* Writes the buttons, the slider and the place for the time.  A page with
 * controls of another kind calls it, too.  label is the text of the button that
 * plays, and event is what the other buttons step to, such as "answer".  The
 * slider goes from 0 to last, and stands at the position at. */
void replay_buttons(FILE *out, const char *label, const char *event, int last,
                    int at);

/* Writes the script, which must stand after everything else in the page.  It is
 * also well-formed XML.  Its first part is the same for all pages.  own is the
 * second part for a page with controls of another kind; for the controls that
 * replay_controls writes, it is NULL.  It must define four functions: show(k)
 * shows position k of the slider; step(by) goes to the next event or, if by is
 * -1, to the previous one; partOf(k) returns how much of the time has passed at
 * position k, from 0 to 1; and atPart(part) returns the position for such a
 * part. */
void replay_script(FILE *out, const char *own);

#endif
