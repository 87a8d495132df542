#include "client/compare/prediction.h"

#include <string.h>

#include "client/draw/text.h"
#include "common/values.h"

#define LINE_LEN 64

bool
prediction_ask(int64_t *ns, FILE *out, FILE *in, const char *label,
               bool explain)
{
    char line[LINE_LEN];
    char why[VALUES_WHY_MAX];

    if (explain)
        fputs("How long until all clients of a server are done?\n"
              "A time, as in 0.6 or 600ms; only Enter: no guess.\n",
              out);
    for (;;) {
        fprintf(out, "%s? ", label);
        if (fflush(out) == EOF || fgets(line, sizeof(line), in) == NULL) {
            putc('\n', out);
            return false;
        }
        if (strchr(line, '\n') == NULL)
            for (int c = getc(in); c != '\n' && c != EOF;)
                c = getc(in); /* the rest of a line that is too long */
        line[strcspn(line, "\n")] = '\0';
        if (*line == '\0' || values_seconds(line, ns, why))
            return true;
        fprintf(out, "'%s' is not a time; write 0.6, 600ms or 2s\n", line);
    }
}

void
prediction_answer(FILE *out, const struct trial *t)
{
    char took[TEXT_TIME_MAX];
    char guess[TEXT_TIME_MAX];

    if (*t->failure != '\0') {
        fprintf(out, "  %s\n", t->failure);
        return;
    }
    text_time(took, t->figures.all_done_ns);
    text_time(guess, t->guess_ns);
    if (t->guess_ns != RECORD_NEVER)
        fprintf(out, "  it took %s; you said %s\n", took, guess);
    else
        fprintf(out, "  it took %s\n", took);
    if (*t->formula != '\0')
        fprintf(out, "  %s\n", t->formula);
}
