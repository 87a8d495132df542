/* server - the server of a case: its process, its log, and what /proc says of
 * it.
 *
 * A case has one server at a time.  All functions end the case (case_fail) if
 * what they check is not so, or does not become so within the patience.  A
 * regex is a POSIX extended regular expression that matches a part of a line
 * of the log. */

#ifndef TESTS_PLAYER_SERVER_H
#define TESTS_PLAYER_SERVER_H

#include <stdbool.h>
#include <sys/socket.h>

#define SERVER_WORDS_MAX 64

/* Sets a limit, "descriptors" or "file" (bytes), for the server that is
 * started next, or for the one that runs.  Skips the case if the limit is
 * higher than allowed. */
void server_limit(const char *resource, unsigned long value);

/* The next server is started by these words, with its own words behind them.
 * words ends with NULL and must stay valid. */
void server_under(char **words);

/* Starts the program with options, which end with NULL, on a free port unless
 * they say -p, and waits until it listens. */
void server_start(const char *program, char **options);

/* Tells whether there is a server that has been started and has not ended. */
bool server_runs(void);

/* Ends the server and its children at once: the case has failed. */
void server_kill(void);

/* Call it when a case has ended.  Forgets the server, which has ended, its log,
 * and the settings of the case for the next server (server_limit,
 * server_under). */
void server_reset(void);

/* Prints the last lines of the log. */
void server_print_log(void);

/* Connects the socket fd to the server. */
int server_connect(int fd);

/* Return the family of the server's address, and its pid and port as digits. */
int server_family(void);
const char *server_pid(void);
const char *server_port(void);

/* Sends a signal to the server or, if regex is not NULL, to the process that
 * wrote the last line of the log that matches. */
void server_signal(int signal_number, const char *regex);

/* Sends a signal to each of the server's children. */
void server_signal_children(int signal_number);

/* Waits until the log has a line that matches. */
void server_log(const char *regex);

/* Exactly count lines of the log match. */
void server_log_count(long count, const char *regex);

/* All lines of the log match. */
void server_log_only(const char *regex);

/* By the times in the log, at least ms milliseconds passed from the first line
 * that matches from to the last that matches to. */
void server_log_lasted(const char *from, const char *to, double ms);

/* By the times in the log, the two lines that match and are nearest to each
 * other are at least ms apart (or, if apart is false, less than ms). */
void server_log_apart(const char *regex, double ms, bool apart);

/* By the log, exactly count messages were worked on at the same time at
 * most. */
void server_log_at_once(long count);

/* Waits until the server has so many children (zombies included), so many
 * zombies, or so many threads itself. */
void server_children(long count);
void server_zombies(long count);
void server_threads(long count);

/* Waits until, during 100 ms, the threads of the server and of its children
 * went to sleep no more often than sleeps times, and all of them sleep at the
 * end. */
void server_rest(long sleeps);

/* Waits until a thread of the server or of its children waits in this system
 * call.  Skips the case if the kernel does not say in which one it waits. */
void server_waits(const char *call);

/* Waits until the server and its children have used 20 ms of CPU time since the
 * last mark or, if threads is not 0, until each of so many threads has used 20
 * ms since it began. */
void server_busy(long threads);

/* Remembers what the server and its children have used so far; a new server
 * begins with a mark.  Since the last mark they have used at most so much more
 * CPU time, memory (proportional set size), or gone to sleep so often.  For
 * memory there must be a mark. */
void server_mark(void);
void server_cpu(long ms);
void server_memory(long kib);
void server_sleeps(long count);

/* Waits until the server and all children that it had have ended: with exit
 * status status or, if that is negative, by the signal -status.  No sanitizer
 * has reported anything. */
void server_ended(int status);

/* The next line of the server's standard output matches; it is printed by a
 * server that has ended. */
void server_summary(const char *regex);

/* The summary counts exactly so many acks. */
void server_summary_acks(long acks);

/* Nothing of the clients is left: no more descriptors than at the start, no
 * children that nobody waits for.  Then SIGTERM ends the server with status 0
 * and a summary. */
void server_stop_unharmed(void);

#endif
