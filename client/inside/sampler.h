/* sampler - takes samples: asks the kernel about each client's connection and
 * about the accept queue, looks at the server's tasks, and joins the two.
 */

#ifndef CLIENT_INSIDE_SAMPLER_H
#define CLIENT_INSIDE_SAMPLER_H

#include <sys/socket.h>

#include "client/inside/recording.h"
#include "client/inside/assignment.h"
#include "client/inside/tasks.h"
#include "client/play/address.h"
#include "client/record/kernel.h"
#include "client/record/record.h"

struct sampler {
    struct recording *recording;
    struct kernel kernel;
    struct sockaddr_storage client; /* the address of all clients; the port is
                                       that of each */
    struct tasks tasks;
    struct assignment assignment;
    int64_t cost_ns;   /* CPU time of one sample: the mean of the last ones */
    int children;      /* found so far, also those that have ended */
    int threads;       /* the same */
    int64_t overflows; /* as last asked */
    int64_t overflows_ns; /* when they are asked again */
    int64_t overflows_before;
    struct sample sample;
    struct sample_client clients[RECORDING_CLIENTS_MAX];
    struct sample_task list[TASKS_MAX];
};

/* Prepares to watch the server at this address, whose process is pid (0: not
 * known) and whose event log is log_fd (-1: none).  What cannot be read is
 * noted in the recording.  The caller frees *s with sampler_close. */
void sampler_open(struct sampler *s, struct recording *recording,
                  const struct address *to, pid_t pid, int log_fd);

/* Takes a sample and adds it to the recording.  Returns how long to pause until
 * the next one: 20 ms, or longer if taking samples would otherwise need more
 * than 1 percent of a CPU. */
int64_t sampler_take(struct sampler *s, const struct record *r, int64_t now_ns);

/* Frees what it holds. */
void sampler_close(struct sampler *s);

#endif
