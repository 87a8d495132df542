/* probe - a client with which the judge tries a server: its connection, what it
 * still has to send, and which answers have come.
 *
 * No function blocks in a system call of a socket: probe_wait polls any number
 * of probes in one loop, and every wait ends after a time that is fixed when it
 * begins.  It also ends when the program receives a signal to end.
 *
 * The functions below it make one probe do one step, and return when the step
 * is done.  The first step that fails sets result; the steps after it then do
 * nothing.  So a check writes a conversation as a list of steps, and looks at
 * result once, at the end. */

#ifndef CLIENT_JUDGE_PROBE_H
#define CLIENT_JUDGE_PROBE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/judge/target_server.h"
#include "client/play/answer.h"
#include "client/play/exchange.h"

#define PROBE_MAX      1200 /* probes that one loop can drive */
#define PROBE_GOT_MAX  16   /* bytes that are shown of a wrong answer */
#define PROBE_GOT_ROOM (4 * PROBE_GOT_MAX + 1)
#define PROBE_ANY      INT64_MAX /* answers: as many as come */

enum probe_result {
    PROBE_OK,
    PROBE_SILENT, /* what the step waits for did not come in time */
    PROBE_CLOSED, /* the server closed the connection instead */
    PROBE_BROKEN, /* the connection failed, or was never made: see error */
    PROBE_WRONG,  /* other bytes came than those expected: see got */
};

struct probe {
    const struct target_server *server;
    int fd; /* -1 if it has no connection, or none any more */
    bool connecting;
    bool was_connected;
    const struct sockaddr_in *from; /* its own address; NULL: any */
    bool small_buffer; /* the kernel keeps few bytes that it has not read */
    bool leaves;       /* sends goodbye and closes when its answer has come */
    enum probe_result result;
    int error;                /* an errno, with PROBE_BROKEN */
    char got[PROBE_GOT_ROOM]; /* printable, with PROBE_WRONG */

    /* It sends these bytes again and again, until sent is to_send. */
    const char *bytes;
    size_t len;
    int64_t sent;
    int64_t to_send;
    /* Messages that it may be ahead of the answers, 0: any; and the
     * bytes of a message, if bytes are several messages; 0: len. */
    int64_t messages_ahead;
    int64_t message_len;
    int64_t pause_ns; /* after each byte; 0: it sends as much as it can */
    int64_t next_ns;  /* when the next byte is due, with pause_ns */

    /* It receives until answers is answers_due.  What comes after that stays
     * in the kernel, and the next step finds it. */
    int64_t answers;
    int64_t answers_due;
    int64_t naks;         /* so many of the answers */
    const char *expected; /* the answers that must come; NULL: any are right */
    struct answer answer; /* the latest, as far as it has come */
    /* If it asks for another service than ack, these instead of the two before:
     * what it has asked, as messages from 0 on, and the latest answer. */
    const struct plan *asks;
    struct exchange exchange;

    /* Probes that go on sending and receiving while this one waits. */
    struct probe *beside;
    int beside_count;
};

/* What probe_wait waits for. */
enum probe_until {
    PROBE_CONNECTED, /* no probe is connecting */
    PROBE_SENT,      /* and each has sent what it has to send */
    PROBE_ANSWERED,  /* no probe is connecting, and each has its answers */
    PROBE_ENDED,     /* all connections have ended, or gone wrong */
};

/* Begins to connect a probe, of which the caller has set what it sends and
 * receives; all else is zero.  What fails shows in result. */
void probe_start(struct probe *p, const struct target_server *s);

/* Lets count probes send and receive until that has come, nothing has happened
 * to them for silence_ns, or limit_ns have passed.  Probes that are
 * beside the first go on, too. */
void probe_wait(struct probe *list, int count, enum probe_until until,
                int64_t silence_ns, int64_t limit_ns);

/* As probe_start, but returns when it is connected. */
void probe_connect(struct probe *p, const struct target_server *s);

/* Makes a new probe, and connects it. */
void probe_open(struct probe *p, const struct target_server *s);

/* The same; then it sends a message and receives the answer. */
void probe_open_served(struct probe *p, const struct target_server *s);

/* Sends all of the bytes.  Fails with PROBE_SILENT if the server does not take
 * them within a second. */
void probe_send(struct probe *p, const void *bytes, size_t len);

/* Sends a message: text, and the ETX behind it. */
void probe_send_message(struct probe *p, const char *text);

/* Sends a message of the server's service in its frame, and receives the
 * answer, whose text is then in exchange.  With a text (up to 31 bytes), any
 * answer is right; NULL: it is a message of which the right answer is known. */
void probe_ask(struct probe *p, const char *text);

/* Receives these answers, as "acknak", within the server's limit_ns. */
void probe_receive(struct probe *p, const char *answers);

/* The same, within ns. */
void probe_receive_within(struct probe *p, const char *answers, int64_t ns);

/* Receives until it has so many answers in all, whether ack or nak: until none
 * has come for silence_ns, or limit_ns have passed. */
void probe_receive_any(struct probe *p, int64_t answers, int64_t silence_ns,
                       int64_t limit_ns);

/* Expects that the server closes the connection within ns, and sends nothing
 * before. */
void probe_receive_end(struct probe *p, int64_t ns);

/* Expects that nothing comes for ns, not even the end. */
void probe_receive_nothing(struct probe *p, int64_t ns);

/* Keeps what is sent next at this end until probe_half_close, so that the
 * bytes and the end of input arrive together (TCP_CORK, tcp(7)). */
void probe_hold(struct probe *p);

/* Tells the server that this probe sends no more: shutdown(SHUT_WR). */
void probe_half_close(struct probe *p);

/* If nothing went wrong: sends goodbye, and waits ns for the server to close,
 * since its place is taken until then.  In any case, closes the connection. */
void probe_finish(struct probe *p, int64_t ns);

/* Sends goodbye, and closes the connection at once. */
void probe_leave(struct probe *p);

/* Closes the connection with a reset. */
void probe_reset(struct probe *p);

/* Closes the connection, if there is one. */
void probe_close(struct probe *p);

/* Says in words what result means: "nothing came", "the server closed",
 * "connection reset", "got 'x'".  Valid until the next call. */
const char *probe_words(const struct probe *p);

/* Measures with a probe of its own how long a message takes now, times times:
 * the shortest and the longest.  Returns how many of them were answered; a
 * wrong answer counts, too. */
int probe_time_answers(const struct target_server *s, int times,
                       int64_t *shortest_ns, int64_t *longest_ns);

#endif
