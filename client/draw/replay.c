#include "client/draw/replay.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "client/draw/text.h"
#include "client/memory.h"
#include "client/record/spans.h"
#include "common/clock.h"

#define PLAYED_NS (8 * CLOCK_S) /* about how long a replay takes, at most */

/* What a client does at a step.  The kinds of spans come first. */
enum {
    DOES_NOTHING = SPANS_KINDS,
    IS_DONE,
    HAS_FAILED,
    STATES,
};

static const char letters[STATES] = {
    [SPANS_LEAVING] = 'e',    [SPANS_ASKED] = 'n',     [SPANS_WAITING] = 'w',
    [SPANS_CONNECTING] = 'c', [SPANS_QUEUED] = 'q',    [SPANS_UNREAD] = 'u',
    [SPANS_READ] = 'r',       [SPANS_RETURNING] = 'w', [SPANS_SERVED] = 's',
    [DOES_NOTHING] = 'i',     [IS_DONE] = 'd',         [HAS_FAILED] = 'f',
};

const char replay_style[] =
    ":root{--moment:#b84f00}\n"
    "@media (prefers-color-scheme:dark){:root{--moment:#ff9d66}}\n"
    "#replay{position:sticky;top:0;z-index:1;display:flex;flex-wrap:wrap;"
    "gap:.5rem;align-items:center;padding:.5rem 0;background:var(--back);"
    "border-bottom:1px solid var(--line)}\n"
    "#replay[hidden]{display:none}\n"
    "#replay button{font:inherit;padding:.3rem .7rem;border-radius:.4rem;"
    "border:1px solid var(--muted);background:var(--back);color:inherit}\n"
    "#replay input{flex:1 1 12rem;min-width:8rem}\n"
    "#replay-time{min-width:4.5rem;text-align:right;"
    "font-variant-numeric:tabular-nums}\n"
    "#replay-told{flex-basis:100%;min-height:1.5em;color:var(--muted);"
    "font-size:.875rem}\n"
    ".moment{margin:0 .5rem}\n"
    ".moment p{font-size:.875rem}\n"
    ".moment code{display:block;overflow:hidden;white-space:pre;"
    "text-overflow:ellipsis;min-height:1.5em;color:var(--muted)}\n"
    "mark{background:var(--moment);color:var(--back)}\n"
    ".replay{display:none}\n"
    ".replay rect{fill:var(--back);fill-opacity:.85}\n"
    ".timelines .replay path{stroke:var(--moment);stroke-width:2}\n"
    "#replay-box:checked~figure .replay{display:inline;"
    "animation:replay var(--played) linear both}\n"
    "@keyframes replay{99.9%{visibility:visible}"
    "100%{transform:translateX(var(--plot));visibility:hidden}}\n"
    "@media (prefers-reduced-motion:reduce){"
    "#replay-box,#replay-box+label,#replay-play{display:none}}\n"
    "@media print{#replay,#replay-box,#replay-box+label,.moment,"
    ".timelines .replay{display:none!important}}\n";

/* What the controls do on every page.  The page's own script follows and has
 * the functions show, step, partOf and atPart: see replay_script. */
static const char script_of_player[] =
    "const get = (id) => document.getElementById(id);\n"
    "const bar = get(\"replay\"), slider = get(\"replay-at\");\n"
    "const play = get(\"replay-play\"), says = play.textContent;\n"
    "const end = Number(slider.max);\n"
    "\n"
    "let began = null;\n"
    "function stop() {\n"
    "  began = null;\n"
    "  play.textContent = says;\n"
    "}\n"
    "function frame(now) {\n"
    "  const part = (now - began) / bar.dataset.played;\n"
    "  if (began === null)\n"
    "    return;\n"
    "  show(atPart(Math.min(Math.max(part, 0), 1)));\n"
    "  if (part < 1)\n"
    "    requestAnimationFrame(frame);\n"
    "  else\n"
    "    stop();\n"
    "}\n"
    "play.addEventListener(\"click\", () => {\n"
    "  if (began !== null)\n"
    "    return stop();\n"
    "  const part = partOf(slider.value % end);\n"
    "  began = performance.now() - part * bar.dataset.played;\n"
    "  play.textContent = \"pause\";\n"
    "  requestAnimationFrame(frame);\n"
    "});\n"
    "slider.addEventListener(\"input\", () => {\n"
    "  stop();\n"
    "  show(Number(slider.value));\n"
    "});\n"
    "get(\"replay-before\").addEventListener(\"click\", () => step(-1));\n"
    "get(\"replay-next\").addEventListener(\"click\", () => step(1));\n"
    "bar.hidden = false;\n"
    "\n";

