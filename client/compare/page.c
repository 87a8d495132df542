#include "client/compare/page.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "client/compare/table.h"
#include "client/draw/conclusion.h"
#include "client/draw/csv.h"
#include "client/draw/front.h"
#include "client/draw/markdown.h"
#include "client/draw/page_style.h"
#include "client/draw/replay.h"
#include "client/draw/svg.h"
#include "client/draw/svg_style.h"
#include "client/draw/text.h"
#include "client/draw/xml.h"
#include "client/memory.h"
#include "common/clock.h"

#define MARKDOWN_WIDTH 80 /* columns of the picture */

static const char style[] =
    ".scroll .note{position:sticky;left:0}\n"
    "table.comparison{border-collapse:collapse;font-size:.8125rem;"
    "font-variant-numeric:tabular-nums;white-space:nowrap;"
    "margin:0 0 .75rem}\n"
    ".comparison caption{text-align:left;padding:0 0 .25rem}\n"
    ".comparison th,.comparison td{padding:.3rem .35rem;"
    "border-bottom:1px solid var(--line)}\n"
    ".comparison thead th{font-weight:600;text-align:right;"
    "vertical-align:bottom;line-height:1.25;white-space:pre}\n"
    ".comparison tbody th,.comparison thead tr:first-child "
    "th:first-child{text-align:left;position:sticky;left:0;"
    "background:var(--back)}\n"
    ".comparison th:first-child[scope=row],.comparison tr:first-child "
    "th:first-child{padding-left:0}\n"
    ".comparison .n{text-align:right}\n"
    ".comparison td[style]{background:linear-gradient(to right,var(--muted) "
    "var(--bar),transparent 0) no-repeat 0 100%/100% 3px}\n"
    ".comparison td.failure{white-space:normal;min-width:18rem}\n"
    "@media print{table.comparison{font-size:.7rem}}\n";

/* Returns what follows the first line of text. */
static const char *
skip_line(const char *text)
{
    text += strcspn(text, "\n");
    return *text == '\n' ? text + 1 : text;
}

/* Writes the first lines of a text into an element with more attributes, and
 * says how many are left out. */
static void
put_text(FILE *out, const char *attributes, const char *text)
{
    const char *end = text;
    int left_out = 0;

    for (int lines = 0; *end != '\0' && lines < PAGE_LINES_MAX; lines++)
        end = skip_line(end);
    /* A browser ignores a line feed right after <pre>. */
    fprintf(out, "<pre tabindex=\"0\"%s>\n", attributes);
    xml_bytes(out, text, (size_t)(end - text));
    fputs("</pre>\n", out);
    for (; *end != '\0'; left_out++)
        end = skip_line(end);
    if (left_out > 0)
        fprintf(out, "<p class=\"note\">%d more line%s left out</p>\n",
                left_out, text_plural(left_out));
}

static void
put_paragraph(FILE *out, const char *class, const char *text)
{
    if (*text == '\0')
        return;
    fprintf(out, "<p class=\"%s\">", class);
    xml_text(out, text);
    fputs("</p>\n", out);
}

static void
put_messages(FILE *out, const struct panel *panel,
             const struct csv_conditions *conditions)
{
    char *csv;
    size_t size;
    FILE *stream = memory_open(&csv, &size);

    csv_write(stream, panel, 1, conditions);
    memory_close(stream);
    fputs("<h3>Its messages, as CSV</h3>\n", out);
    put_text(out, "", csv);
    free(csv);
}

static void
put_trial(FILE *out, const struct trial *trial, const struct panel *panel,
          int number, const struct csv_conditions *conditions)
{
    char attributes[80];

    fputs("<details>\n<summary>", out);
    xml_text(out, trial->label);
    fputs("</summary>\n", out);
    put_paragraph(out, "failure", trial->failure);
    if (trial->command != NULL) {
        fputs("<p>started as <code>", out);
        xml_text(out, trial->command);
        fputs("</code></p>\n", out);
    }
    if (trial->log != NULL && *trial->log != '\0') {
        fputs("<h3>What it logged</h3>\n", out);
        snprintf(attributes, sizeof(attributes),
                 " id=\"log-%d\" data-start-s=\"%.6f\"", number,
                 clock_seconds(trial->record.log_start_ns));
        put_text(out, attributes, trial->log);
    }
    put_messages(out, panel, conditions);
    fputs("</details>\n", out);
}

