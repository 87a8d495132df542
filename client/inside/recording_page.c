#include "client/inside/recording_page.h"

#include <string.h>

#include "client/draw/page_style.h"
#include "client/draw/replay.h"
#include "client/draw/svg_style.h"
#include "client/draw/text.h"
#include "client/draw/xml.h"
#include "client/inside/recording_svg.h"
#include "client/inside/sentences.h"
#include "client/memory.h"
#include "common/clock.h"

#define PLAYED_NS (8 * CLOCK_S) /* how long a replay takes */

static const char style[] =
    "#told{min-height:3em}\n"
    "#lanes{border-collapse:collapse;font-size:.875rem;margin:.5rem 0}\n"
    "#lanes caption{text-align:left}\n"
    "#lanes th{text-align:left;font-weight:600;padding-right:1rem;"
    "white-space:nowrap}\n"
    "#lanes th,#lanes td{border-bottom:1px solid var(--line);"
    "vertical-align:top}\n"
    "#moments{font-size:.875rem;padding:0;list-style:none}\n"
    "#moments li{display:flex;padding:.15rem .5rem}\n"
    "#moments time{flex:0 0 4.5rem;"
    "font-variant-numeric:tabular-nums;color:var(--muted)}\n"
    "#moments [aria-current]{background:var(--soft);"
    "box-shadow:inset 3px 0 var(--moment)}\n"
    "@media print{#lanes,#told,.timelines .now{display:none}}\n";

/* What the slider shows; see replay_script. */
static const char script[] =
    "const now = get(\"now\"), axis = now.closest(\"svg\").dataset;\n"
    "const left = Number(axis.left), plot = Number(axis.plot);\n"
    "const times = bar.dataset.times.split(\" \").map(Number);\n"
    "const moments = [...get(\"moments\").children];\n"
    "const body = get(\"lanes\").createTBody();\n"
    "\n"
    "const lanes = [...document.querySelectorAll(\"[data-name]\")].map((lane) "
    "=> {\n"
    "  const row = body.insertRow(), head = document.createElement(\"th\");\n"
    "  head.scope = \"row\";\n"
    "  head.textContent = lane.dataset.name;\n"
    "  row.append(head);\n"
    "  const spans = [...lane.querySelectorAll(\"rect\")].map((rect) => ({\n"
    "    from: Number(rect.getAttribute(\"x\")),\n"
    "    wide: Number(rect.getAttribute(\"width\")),\n"
    "    says: rect.textContent.replace(/;[^;]*$/, \"\"),\n"
    "  }));\n"
    "  return {cell: row.insertCell(), spans, otherwise: "
    "lane.dataset.otherwise};\n"
    "});\n"
    "\n"
    "// Shows sample k: a line in the picture, the state of each lane, and the "
    "sentence.\n"
    "function show(k) {\n"
    "  const t = times[k], x = plot * t * 1000 / axis.spanNs;\n"
    "  const at = left + Math.min(x, plot - 1);\n"
    "  const moment = moments.findLast((m) => t >= m.dataset.at);\n"
    "  const time = (t / 1e6).toFixed(3) + \" s\";\n"
    "  slider.value = k;\n"
    "  slider.setAttribute(\"aria-valuetext\", time);\n"
    "  get(\"replay-time\").textContent = time;\n"
    "  now.setAttribute(\"transform\", `translate(${x} 0)`);\n"
    "  for (const lane of lanes) {\n"
    "    const span = lane.spans.findLast((s) => at >= s.from);\n"
    "    const over = !span || at >= span.from + span.wide;\n"
    "    lane.cell.textContent = over ? lane.otherwise : span.says;\n"
    "  }\n"
    "  for (const m of moments)\n"
    "    m.removeAttribute(\"aria-current\");\n"
    "  if (moment)\n"
    "    moment.setAttribute(\"aria-current\", \"true\");\n"
    "  get(\"told\").textContent = moment ? "
    "moment.lastElementChild.textContent : \"\";\n"
    "}\n"
    "\n"
    "// Goes to the next sample at which the sentence changes, or to the one "
    "before.\n"
    "function step(by) {\n"
    "  const said = get(\"told\").textContent;\n"
    "  let k = Number(slider.value);\n"
    "  stop();\n"
    "  do {\n"
    "    k = Math.min(Math.max(k + by, 0), end);\n"
    "    show(k);\n"
    "  } while (k > 0 && k < end && get(\"told\").textContent === said);\n"
    "}\n"
    "\n"
    "const partOf = (k) => times[k] / times[end];\n"
    "const atPart = (part) =>\n"
    "  Math.max(times.findLastIndex((t) => part * times[end] >= t), 0);\n"
    "now.removeAttribute(\"visibility\");\n"
    "get(\"lanes\").hidden = get(\"told\").hidden = false;\n"
    "show(0);\n";