/* What the pictures and the logs of a page say about each step. */
static const char script_of_panels[] =
    "const unit = bar.dataset;\n"
    "const places = {c: \"not connected\", q: \"in the accept queue\",\n"
    "  u: \"accepted, not read\", r: \"read, waiting\",\n"
    "  n: \"no answer\", e: \"for the close\"};\n"
    "const others = [[\"s\", \"is being served\", \"are being served\"],\n"
    "  [\"i\", \"has no message outstanding\", \"have no message "
    "outstanding\"],\n"
    "  [\"d\", \"is done\", \"are done\"], [\"f\", \"has failed\", \"have "
    "failed\"]];\n"
    "const time = (k) =>\n"
    "  (unit.span * k / end).toFixed(unit.decimals) + \" \" + unit.name;\n"
    "const count = (n, one, many) => n + \" \" + (n === 1 ? one : many);\n"
    "\n"
    "function sentence(c) {\n"
    "  const n = (k) => c[k] || 0, known = Object.keys(places).filter(n);\n"
    "  const waits = known.reduce((sum, k) => sum + n(k), n(\"w\"));\n"
    "  const where = known.map((k) => n(k) + \" \" + places[k]).join(\", \");\n"
    "  const parts = others.filter((o) => n(o[0]))\n"
    "    .map(([k, one, many]) => count(n(k), one, many));\n"
    "  if (waits)\n"
    "    parts.unshift(count(waits, \"waits\", \"wait\") +\n"
    "      (where ? \" (\" + where + \")\" : \"\"));\n"
    "  return parts.join(\", \");\n"
    "}\n"
    "\n"
    "const panels = [...document.querySelectorAll(\".replay\")].map((veil) => "
    "{\n"
    "  const picture = veil.closest(\"svg\"), at = [];\n"
    "  const name = picture.querySelector(\".panel\").dataset.model;\n"
    "  const log = get(veil.dataset.log);\n"
    "  const lines = log ? log.textContent.split(\"\\n\") : [];\n"
    "  const below = document.createElement(\"div\");\n"
    "  for (const step of veil.dataset.steps.split(\" \")) {\n"
    "    const c = at[parseInt(step)] = {};\n"
    "    step.replace(/([a-z])([0-9]+)/g, (all, k, n) => c[k] = Number(n));\n"
    "  }\n"
    "  for (let k = 1; k <= end; k++)\n"
    "    at[k] = at[k] || {...at[k - 1], a: 0};\n"
    "  below.className = \"moment\";\n"
    "  picture.after(below);\n"
    "  return {veil, name, at, log, lines,\n"
    "    times: lines.map((line) => parseFloat(line) + "
    "Number(log.dataset.startS)),\n"
    "    says: below.appendChild(document.createElement(\"p\")),\n"
    "    logged: below.appendChild(document.createElement(\"code\"))};\n"
    "});\n"
    "\n";

