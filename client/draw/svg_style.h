/* ink - the look of the SVG pictures: colours, for light and dark, and the
 * sizes of letters, which are larger where the picture is narrow.
 *
 * It may stand in the style of a page: it speaks of what is in an element of
 * class timelines and of nothing else. */

#ifndef CLIENT_DRAW_SVG_STYLE_H
#define CLIENT_DRAW_SVG_STYLE_H

#define SVG_STYLE_HUES                                     \
    8 /* classes w1 to w8; and on1 to on8 for text on them \
       */

/* A style sheet.  The hues of workers, of which the first stands for service in
 * general as well, are those of Okabe and Ito, in an order and a lightness in
 * which neighbours can be told apart however one sees colours, and with a
 * contrast of 3 to 1 to the background; text has 4.5 to 1. */
extern const char svg_style_style[];

#endif
