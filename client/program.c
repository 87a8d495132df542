#include "client/program.h"

#include <stdlib.h>

#include "client/draw/text.h"
#include "client/interrupt.h"
#include "common/net.h"

struct program
program_begin(struct output *outputs, int count,
              const struct terminal_options *look)
{
    struct program p = {.outputs = outputs, .output_count = count};

    output_open(outputs, count);
    p.text = output_text(outputs, count);
    p.terminal = terminal_ask(fileno(p.text), look);
    p.stop_fd = interrupt_catch();
    (void)net_raise_limit();
    return p;
}

char *
program_cores(char out[PROGRAM_CORES_MAX], const struct process_cores *cores)
{
    int len = 0;

    if (cores->allowed < cores->present)
        len = snprintf(out, PROGRAM_CORES_MAX, "%d of ", cores->allowed);
    len += snprintf(out + len, PROGRAM_CORES_MAX - (size_t)len, "%d core%s",
                    cores->present, text_plural(cores->present));
    if (cores->time < cores->allowed)
        snprintf(out + len, PROGRAM_CORES_MAX - (size_t)len,
                 " for %.0f%% of the time (cgroup)",
                 100 * cores->time / cores->allowed);
    return out;
}

int
program_end(struct program *p, bool succeeded)
{
    succeeded = output_end_text(p->text) && succeeded;
    for (int i = 0; i < p->output_count; i++)
        succeeded = output_end(&p->outputs[i]) && succeeded;
    return succeeded ? EXIT_SUCCESS : EXIT_FAILURE;
}