/* What the pictures and the logs of a page show at each step. */
static const char script_of_steps[] =
    "// Marks the last line that the server has logged by then.\n"
    "function showLog(p, seconds) {\n"
    "  const last = p.times.findLastIndex((t) => t <= seconds);\n"
    "  const mark = document.createElement(\"mark\");\n"
    "  if (last === p.last)\n"
    "    return;\n"
    "  p.last = last;\n"
    "  p.logged.textContent = mark.textContent = p.lines[last] || \"\";\n"
    "  p.log.replaceChildren(...p.lines.flatMap((line, i) =>\n"
    "    [i === last ? mark : line, \"\\n\"]));\n"
    "  p.log.scrollTop = mark.offsetTop - p.log.offsetTop - 60;\n"
    "}\n"
    "\n"
    "function show(k) {\n"
    "  slider.value = k;\n"
    "  slider.setAttribute(\"aria-valuetext\", time(k));\n"
    "  get(\"replay-time\").textContent = time(k);\n"
    "  for (const p of panels) {\n"
    "    p.veil.style.display = k === end ? \"none\" : \"inline\";\n"
    "    p.veil.style.transform = `translateX(calc(var(--plot) * ${k / "
    "end}))`;\n"
    "    p.says.textContent = `at ${time(k)}: ${sentence(p.at[k])}`;\n"
    "    if (p.log)\n"
    "      showLog(p, bar.dataset.seconds * k / end + 0.0005);\n"
    "  }\n"
    "}\n"
    "\n"
    "// Goes to the next step at which an answer has come, or to the one "
    "before.\n"
    "function step(by) {\n"
    "  const came = (p) => p.at[k].a > 0;\n"
    "  let k = Number(slider.value);\n"
    "  stop();\n"
    "  do\n"
    "    k = Math.min(Math.max(k + by, 0), end);\n"
    "  while (k > 0 && k < end && !panels.some(came));\n"
    "  show(k);\n"
    "  get(\"replay-told\").textContent = time(k) + \": \" + "
    "(panels.filter(came)\n"
    "    .map((p) => count(p.at[k].a, \"answer\", \"answers\") + \" from \" + "
    "p.name)\n"
    "    .join(\", \") || \"no answer\");\n"
    "}\n"
    "\n"
    "const partOf = (k) => k / end;\n"
    "const atPart = (part) => Math.floor(part * end);\n"
    "get(\"replay-box\").nextElementSibling.remove();\n"
    "get(\"replay-box\").remove();\n"
    "show(end);\n";

/* Returns the first step at or after this time; the one behind the last if the
 * time is not on the axis. */
static int
step_of(int64_t ns, int64_t span_ns)
{
    double step = ceil((double)ns * REPLAY_STEPS / (double)span_ns);

    return step <= REPLAY_STEPS ? (int)step : REPLAY_STEPS + 1;
}

/* The steps of one client, or how many clients are in each state. */
struct steps {
    unsigned char does[REPLAY_STEPS + 1];
    int counts[REPLAY_STEPS + 1][STATES];
    int answers[REPLAY_STEPS + 2]; /* the last one is not shown */
};

/* From the first of these steps on, up to the other one, a client does this. */
static void
fill(struct steps *s, int from, int to, int does)
{
    if (from < to)
        memset(s->does + from, does, (size_t)(to - from));
}

/* Adds what a client does at each step. */
static void
add_client(struct steps *s, const struct panel *panel, int client,
           int64_t span_ns)
{
    const struct record *r = panel->record;
    const struct record_client *c = &r->clients[client];
    struct spans spans = spans_of_client(r, panel->figures, client);
    bool failed = c->end.outcome == RECORD_FAILED;

    fill(s, 0, REPLAY_STEPS + 1, DOES_NOTHING);
    /* The last kind is shown, as in the pictures. */
    for (int kind = 0; kind < SPANS_KINDS; kind++)
        for (int i = 0; i < spans.count; i++)
            if ((int)spans.list[i].kind == kind)
                fill(s, step_of(spans.list[i].began_ns, span_ns),
                     step_of(spans.list[i].ended_ns, span_ns), kind);
    free(spans.list);
    if (c->ended_ns != RECORD_NEVER)
        fill(s, step_of(c->ended_ns, span_ns), REPLAY_STEPS + 1,
             failed ? HAS_FAILED : IS_DONE);
    for (int k = 0; k <= REPLAY_STEPS; k++)
        s->counts[k][s->does[k]]++;
    for (int i = 0; i < c->answered; i++)
        s->answers[step_of(record_message(r, client, i)->answered_ns,
                           span_ns)]++;
}

