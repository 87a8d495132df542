#include "client/draw/hand_in.h"

#include <stdlib.h>

#include "client/draw/fault.h"
#include "client/draw/lanes.h"
#include "client/draw/load_report.h"
#include "client/draw/markdown.h"
#include "client/draw/report.h"
#include "client/draw/terminal.h"
#include "client/draw/timeline.h"
#include "client/memory.h"

static void
put_head(FILE *out, const struct plan *plan, const char *command)
{
    char title[REPORT_TITLE_MAX];

    report_title(title, plan);
    fprintf(out, "## %s\n\nmade by\n", title);
    markdown_code(out, command);
    putc('\n', out);
}

/* Writes a cell with a time. */
static void
put_time(FILE *out, const struct text_scale *scale, int64_t ns)
{
    fprintf(out, " %s |",
            ns != RECORD_NEVER ? TEXT_SCALED(scale, ns, true) : "-");
}

static void
put_row(FILE *out, const struct record *r, int client,
        const struct text_scale *scale)
{
    static const char *const ends[] = {
        [RECORD_OPEN] = "not done",
        [RECORD_CLOSED] = "done",
        [RECORD_VANISHED] = "vanished",
        [RECORD_HUNG_UP] = "closed by the server",
    };
    enum record_outcome outcome = r->clients[client].end.outcome;
    char fault[FAULT_WORDS_MAX];

    fprintf(out, "| %d |", client + 1);
    put_time(out, scale, figures_first_ns(r, client));
    put_time(out, scale, figures_all_ns(r, client));
    putc(' ', out);
    if (outcome == RECORD_FAILED) {
        fault_of_client(fault, r, client);
        markdown_text(out, fault);
    } else {
        fputs(ends[outcome], out);
    }
    fputs(" |\n", out);
}

static void
put_table(FILE *out, const struct panel *panel)
{
    struct lanes lanes = lanes_open(panel, HAND_IN_CLIENTS_MAX, 0);
    struct text_scale scale =
        lanes_scale(&lanes, 1, panel->figures->first.min_ns);

    fputs("| client | first answer | all done | |\n| ---: | ---: | ---: | --- "
          "|\n",
          out);
    for (int i = 0; i < lanes.count && !lanes.list[i].of_worker; i++) {
        if (lanes.list[i].more)
            fprintf(out, "| ... | | | %d more ended in between |\n",
                    lanes.list[i].number);
        else
            put_row(out, panel->record, lanes.list[i].number, &scale);
    }
    free(lanes.list);
}

void
hand_in_run(FILE *out, const struct panel *panel, const char *command)
{
    struct terminal terminal = {.width = HAND_IN_WIDTH, .utf8 = true};
    char *text;
    size_t size;
    FILE *drawn = memory_open(&text, &size);

    put_head(out, &panel->record->plan, command);
    put_table(out, panel);
    if (panel->figures->connected > 0)
        timeline_draw(drawn, panel, 1, &terminal, 0);
    putc('\n', drawn);
    report_summary(drawn, panel->record, panel->figures, HAND_IN_WIDTH);
    memory_close(drawn);
    markdown_code(out, text);
    free(text);
}

void
hand_in_load(FILE *out, const struct load *l, const char *command)
{
    struct terminal terminal = {.width = HAND_IN_WIDTH, .utf8 = true};
    char *text;
    size_t size;
    FILE *drawn = memory_open(&text, &size);

    put_head(out, &l->plan, command);
    load_report_markdown(out, l);
    load_report_summary(drawn, l, &terminal);
    memory_close(drawn);
    markdown_code(out, text);
    free(text);
}
