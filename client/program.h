/* program - what each program in client/ does between its command line and its
 * work, and what it does at its end. */

#ifndef CLIENT_PROGRAM_H
#define CLIENT_PROGRAM_H

#include <stdbool.h>
#include <stdio.h>

#include "client/draw/terminal.h"
#include "client/output.h"
#include "client/target/process.h"

/* What the programs that write files say about values at the end of --help. */
#define PROGRAM_NOTES                     \
    "\n"                                  \
    "FILE may be '-', which is stdout.\n" \
    "TIME is a number with its unit: 250us, 20ms, 2s, 1m.\n"

struct program {
    struct output *outputs;
    int output_count;
    FILE *text;               /* where the text for people goes */
    struct terminal terminal; /* what text can show */
    int stop_fd;              /* readable: a signal asks the program to end */
};

/* Opens the outputs, which must stay until program_end (output.h);
 * asks what the terminal can show (terminal.h); from now on catches the signals
 * that ask the program to end (interrupt.h); and raises the limit on
 * descriptors as far as this process may.  If an output cannot be opened or a
 * system call fails, prints why and ends the program with status 1. */
struct program program_begin(struct output *outputs, int count,
                             const struct terminal_options *look);

#define PROGRAM_CORES_MAX 64

/* Writes how many cores this program and what it starts may use: "2 cores",
 * "1 of 2 cores", "2 cores for 50% of the time (cgroup)".  Returns out. */
char *
program_cores(char out[PROGRAM_CORES_MAX], const struct process_cores *cores);

/* Flushes text and ends the outputs.  Returns the exit status of the program:
 * EXIT_SUCCESS if succeeded is true and all outputs are written, otherwise
 * EXIT_FAILURE. */
int program_end(struct program *p, bool succeeded);

#endif