void
replay_write_steps(FILE *out, const struct panel *panel, int64_t span_ns)
{
    struct steps *s = memory_get(1, sizeof(*s));

    for (int i = 0; i < panel->record->plan.clients; i++)
        add_client(s, panel, i, span_ns);
    for (int k = 0; k <= REPLAY_STEPS; k++) {
        /* Both kinds of waiting have one letter. */
        s->counts[k][SPANS_WAITING] += s->counts[k][SPANS_RETURNING];
        s->counts[k][SPANS_RETURNING] = 0;
        if (k > 0 && s->answers[k] == 0 &&
            memcmp(s->counts[k], s->counts[k - 1], sizeof(s->counts[k])) == 0)
            continue;
        fprintf(out, "%s%d", k > 0 ? " " : "", k);
        if (s->answers[k] > 0)
            fprintf(out, "a%d", s->answers[k]);
        for (int state = 0; state < STATES; state++)
            if (s->counts[k][state] > 0)
                fprintf(out, "%c%d", letters[state], s->counts[k][state]);
    }
    free(s);
}

/* Returns how many times slower a replay is than the run, so that it takes
 * about PLAYED_NS at most; less than 1 if it is faster. */
static double
find_pace(int64_t span_ns)
{
    static const double steps[] = {1, 2, 4, 10};
    double most = (double)PLAYED_NS / (double)span_ns;
    double power = 1;
    int i = 0;

    while (power > most)
        power /= 10;
    while (power * 10 <= most)
        power *= 10;
    while (i < 2 && power * steps[i + 1] <= most)
        i++;
    return power * steps[i];
}

void
replay_veil(FILE *out, const struct replay_place *place,
            const struct panel *panel, int64_t span_ns)
{
    fprintf(out,
            "<g class=\"replay\" style=\"--plot:%dpx;--played:%.2fs\" "
            "data-log=\"log-%d\" "
            "data-steps=\"",
            place->plot, clock_seconds(span_ns) * find_pace(span_ns),
            place->number);
    replay_write_steps(out, panel, span_ns);
    fprintf(out,
            "\">\n<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>\n"
            "<path d=\"M%d %dV%d\"/>\n</g>\n",
            place->left, place->top, place->width, place->bottom - place->top,
            place->left, place->top, place->bottom);
}

void
replay_buttons(FILE *out, const char *label, const char *event, int last,
               int at)
{
    fprintf(
        out,
        "<button type=\"button\" id=\"replay-play\">%s</button>\n"
        "<button type=\"button\" id=\"replay-before\">previous %s</button>\n"
        "<button type=\"button\" id=\"replay-next\">next %s</button>\n"
        "<input type=\"range\" id=\"replay-at\" aria-label=\"time\" "
        "min=\"0\" max=\"%d\" value=\"%d\"/>\n"
        "<span id=\"replay-time\"></span>\n",
        label, event, event, last, at);
}

void
replay_controls(FILE *out, int64_t span_ns)
{
    struct text_scale scale = text_scale(span_ns, span_ns);
    double pace = find_pace(span_ns);
    char label[64] = "replay";

    if (pace > 1)
        snprintf(label, sizeof(label), "replay, %.0f times slower", pace);
    else if (pace < 1)
        snprintf(label, sizeof(label), "replay, %.0f times faster", 1 / pace);
    fprintf(out,
            "<input type=\"checkbox\" id=\"replay-box\"/>\n"
            "<label for=\"replay-box\">%s</label>\n"
            "<div id=\"replay\" role=\"group\" aria-label=\"replay\" "
            "data-seconds=\"%.6f\" data-span=\"%.6f\" data-name=\"%s\" "
            "data-decimals=\"%d\" data-played=\"%.0f\" hidden=\"hidden\">\n",
            label, clock_seconds(span_ns),
            (double)span_ns / (double)scale.unit_ns, scale.unit, scale.decimals,
            clock_seconds(span_ns) * pace * 1e3);
    replay_buttons(out, label, "answer", REPLAY_STEPS, REPLAY_STEPS);
    fputs("<output id=\"replay-told\"></output>\n</div>\n", out);
}

void
replay_script(FILE *out, const char *own)
{
    /* "<" and "&" would not be XML.  HTML sees two comments of the script. */
    fprintf(out, "<script>\n//<![CDATA[\n%s%s%s//]]>\n</script>\n",
            script_of_player, own != NULL ? own : script_of_panels,
            own != NULL ? "" : script_of_steps);
}