/* Writes the controls, hidden until the script shows them.  If there are more
 * samples than the slider has positions, only every so many can be chosen. */
static void
put_controls(FILE *out, const struct recording *r)
{
    int stride = (r->count - 1) / RECORDING_PAGE_STEPS_MAX + 1;
    int last = (r->count - 1) / stride;
    int64_t span_ns = r->samples[last * stride]->at_ns;

    fprintf(
        out,
        "<div id=\"replay\" role=\"group\" aria-label=\"replay\" "
        "data-played=\"%lld\" hidden=\"hidden\" data-times=\"",
        (long long)((span_ns > PLAYED_NS ? span_ns : PLAYED_NS) / CLOCK_MS));
    for (int i = 0; i <= last; i++)
        fprintf(out, "%s%lld", i > 0 ? " " : "",
                (long long)(r->samples[i * stride]->at_ns / CLOCK_US));
    fputs("\">\n", out);
    replay_buttons(out, "replay", "change", last, 0);
    fputs("</div>\n", out);
}

/* Writes a sentence for each sample at which it is another one than before. */
static void
put_moments(FILE *out, const struct recording *r)
{
    char before[SENTENCES_MAX] = "";
    char words[SENTENCES_MAX];
    int written = 0;
    int left_out = 0;

    fputs("<h2>In words</h2>\n<ol id=\"moments\">\n", out);
    for (int i = 0; i < r->count; i++) {
        sentences_of(words, r, r->samples[i]);
        if (strcmp(words, before) == 0)
            continue;
        snprintf(before, sizeof(before), "%s", words);
        if (written == RECORDING_PAGE_MOMENTS_MAX) {
            left_out++;
            continue;
        }
        written++;
        fprintf(out, "<li data-at=\"%lld\"><time>%.3f s</time> <span>",
                (long long)(r->samples[i]->at_ns / CLOCK_US),
                clock_seconds(r->samples[i]->at_ns));
        xml_text(out, words);
        fputs("</span></li>\n", out);
    }
    fputs("</ol>\n", out);
    if (left_out > 0)
        fprintf(out, "<p class=\"note\">%d more change%s left out</p>\n",
                left_out, text_plural(left_out));
}

void
recording_page_write(FILE *out, const struct recording *r)
{
    char words[SENTENCES_MAX];

    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
          "<meta charset=\"utf-8\"/>\n"
          "<meta name=\"viewport\" content=\"width=device-width, "
          "initial-scale=1\"/>\n<title>Inside ",
          out);
    xml_text(out, r->command);
    fprintf(out,
            "</title>\n<style>\n%s%s%s%s</style>\n</head>\n<body>\n<main>\n"
            "<h1>Where everybody waits</h1>\n<p class=\"what\">",
            svg_style_style, page_style, replay_style, style);
    xml_text(out, sentences_heading(words, r));
    fputs("</p>\n", out);
    put_controls(out, r);
    fputs("<p id=\"told\" class=\"sentence\" aria-live=\"polite\" "
          "hidden=\"hidden\"></p>\n<figure>\n",
          out);
    recording_svg_draw(out, r, true);
    fputs("</figure>\n<p class=\"note\">", out);
    xml_text(out, sentences_notes(words, r));
    fputs("</p>\n<table id=\"lanes\" hidden=\"hidden\">\n<caption>At this "
          "moment</caption>\n</table>\n",
          out);
    put_moments(out, r);
    fputs("</main>\n", out);
    replay_script(out, script);
    fputs("</body>\n</html>\n", out);
}
