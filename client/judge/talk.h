/* talk - a conversation with a server, step by step, for whoever wants to see
 * what the server makes of each step.
 *
 * Every step that waits has a limit; what comes is compared with what is to
 * come. */

#ifndef CLIENT_JUDGE_TALK_H
#define CLIENT_JUDGE_TALK_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define TALK_GOT_MAX  16 /* bytes */
#define TALK_GOT_ROOM (4 * TALK_GOT_MAX + 1)

enum talk_result {
    TALK_OK,
    TALK_SILENCE, /* it did not come in time */
    TALK_CLOSED,  /* end of input came instead */
    TALK_BROKEN, /* the connection was reset, or never made: error says which */
    TALK_WRONG,  /* other bytes came: got */
};

struct talk {
    int fd;                  /* -1: not open */
    int error;               /* an errno, with TALK_BROKEN */
    char got[TALK_GOT_ROOM]; /* with TALK_WRONG, printable, its beginning */
};

/* How a connection is made. */
enum talk_manner {
    TALK_PLAIN,
    TALK_SMALL, /* takes in as few bytes as can be, so that it soon is full */
};

/* Connects, within limit_ns. */
enum talk_result
talk_open(struct talk *t, const struct sockaddr_storage *to, socklen_t to_len,
          enum talk_manner manner, int64_t limit_ns);

/* Sends a message: text and ETX, as talk_send. */
enum talk_result talk_say(struct talk *t, const char *text);

/* Sends bytes; all of them, within a second.  TALK_SILENCE: the server does not
 * take them. */
enum talk_result talk_send(struct talk *t, const void *bytes, size_t len);

/* Sends as many of the bytes as the kernel takes now, returns how many. */
size_t talk_push(struct talk *t, const void *bytes, size_t len);

/* Waits until exactly this text has come.  What comes after it stays for the
 * next step. */
enum talk_result talk_hear(struct talk *t, const char *text, int64_t limit_ns);

/* Waits until the text has come so many times. */
enum talk_result
talk_hear_all(struct talk *t, const char *text, int times, int64_t limit_ns);

/* Waits for the end of input, and for nothing else. */
enum talk_result talk_hear_end(struct talk *t, int64_t limit_ns);

/* Waits so long for anything at all: TALK_SILENCE if nothing came. */
enum talk_result talk_hear_nothing(struct talk *t, int64_t ns);

/* Says that no more will be sent: shutdown(SHUT_WR). */
void talk_half_close(struct talk *t);

/* Ends the connection by a reset. */
void talk_reset(struct talk *t);

/* Closes the connection; does nothing if it is not open. */
void talk_close(struct talk *t);

/* Returns what a result means: "no answer", "the server closed", "connection
 * reset", "got 'x'".  Valid until the next call. */
const char *talk_words(const struct talk *t, enum talk_result result);

#endif
