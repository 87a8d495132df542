/* built_servers - the servers of this suite in the folder of the running
 * program, and their traits (see common/options.h).
 *
 * A program of that folder is a server if it prints traits when it is started
 * with --traits, whatever its name.  server_process_prepare must have been
 * called before these functions. */

#ifndef CLIENT_TARGET_BUILT_SERVERS_H
#define CLIENT_TARGET_BUILT_SERVERS_H

#include <stdbool.h>

/* Returns the servers as commands (see command.h) in the order of the course,
 * with NULL at the end.  built_servers_close frees them.  If there is no server
 * or memory fails, the program ends with status 1. */
char **built_servers_list(void);

/* Frees what built_servers_list has returned. */
void built_servers_close(char **servers);

/* Returns the command that text describes, which the caller frees.  If its
 * program has no folder and is a server of that folder, the command has the
 * path: "epoll -b 10" becomes "/home/me/suite/bin/epoll -b 10". */
char *built_servers_find(const char *text);

#define BUILT_SERVERS_NAME_MAX 64

/* Writes the name of the server that is most like the program of text, if they
 * differ by at most two letters.  Returns false if there is none. */
bool built_servers_guess(const char *text, char name[BUILT_SERVERS_NAME_MAX]);

/* What the model of a server promises, by its traits and its options. */
struct built_servers_promise {
    bool one_at_a_time; /* the model serves one, whatever its options are */
    int at_once;        /* so many clients are served; 0: there is no promise */
    bool at_most;       /* so many at most: fewer if the kernel queues several
                         * clients for one worker */
    int computed_at_once; /* so many of these have their messages computed */
};

/* Returns the promise of the server that text describes (see command.h); all
 * zero if it is none of that folder. */
struct built_servers_promise built_servers_promise(const char *text);

#endif
