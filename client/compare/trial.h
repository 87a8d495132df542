/* trial - one server's part in a comparison: the server is started, the clients
 * talk to it while its processes are measured, it is stopped and its log is
 * read.  The result is what happened, what that cost, and what the model of the
 * server predicts. */

#ifndef CLIENT_COMPARE_TRIAL_H
#define CLIENT_COMPARE_TRIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "client/draw/progress.h"
#include "client/record/figures.h"
#include "client/record/plan.h"
#include "client/record/record.h"
#include "client/target/built_servers.h"
#include "client/target/process.h"

#define TRIAL_UNKNOWN     INT64_MIN /* a value that this system cannot tell */
#define TRIAL_FAILURE_MAX 200
#define TRIAL_FORMULA_MAX 200
#define TRIAL_NOISE       20

/* What one message costs. */
struct trial_work {
    int64_t delay_ns; /* of waiting */
    int64_t cpu_ns;   /* of computing */
};

/* What the server and its descendants used, from the start of the first client
 * to the end of the server.  Each value may be TRIAL_UNKNOWN. */
struct trial_cost {
    int64_t cpu_ns;
    int64_t own_cpu_ns;   /* of the model itself, per client */
    int64_t noise_ns;     /* how far own_cpu_ns may be wrong; 0 at first */
    int64_t peak_bytes;   /* of memory: all processes at one moment */
    int64_t processes;    /* the most at one moment */
    int64_t threads;      /* the most in one process */
    int64_t voluntary;    /* context switches: it had to wait */
    int64_t involuntary;  /* context switches: another program had its turn */
    int64_t cpu_least_ns; /* cpu_ns of the run with the least */
    int64_t cpu_most_ns;  /* and of the one with the most */
    int64_t others; /* thousandths of a core that all other programs used */
};

struct trial {
    char *label;               /* "prefork -w 5" */
    bool serves_one_at_a_time; /* as the server's traits say */
    struct built_servers_promise promise;
    const char *lacks_mark; /* "{delay}", if the command should have it; NULL */
    char *command;          /* as it was started, in one line */
    char *log;              /* what the server wrote to stderr; NULL: nothing */
    struct record record;
    struct figures figures;
    struct trial_cost cost;
    int64_t predicted_ns;            /* for the whole run; or RECORD_NEVER */
    bool at_least;                   /* predicted_ns is a lower bound */
    char formula[TRIAL_FORMULA_MAX]; /* from which predicted_ns is computed */
    int runs;                        /* so many were made; this is the median */
    int64_t least_ns;                /* all_done_ns of the shortest run */
    int64_t most_ns;                 /* the same of the longest one */
    int64_t guess_ns; /* what the person said before; or RECORD_NEVER */
    char failure[TRIAL_FAILURE_MAX]; /* why the run is not whole; "": it is */
    char remark[TRIAL_FAILURE_MAX];  /* what else went wrong; or "" */
};

/* What is the same for all trials of a comparison. */
struct trial_setup {
    struct plan plan;
    struct trial_work work;
    const char *delay; /* work.delay_ns as a TIME */
    const char *cpu;   /* work.cpu_ns as a TIME */
    int runs;          /* of each server */
    struct process_cores cores;
    int stop_fd; /* readable: this program is asked to end */
    struct progress *progress;
};

/* Runs the server that text describes (see command.h) and fills t, which has
 * its label already.  If the run fails, t->failure says why.  If memory fails,
 * the program ends with status 1. */
void
trial_run(struct trial *t, const char *text, const struct trial_setup *setup);

/* Computes the figures and the model's prediction from the record and the work,
 * if the server can use so many cores on average. */
void
trial_conclude(struct trial *t, const struct trial_work *work, double cores);

/* Computes what each model itself costs: its CPU time per client above that of
 * the first server that serves one client at a time, and how far that may be
 * wrong.  After several runs, that is as far as the runs of both servers differ
 * from their medians.  After one run nobody knows, so it is taken to be as much
 * as that server uses per client without the work, and 1 / TRIAL_NOISE of the
 * work.  Without such a server that has no failure, the cost is not known. */
void trial_subtract_baseline(struct trial *trials, int count,
                             const struct trial_work *work);

/* Frees the memory of a trial. */
void trial_close(struct trial *t);

#endif