/* Writes what the comparison has shown, if there is something to compare. */
static void
put_conclusion(FILE *out, const struct page *page)
{
    char sentence[CONCLUSION_SENTENCE_MAX];

    if (page->count < 2)
        return;
    fputs("<h2>In short</h2>\n<figure>\n", out);
    front_draw(out, page->panels, page->count, NULL);
    fputs("</figure>\n", out);
    conclusion_sentence(sentence, page->panels, page->count);
    put_paragraph(out, "sentence", sentence);
}

/* Returns whether there is a picture of some server. */
static bool
is_drawn(const struct page *page)
{
    for (int i = 0; i < page->count; i++)
        if (page->panels[i].figures->started > 0)
            return true;
    return false;
}

static void
put_trials(FILE *out, const struct page *page)
{
    put_conclusion(out, page);
    fputs("<h2>In numbers</h2>\n<section class=\"scroll\" "
          "tabindex=\"0\" aria-label=\"the table\">\n",
          out);
    table_html(out, page->trials, page->count);
    fputs("</section>\n<h2>Who was served when</h2>\n", out);
    if (is_drawn(page))
        replay_controls(out, panel_span_ns(page->panels, page->count));
    fputs("<figure>\n", out);
    svg_draw(out, page->panels, page->count, NULL);
    fputs("</figure>\n<h2>Each server</h2>\n", out);
    for (int i = 0; i < page->count; i++)
        put_trial(out, &page->trials[i], &page->panels[i], i + 1,
                  &page->conditions);
}

void
page_write(FILE *out, const struct page *page)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
          "<meta charset=\"utf-8\"/>\n"
          "<meta name=\"viewport\" content=\"width=device-width, "
          "initial-scale=1\"/>\n<title>Servers compared: ",
          out);
    xml_text(out, page->what);
    fprintf(out,
            "</title>\n<style>\n%s%s%s%s</style>\n</head>\n<body>\n<main>\n"
            "<h1>Servers compared</h1>\n",
            svg_style_style, page_style, style, replay_style);
    put_paragraph(out, "what", page->what);
    if (page->count > 0)
        put_trials(out, page);
    fputs("</main>\n<footer>\n<p>made by <code>", out);
    xml_text(out, page->command);
    fputs("</code></p>\n<p>on ", out);
    xml_text(out, page->machine);
    fputs("</p>\n</footer>\n", out);
    if (is_drawn(page))
        replay_script(out, NULL);
    fputs("</body>\n</html>\n", out);
}

void
page_write_markdown(FILE *out, const struct page *page)
{
    struct terminal terminal = {.width = MARKDOWN_WIDTH, .utf8 = true};
    char sentence[CONCLUSION_SENTENCE_MAX];
    char *text;
    size_t size;
    FILE *drawn;

    fputs("## Servers compared\n\n", out);
    markdown_text(out, page->what);
    fputs("\n\n", out);
    if (page->count > 0)
        table_markdown(out, page->trials, page->count);
    if (page->count > 1) {
        drawn = memory_open(&text, &size);
        conclusion_draw_rows(drawn, page->panels, page->count, &terminal);
        memory_close(drawn);
        markdown_code(out, text);
        free(text);
        conclusion_sentence(sentence, page->panels, page->count);
        putc('\n', out);
        fputs(*sentence != '\0' ? "**" : "", out);
        markdown_text(out, sentence);
        fputs(*sentence != '\0' ? "**\n\n" : "", out);
    }
    fputs("made by\n", out);
    markdown_code(out, page->command);
    fputs("\non ", out);
    markdown_text(out, page->machine);
    putc('\n', out);
}
