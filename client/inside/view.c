#include "client/inside/view.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "client/draw/text.h"
#include "client/inside/screen.h"
#include "client/memory.h"
#include "common/clock.h"
#include "common/log.h"

#define REFRESH_NS (100 * CLOCK_MS)
#define KEYS_MAX   64
#define STATUS_MAX 80
#define ENTER      "\033[?1049h\033[?25l" /* other screen, no cursor */
#define LEAVE      "\033[?25h\033[?1049l"
#define HOME       "\033[H"
#define ERASE_LINE "\033[K"
#define ERASE_REST "\033[J"
#define KEYS_LINE \
    "q quit   space freeze   < > step   c by client   w by worker   ? facts"
#define KEYS_SHORT "q quit  space freeze  < > step  ? facts"

static struct termios before;
static bool taken; /* the terminal is not as it was before */

/* The paragraphs of the page of facts. */
static const char *const facts[] = {
    "Clients: what each client waits for, as it sees it, and where its "
    "connection is in the kernel.  Accept queue (Q): it is connected, but the "
    "server has not accepted it.  Unread (U): accepted, but bytes wait that "
    "the server has not read.  Read (R): the server has read all bytes.  "
    "Served (S): the server works for it.  Its event log says so, or a process "
    "works that holds no other client.",
    "Accept queue: its length, and how many clients it holds (backlog + 1).  "
    "Overflows are counted for all servers of this machine together.",
    "Server: the system call that each process or thread is in, the client it "
    "works for (?: inferred from its last call), for how many seconds it has "
    "been in this call, and how much of a CPU it used.  Lock (l), condition "
    "(c) and wait for thread (j) are told apart by how the GNU C library calls "
    "futex.",
    "All this is sampled.  A wait that is shorter than the pause between two "
    "samples may be missing.  A sample is read piece by piece while the server "
    "goes on, so its parts may not fit together.",
};

static void
give_back(void)
{
    if (!taken)
        return;
    taken = false;
    fputs(LEAVE, stdout);
    (void)fflush(stdout);
    (void)tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

/* A signal that only ends a wait: the size of the terminal has changed. */
static void
ignore(int signal_number)
{
    (void)signal_number;
}

void
view_open(struct view *v, const struct recording *recording,
          const struct terminal_options *look)
{
    struct sigaction resized = {.sa_handler = ignore};
    struct termios raw;

    *v = (struct view){.recording = recording, .look = look};
    if (!isatty(STDIN_FILENO) || !terminal_moves_cursor(STDOUT_FILENO) ||
        tcgetattr(STDIN_FILENO, &before) == -1)
        return;
    raw = before;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    raw.c_cc[VSUSP] = _POSIX_VDISABLE; /* the server would go on without us */
    sigemptyset(&resized.sa_mask);
    if (tcsetattr(STDIN_FILENO, TCSANOW, &raw) == -1 ||
        sigaction(SIGWINCH, &resized, NULL) == -1 || atexit(give_back) != 0)
        die("cannot use the terminal");
    taken = v->open = true;
    fputs(ENTER, stdout);
}

void
view_close(struct view *v)
{
    v->open = false;
    give_back();
}

/* --- drawing ---------------------------------------------------------------
 */

/* Returns the index of the sample that is shown; -1: there is none yet. */
static int
shown(const struct view *v)
{
    return v->frozen || v->over ? recording_at(v->recording, v->at_ns)
                                : v->recording->count - 1;
}

/* Writes as many lines of the facts as there is room for. */
static void
put_facts(FILE *out, const struct terminal *t)
{
    char *text;
    size_t size;
    FILE *lines = memory_open(&text, &size);
    const char *end;

    for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++)
        text_words(lines, facts[i], 0, t->width);
    memory_close(lines);
    end = text;
    for (int i = 0; i < t->height - 2 && *end != '\0'; i++)
        end = strchr(end, '\n') + 1;
    fprintf(out, "What you see\n%.*sPress any key.", (int)(end - text), text);
    free(text);
}

