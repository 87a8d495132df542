/* command - the text with which a person describes a server: its command, with
 * marks for the port and for the work per message.
 *
 *     bin/prefork -w 2                  a server of this suite, with options
 *     mine=./my-server --port {port}    any other server, with a name
 *
 * Words are separated by blanks.  A backslash makes the next character part of
 * the word, whatever it is.  If memory fails, the program ends with status 1.
 */

#ifndef CLIENT_TARGET_COMMAND_H
#define CLIENT_TARGET_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "client/record/plan.h"

/* What replaces the marks. */
struct command_terms {
    const char *port;  /* {port} */
    const char *delay; /* {delay}, a TIME */
    const char *cpu;   /* {cpu}, a TIME */
};

/* Returns whether text has a mark for the port.  Without it, the server must
 * take the options of the suite and print on stdout where it listens. */
bool command_takes_port(const char *text);

/* Returns whether the server can be told how long to wait for each message. */
bool command_takes_delay(const char *text);

/* Returns whether the server can be told how much to compute for each message.
 */
bool command_takes_work(const char *text);

/* Returns the name of the server, which the caller frees: what is before "=",
 * or the name of the program's file with all words after it.  What would do
 * something to a terminal stands there as an escape. */
char *command_label(const char *text);

/* Returns where in text the program stands, after the name of the server, and
 * stores in *len how many bytes it takes. */
const char *command_program(const char *text, size_t *len);

/* Returns the words of the command with NULL at the end, in one piece of memory
 * that the caller frees; NULL if text has no words.  The terms replace the
 * marks. If there is no mark for the port, the options -p, -d and -C follow. */
char **command_words(const char *text, const struct command_terms *terms);

/* Returns the command of a server of this suite with the options -s, -f and
 * --file for the service, the frame and the file of the plan behind it; the
 * same command if the service and the frame are ack and etx.  Frees text; the
 * caller frees the result. */
char *command_add_service(char *text, const struct plan *plan);

/* Returns the text that stands for these words, with backslashes where they are
 * needed.  The caller frees it. */
char *command_text(char *const *words);

/* The same, to be shown: a byte that could control a terminal, or is invisible,
 * is written as an escape such as "\x1b". */
char *command_shown(char *const *words);

#endif
