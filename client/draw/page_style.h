/* page_style - how the HTML pages look: colours for light and for dark screens,
 * text, and what is printed. */

#ifndef CLIENT_DRAW_PAGE_STYLE_H
#define CLIENT_DRAW_PAGE_STYLE_H

/* A style sheet, which stands before the one of the page. */
extern const char page_style[];

#endif
