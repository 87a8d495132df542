/* rings - tells whether this machine lets programs use io_uring: the exit
 * status is 0, or it prints why not and the exit status is 1. */

#include "common/ring.h"

int
main(void)
{
    struct ring ring;

    ring_open(&ring);
    ring_close(&ring);
    return 0;
}