static void
draw(const struct view *v, FILE *out)
{
    struct terminal t = terminal_ask(STDOUT_FILENO, v->look);
    char status[STATUS_MAX] = "";
    struct screen_options options = {
        .terminal = t,
        .by_worker = v->by_worker,
        .status = status,
        .keys = t.width < (int)sizeof(KEYS_LINE) ? KEYS_SHORT : KEYS_LINE};
    int index = shown(v);

    if (t.width < SCREEN_WIDTH_MIN || t.height < SCREEN_HEIGHT_MIN)
        fprintf(out, "needs %d columns, %d lines", SCREEN_WIDTH_MIN,
                SCREEN_HEIGHT_MIN);
    else if (v->facts)
        put_facts(out, &t);
    else if (index >= 0) {
        if (v->frozen)
            snprintf(status, sizeof(status), "%s: sample %d of %d",
                     v->over ? "over" : "frozen", index + 1,
                     v->recording->count);
        screen_draw(out, v->recording, index, &options);
    }
}

static void
show(struct view *v)
{
    char *text;
    size_t size;
    FILE *out = memory_open(&text, &size);
    const char *line;

    draw(v, out);
    memory_close(out);
    fputs(HOME, stdout);
    for (line = text; *line != '\0';) {
        int len = (int)strcspn(line, "\n");

        /* Erased first, since after a full line the cursor is still on it. */
        fprintf(stdout, ERASE_LINE "%.*s", len, line);
        line += len;
        if (*line == '\n')
            putc(*line++, stdout);
    }
    fputs(ERASE_REST, stdout);
    free(text);
    v->drawn_ns = clock_now();
    if (fflush(stdout) == EOF)
        v->open = false; /* the terminal is gone */
}

/* --- keys ------------------------------------------------------------------
 */

/* Freezes the picture at a sample some steps from the one that is shown. */
static void
step(struct view *v, int steps)
{
    int index = shown(v) + steps;

    if (v->recording->count == 0)
        return;
    if (index >= v->recording->count)
        index = v->recording->count - 1;
    v->at_ns = v->recording->samples[index > 0 ? index : 0]->at_ns;
    v->frozen = true;
}

static void
obey(struct view *v, char key)
{
    bool facts_shown = v->facts;

    v->facts = false;
    switch (key) {
    case 'q':
        v->quit = true;
        break;
    case ' ':
        if (v->frozen)
            v->frozen = false;
        else
            step(v, 0);
        break;
    case '<':
    case ',':
    case 'D': /* the end of what an arrow key sends */
        step(v, -1);
        break;
    case '>':
    case '.':
    case 'C':
        step(v, 1);
        break;
    case 'c':
    case 'w':
        v->by_worker = key == 'w';
        break;
    case '?':
        v->facts = !facts_shown;
        break;
    default:
        break;
    }
}

/* Obeys the keys that can be read.  Returns whether there were any. */
static bool
obey_keys(struct view *v)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    char keys[KEYS_MAX];
    ssize_t n = poll(&input, 1, 0) > 0 ? read(STDIN_FILENO, keys, KEYS_MAX) : 0;

    if ((input.revents != 0 && n == 0) || (n == -1 && errno != EINTR))
        v->quit = true; /* the terminal is gone */
    for (ssize_t i = 0; i < n; i++)
        obey(v, keys[i]);
    return n > 0;
}

void
view_refresh(struct view *v)
{
    if (!v->open)
        return;
    if (obey_keys(v) || clock_now() >= v->drawn_ns + REFRESH_NS)
        show(v);
}

void
view_browse(struct view *v, int stop_fd, bool from_beginning)
{
    const struct recording *r = v->recording;
    struct pollfd events[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                              {.fd = stop_fd, .events = POLLIN}};

    if (!v->open)
        return;
    step(v, from_beginning ? -r->count : 0);
    v->over = true;
    v->frozen = !from_beginning;
    while (v->open && !v->quit && events[1].revents == 0) {
        int timeout_ms = v->frozen ? -1 : (int)(REFRESH_NS / CLOCK_MS);

        show(v);
        /* A new size of the terminal ends the wait, too. */
        if (poll(events, 2, timeout_ms) == 0)
            v->at_ns += REFRESH_NS;
        if (v->at_ns >= r->samples[r->count - 1]->at_ns && !v->frozen)
            step(v, 0);
        (void)obey_keys(v);
    }
}
