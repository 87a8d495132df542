/* command - how a server is started: its words, and what stands for the port
 * and for the work in them.
 *
 *     bin/prefork -w 2                  one of the suite, with options
 *     mine=./my-server --port {port}    any other, under the name "mine"
 *
 * Words are separated by blanks; a backslash takes the next character as it
 * is. */

#ifndef CLIENT_TARGET_COMMAND_H
#define CLIENT_TARGET_COMMAND_H

#include <stdbool.h>

/* What is put into a command. */
struct command_terms {
    const char *port;  /* for {port} */
    const char *delay; /* a TIME, for {delay} */
    const char *cpu;   /* a TIME, for {cpu} */
};

/* Returns whether text says where the port goes.  Else the server takes the
 * options of the suite and says on stdout where it listens. */
bool command_takes_port(const char *text);

/* Returns whether the server can be told how much to compute on a message. */
bool command_takes_work(const char *text);

/* Returns the name of the server in text, to be freed: what stands before "=",
 * or the file's name and the words after it; NULL with errno set if there is
 * not the memory. */
char *command_label(const char *text);

/* Returns the words of the command, with the terms put in; where text says
 * nothing of a port, the suite's options -p, -d and -C come last.  Ends with
 * NULL; all in one piece of memory, to be freed.  NULL with errno set if there
 * is not the memory, or (EINVAL) not a single word. */
char **command_words(const char *text, const struct command_terms *terms);

/* Returns the text that stands for these words, to be freed: with backslashes
 * where they are needed.  NULL with errno set if there is not the memory. */
char *command_text(char *const *words);

/* Returns the words as one line, to be freed; NULL with errno set if there is
 * not the memory. */
char *command_line(char *const *words);

#endif
