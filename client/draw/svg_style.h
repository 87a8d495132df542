/* svg_style - how the SVG pictures look: the colours, for light and for dark
 * screens, and the sizes of letters, which are larger on narrow screens.
 *
 * It concerns only what is in an element of class timelines, so that it does
 * not change the page around the picture. */

#ifndef CLIENT_DRAW_SVG_STYLE_H
#define CLIENT_DRAW_SVG_STYLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* The classes w1 to w8 are the hues of workers, and on1 to on8 are for text on
 * them. */
#define SVG_STYLE_HUES 8

/* A style sheet.  The hues are near those of Okabe and Ito, but readers with
 * any kind of colour vision can tell any two of them and the grey of waiting
 * apart.  They have a contrast of at least 3 to 1 to the background, text has
 * 4.5 to 1.  The first hue, green as on the terminal, is also that of service
 * by a single worker. */
extern const char svg_style_style[];

/* A picture that has been drawn. */
struct svg_style_picture {
    const char *id; /* no other picture of the same page has it */
    bool in_page;   /* an HTML page has the style; otherwise it is a file */
    int width, height;
    const char *data;        /* more attributes, or "" */
    const char *title;       /* text */
    const char *description; /* the picture in words, for readers who cannot
                              * see it; XML, as are the next */
    const char *body;
    size_t size; /* of the body */
};

/* Writes the picture as an <svg> element or as a file. */
void svg_style_write(FILE *out, const struct svg_style_picture *picture);

#endif
