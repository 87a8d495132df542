#include "client/program.h"

#include <stdlib.h>

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

int
program_end(struct program *p, bool succeeded)
{
    succeeded = output_end_text(p->text) && succeeded;
    for (int i = 0; i < p->output_count; i++)
        succeeded = output_end(&p->outputs[i]) && succeeded;
    return succeeded ? EXIT_SUCCESS : EXIT_FAILURE;
}
