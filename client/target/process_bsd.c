/* For the BSDs and for macOS, which have no /proc: most of what tools ask about
 * other processes is not known there, and the tools say so. */

#define _DEFAULT_SOURCE /* getloadavg */

#include "client/target/process.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum process_state
process_state(pid_t pid)
{
    return kill(pid, 0) == 0 || errno == EPERM ? PROCESS_ALIVE : PROCESS_GONE;
}

bool
process_can_look(void)
{
    return false;
}

void
process_add_size(struct process_size *sum, pid_t pid)
{
    (void)sum;
    (void)pid;
}

void
process_add_use(struct process_use *sum, pid_t pid)
{
    (void)sum;
    (void)pid;
}

struct process_cores
process_cores(void)
{
    int cores = (int)sysconf(_SC_NPROCESSORS_ONLN);

    return (struct process_cores){
        .present = cores, .allowed = cores, .time = cores};
}

double
process_load(void)
{
    double average;

    return getloadavg(&average, 1) == 1 ? average : 0;
}

int
process_memory_file(void)
{
    FILE *file = tmpfile(); /* it has no name, which is enough */

    return file == NULL ? -1 : dup(fileno(file));
}

bool
process_program(pid_t pid, char *path, size_t size)
{
    (void)pid;
    if (size > 0)
        path[0] = '\0';
    return false;
}

bool
process_listens_on(unsigned port, char address[PROCESS_ADDRESS_MAX])
{
    (void)port;
    address[0] = '\0';
    return false;
}

int
process_children(pid_t pid, pid_t *children, int max)
{
    (void)pid;
    (void)children;
    (void)max;
    return 0;
}

bool
process_belongs(pid_t pid, pid_t session, const char *mark)
{
    (void)pid;
    (void)session;
    (void)mark;
    return false;
}

int
process_threads(pid_t pid, struct process_thread *threads, int max)
{
    (void)pid;
    (void)threads;
    (void)max;
    return -1;
}

int
process_first_unused(pid_t pid)
{
    (void)pid;
    return -1;
}

/* There are no such requests that all these systems know.  So what a server has
 * left behind is not found, and a server outlives a tool that is killed. */
bool
process_adopt_orphans(void)
{
    return true;
}

bool
process_end_with_parent(void)
{
    return true;
}

unsigned
process_listening_port(pid_t pid, unsigned port)
{
    (void)pid;
    (void)port;
    return 0;
}

int
process_listeners(unsigned port)
{
    (void)port;
    return 0;
}

int64_t
process_descriptors(pid_t pid)
{
    (void)pid;
    return -1;
}

int64_t
process_limit(pid_t pid)
{
    (void)pid;
    return -1;
}

bool
process_set_limit(pid_t pid, const struct rlimit *limit, struct rlimit *before)
{
    (void)pid;
    (void)limit;
    (void)before;
    errno = ENOSYS;
    return false;
}

int64_t
process_run_delay(void)
{
    return -1;
}

int64_t
process_all_cpu(void)
{
    return -1;
}
