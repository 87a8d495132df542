/* inside: samples of a server that is held at known points, and the pictures of
 * a recording.
 *
 * The recordings are tests/golden/inside-SERVER.txt, which --record wrote.  If
 * their pictures are meant to change, print the new tests/golden/inside-80.txt
 * with build/plain/tests/test_client_inside --print. */

#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "client/inside/picture.h"
#include "client/inside/recording_file.h"
#include "client/inside/sampler.h"
#include "client/inside/screen.h"
#include "client/inside/sentences.h"
#include "client/memory.h"
#include "common/clock.h"
#include "tests/unit/check.h"

#define RECORDED "tests/golden/inside-%s.txt"
#define DRAWN    "tests/golden/inside-80.txt"
#define DRAWN_NS (173 * CLOCK_MS) /* the sample that the screens show */
#define LATER_NS (700 * CLOCK_MS)
#define CLIENTS  3
#define WAIT_NS  (10 * CLOCK_S) /* for a state that must come */

/* The runtime of the thread sanitizer has a thread and system calls of its own
 * in each process that is looked at. */
#ifdef __SANITIZE_THREAD__
#define THREAD_SANITIZER 1
#else
#define THREAD_SANITIZER 0
#endif

/* --- a server that is held -------------------------------------------------
 */

/* A server that does what it is told: 'a' accepts, 'r' receives, 'd' waits for
 * a second, at most.  While it is not told anything, it reads from a pipe. */
static _Noreturn void
obey(int listener, int orders)
{
    char bytes[16];
    int fd = -1;
    char order;

    while (read(orders, &order, 1) == 1)
        switch (order) {
        case 'a':
            fd = accept(listener, NULL, NULL);
            break;
        case 'r':
            (void)!recv(fd, bytes, sizeof(bytes), 0);
            break;
        default:
            clock_wait_until(clock_now() + WAIT_NS);
        }
    _exit(EXIT_SUCCESS);
}

struct held {
    struct address address;
    int listener;
    int orders;
    pid_t pid;
    struct record record;
    int fds[CLIENTS];
    struct recording *recording;
    struct sampler *sampler;
};

static void
start(struct held *h)
{
    struct sockaddr_in *in = (void *)&h->address.to;
    int orders[2];

    h->address.to_len = sizeof(*in);
    in->sin_family = AF_INET;
    in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    h->listener = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(bind(h->listener, (void *)in, sizeof(*in)) == 0);
    CHECK(listen(h->listener, 5) == 0);
    CHECK(getsockname(h->listener, (void *)in, &h->address.to_len) == 0);
    CHECK(pipe(orders) == 0);
    h->pid = fork();
    if (h->pid == 0) {
        close(orders[1]);
        obey(h->listener, orders[0]);
    }
    close(orders[0]);
    h->orders = orders[1];
}

/* Connects a client, which sends some bytes. */
static void
connect_client(struct held *h, int client)
{
    struct record_client *c = &h->record.clients[client];
    struct sockaddr_in own;
    socklen_t len = sizeof(own);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    CHECK(connect(fd, (void *)&h->address.to, h->address.to_len) == 0);
    CHECK(getsockname(fd, (void *)&own, &len) == 0);
    CHECK(send(fd, "abc", 3, 0) == 3);
    c->port = ntohs(own.sin_port);
    c->started_ns = c->connected_ns = 0;
    c->sent = 1;
    h->fds[client] = fd;
}

static void
tell(const struct held *h, char order)
{
    CHECK(write(h->orders, &order, 1) == 1);
}

/* Returns whether the server's task is in such a state for this client. */
static bool
takes(struct held *h, enum sample_kind kind, int client)
{
    const struct sample_task *t;

    clock_wait_until(clock_now() + CLOCK_MS);
    (void)sampler_take(h->sampler, &h->record, clock_now());
    t = recording_task(&h->sampler->sample, 0);
    return t != NULL && t->kind == kind && t->client == client;
}

/* Takes samples until the server's task is in such a state.  The server may
 * have gone on in the middle of the first such sample, but stays as it is
 * during the next one. */
static bool
gets_to(struct held *h, enum sample_kind kind, int client)
{
    int64_t end_ns = clock_now() + WAIT_NS;

    while (!takes(h, kind, client))
        if (clock_now() > end_ns)
            return false;
    return takes(h, kind, client);
}

static enum sample_place
place_of(const struct held *h, int client)
{
    return h->sampler->sample.clients[client].place;
}

static void
test_places(struct held *h)
{
    const struct sample *s = &h->sampler->sample;

    CHECK(gets_to(h, SAMPLE_OTHER, SAMPLE_NOBODY)); /* it reads a pipe */
    CHECK(place_of(h, 0) == SAMPLE_QUEUED && place_of(h, 1) == SAMPLE_QUEUED);
    CHECK(s->clients[0].unread == 3 && s->clients[0].wish == SAMPLE_ANSWER);
    CHECK(s->queue == 2 && s->room == 6 && !s->torn);
    CHECK(place_of(h, 2) == SAMPLE_ABSENT);

    tell(h, 'a');
    CHECK(gets_to(h, SAMPLE_OTHER, 0));
    CHECK(place_of(h, 0) == SAMPLE_UNREAD && s->queue == 1);
    tell(h, 'r');
    tell(h, 'r'); /* and nothing comes */
    CHECK(gets_to(h, SAMPLE_RECEIVES, 0));
    CHECK(place_of(h, 0) == SAMPLE_READ);
    CHECK(send(h->fds[0], "abc", 3, 0) == 3);
    tell(h, 'd');
    CHECK(gets_to(h, SAMPLE_DELAYS, 0));
    CHECK(place_of(h, 0) == SAMPLE_SERVED);
    CHECK(place_of(h, 1) == SAMPLE_QUEUED);
}

/* The same moment, when the kernel does not tell about sockets. */
static void
test_no_kernel(struct held *h)
{
    char words[SENTENCES_MAX];

    kernel_close(&h->sampler->kernel);
    CHECK(gets_to(h, SAMPLE_DELAYS, SAMPLE_NOBODY));
    CHECK(place_of(h, 0) == SAMPLE_CONNECTED);
    CHECK(h->sampler->sample.queue == SAMPLE_UNKNOWN);
    h->recording->lacks = RECORDING_QUEUES;
    CHECK(strstr(sentences_lacks(words, h->recording), "does not tell") !=
          NULL);
}

static void
test_held_server(void)
{
    static struct recording recording;
    static struct sampler sampler;
    struct plan plan = {.clients = CLIENTS, .messages = 1};
    struct held h = {.recording = &recording, .sampler = &sampler};

    start(&h);
    record_open(&h.record, &plan);
    recording_open(&recording, "held", CLIENTS, 1);
    sampler_open(&sampler, &recording, &h.address, h.pid, -1);
    connect_client(&h, 0);
    connect_client(&h, 1);
    (void)sampler_take(&sampler, &h.record, clock_now());
    if (recording.lacks != 0 || sampler.tasks.hides_calls || THREAD_SANITIZER) {
        printf("skipped: the kernel does not tell what is needed\n");
    } else {
        test_places(&h);
        test_no_kernel(&h);
    }
    sampler_close(&sampler);
    recording_close(&recording);
    record_close(&h.record);
    (void)kill(h.pid, SIGKILL);
    CHECK(waitpid(h.pid, NULL, 0) == h.pid);
}

/* --- the log ---------------------------------------------------------------
 */

/* The thread of a client may log its message before the main thread logs that
 * it has started the thread. */
static void
test_log(void)
{
    static struct assignment assignment;
    struct plan plan = {.clients = 1, .messages = 1};
    struct record record;
    FILE *log = tmpfile();

    record_open(&record, &plan);
    record.clients[0].port = 60244;
    fputs("    0.342 10/10 accept   client=1 from=127.0.0.1:60244\n"
          "    0.342 10/11 message  client=1 bytes=9\n"
          "    0.343 10/10 spawn    client=1\n",
          log);
    fflush(log);
    assignment_open(&assignment, 1, fileno(log));
    assignment_read_log(&assignment, &record);
    CHECK(assignment.clients[0].worker == 11);
    fputs("    0.442 10/11 ack      client=1 took=100ms\n", log);
    fflush(log);
    assignment_read_log(&assignment, &record);
    CHECK(assignment.clients[0].worker == 0);
    fclose(log);
    record_close(&record);
}

/* --- the ways to wait -------------------------------------------------------
 */

static pthread_mutex_t held_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t free_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static sem_t semaphore;

/* Each waits in one way forever. */
static void *
wait_for_lock(void *nothing)
{
    pthread_mutex_lock(&held_lock);
    return nothing;
}

static void *
wait_for_condition(void *nothing)
{
    pthread_mutex_lock(&free_lock);
    for (;;)
        pthread_cond_wait(&condition, &free_lock);
    return nothing;
}

static void *
wait_for_semaphore(void *nothing)
{
    while (sem_wait(&semaphore) == -1)
        continue;
    return nothing;
}

static void *
wait_for_message(void *nothing)
{
    int ends[2];
    char byte;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0)
        (void)!recv(ends[0], &byte, 1, 0);
    return nothing;
}

static void *
wait_for_child(void *nothing)
{
    (void)waitpid(-1, NULL, 0);
    return nothing;
}

static _Noreturn void
wait_in_each_way(void)
{
    static void *(*const ways[])(void *) = {wait_for_lock, wait_for_condition,
                                            wait_for_semaphore,
                                            wait_for_message, wait_for_child};
    sigset_t none;
    pthread_t thread;

    sigemptyset(&none);
    (void)sem_init(&semaphore, 0, 0);
    pthread_mutex_lock(&held_lock);
    if (fork() == 0) {
        (void)alarm(WAIT_NS / CLOCK_S); /* nobody else ends it */
        (void)sigsuspend(&none);
        _exit(EXIT_SUCCESS);
    }
    for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
        (void)pthread_create(&thread, NULL, ways[i], NULL);
    pthread_join(thread, NULL);
    _exit(EXIT_SUCCESS);
}

/* Returns whether the kernel's numbers of system calls are those that this
 * program has been compiled for.  They are not if it is emulated. */
static bool
knows_calls(void)
{
    char text[128] = "";
    int fd = open("/proc/self/syscall", O_RDONLY | O_CLOEXEC);

    if (fd == -1)
        return true; /* then nothing is shown, and that is tested */
    (void)!read(fd, text, sizeof(text) - 1);
    close(fd);
    return atol(text) == SYS_read;
}

/* Each way to wait is told apart, as far as the C library allows it. */
static void
test_kinds(void)
{
#ifdef __GLIBC__
    static const char expected[] = "jlccxwp";
#else
    static const char expected[] = "llllxwp";
#endif
    static struct tasks tasks;
    int64_t end_ns = clock_now() + WAIT_NS;
    pid_t pid = fork();
    int right = 0;

    if (pid == 0)
        wait_in_each_way();
    tasks_open(&tasks, pid);
    while (right < (int)strlen(expected) && clock_now() < end_ns) {
        char left[] = "        ";

        clock_wait_until(clock_now() + CLOCK_MS);
        tasks_look(&tasks, clock_now(), true);
        memcpy(left, expected, strlen(expected));
        right = 0;
        for (int i = 0; i < tasks.count; i++) {
            char *at = strchr(left, sample_kinds[tasks.list[i].kind].letter);

            if (at != NULL) {
                *at = ' ';
                right++;
            }
        }
        if (tasks.hides_calls)
            break;
    }
    CHECK(right == (int)strlen(expected) || tasks.hides_calls);
    for (int i = 0; i < tasks.count; i++)
        (void)kill(tasks.list[i].pid, SIGKILL);
    tasks_close(&tasks);
    CHECK(waitpid(pid, NULL, 0) == pid);
}

/* --- recordings ------------------------------------------------------------
 */

/* A recording never needs more memory than it may, and keeps the whole run. */
static void
test_bounded(void)
{
    static struct recording r;
    static struct sample_client clients[RECORDING_CLIENTS_MAX];
    static struct sample_task tasks[1];
    struct sample s = {.clients = clients, .tasks = tasks};
    const int count = 20000;

    recording_open(&r, "", RECORDING_CLIENTS_MAX, 1);
    for (int i = 0; i < count; i++) {
        s.at_ns = i;
        recording_add(&r, &s);
    }
    CHECK(r.bytes <= RECORDING_BYTES_MAX && r.bytes > RECORDING_BYTES_MAX / 3);
    CHECK(r.samples[0]->at_ns == 0);
    CHECK(r.samples[r.count - 1]->at_ns >= count - r.stride);
    for (int i = 1; i < r.count; i++)
        CHECK(r.samples[i]->at_ns - r.samples[i - 1]->at_ns == r.stride);
    CHECK(recording_at(&r, -1) == -1 && recording_at(&r, 0) == 0);
    CHECK(recording_at(&r, r.stride) == 1);
    CHECK(recording_at(&r, count) == r.count - 1);
    recording_close(&r);
}

/* A time in which this program was stopped is named; a pause is not. */
static void
test_gap(void)
{
    static struct recording r;
    struct sample_client clients[1] = {{0}};
    struct sample_task tasks[1] = {{0}};
    struct sample s = {.clients = clients, .tasks = tasks};
    char words[SENTENCES_MAX];

    recording_open(&r, "", 1, 1);
    for (int i = 0; i < 50; i++, s.at_ns += 20 * CLOCK_MS)
        recording_add(&r, &s);
    CHECK(strstr(sentences_notes(words, &r), "no sample") == NULL);
    s.at_ns += 2 * CLOCK_S;
    recording_add(&r, &s);
    CHECK(strstr(sentences_notes(words, &r),
                 "From 980 ms on, no sample was taken for 2.02 s") != NULL);
    recording_close(&r);
    recording_open(&r, "", 1, 1);
    for (int i = 0; i < 5; i++, s.at_ns += 2 * CLOCK_S)
        recording_add(&r, &s);
    CHECK(strstr(sentences_notes(words, &r), "no sample") == NULL);
    recording_close(&r);
}

/* Reads a recording from text.  Returns whether it could be read; then the
 * caller closes it. */
static bool
read_text(struct recording *r, const char *text)
{
    char why[RECORDING_FILE_WHY_MAX];
    FILE *in = fmemopen((void *)(uintptr_t)text, strlen(text), "r");
    bool is_read = recording_file_read(r, in, why);

    fclose(in);
    if (!is_read)
        recording_close(r);
    return is_read;
}

/* Reads a recording from text, and forgets it. */
static bool
reads(const char *text)
{
    static struct recording r;
    bool is_read = read_text(&r, text);

    if (is_read)
        recording_close(&r);
    return is_read;
}

static void
test_bad_files(void)
{
#define HEAD   "inside 1\ncommand x\nclients 2 1\nlacks 0\nrow 1 1 server\n"
#define SAMPLE "sample 5 0 1 0 0\n"
    static const char *const bad[] = {
        "",
        "inside 2\ncommand x\nclients 2 1\nlacks 0\n" SAMPLE,
        "inside 1\ncommand x\nclients 0 1\nlacks 0\n" SAMPLE,
        "inside 1\ncommand x\nclients 257 1\nlacks 0\n" SAMPLE,
        HEAD,
        HEAD "client 1 Q a 1 0\n" SAMPLE,
        HEAD SAMPLE "client 3 Q a 1 0\n",
        HEAD SAMPLE "client 0 Q a 1 0\n",
        HEAD SAMPLE "client 1 ? a 1 0\n",
        HEAD SAMPLE "client 1 Q ? 1 0\n",
        HEAD SAMPLE "task 1 d x -1 0 0 0 0\n",
        HEAD SAMPLE "task -1 d x -1 0 0 0 0\n",
        HEAD SAMPLE "task 0 ! x -1 0 0 0 0\n",
        HEAD SAMPLE "task 0 d x -1 3 0 0 0\n",
        HEAD SAMPLE "task 0 d x -1 0 0 9223372036854775807 0\n",
        HEAD SAMPLE "sample 4 0 1 0 0\n",
        HEAD SAMPLE "sample 9 -2 1 0 0\n",
        HEAD SAMPLE "nonsense\n",
        HEAD "listeners\n" SAMPLE,
    };

    CHECK(reads(HEAD "listeners 2\n" SAMPLE));
    CHECK(reads(HEAD SAMPLE "client 2 Q a 1 0\ntask 0 d x -1 2 0 0 0\n"));
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        CHECK(!reads(bad[i]));
}

/* What cannot be known is said or marked: operations of io_uring, and a queue
 * that changed while the sample was taken. */
static void
test_unknown(void)
{
    static struct recording r;
    struct terminal terminal = {.width = 80};
    char words[SENTENCES_MAX];
    char *text;
    size_t size;
    FILE *out;

    CHECK(read_text(&r, HEAD "listeners 3\nsample 5 1 1 0 1\nclient 1 Q a 1 0\n"
                             "task 0 i io_uring_enter -1 0 0 0 0\n"));
    sentences_of(words, &r, r.samples[0]);
    CHECK(strstr(words, "io_uring") != NULL);
    CHECK(strstr(words, "Each of the server's 3 listeners") != NULL);
    CHECK(strstr(words, "may not fit together") != NULL);
    out = memory_open(&text, &size);
    picture_draw(out, &r, &terminal);
    memory_close(out);
    CHECK(strstr(text, "~ changed during the sample") != NULL);
    CHECK(strstr(text, "3 accept queues") != NULL);
    free(text);
    recording_close(&r);
}

/* --- pictures --------------------------------------------------------------
 */

/* One for each kind of server; with the first one, the sizes are tested. */
static const char *const servers[] = {
    "prefork",     "single-process",  "fork-per-client",
    "prethreaded", "prefork-passing", "prefork-reuseport",
    "threaded",    "epoll",           "reactor"};

#define SERVERS (sizeof(servers) / sizeof(*servers))

static void
read_recording(struct recording *r, const char *server)
{
    char path[200];
    char why[RECORDING_FILE_WHY_MAX];
    FILE *in;

    snprintf(path, sizeof(path), RECORDED, server);
    in = fopen(path, "r");
    if (in == NULL || !recording_file_read(r, in, why))
        abort();
    fclose(in);
}

/* Writes the screen and the whole, in UTF-8 and in ASCII. */
static void
draw_recording(FILE *out, const struct recording *r)
{
    for (int utf8 = 1; utf8 >= 0; utf8--) {
        struct screen_options options = {
            .terminal = {.width = 80, .height = 24, .utf8 = utf8},
            .status = "frozen",
            .keys = "q quit",
        };

        screen_draw(out, r, recording_at(r, DRAWN_NS), &options);
        fputs("\n\n", out);
        picture_draw(out, r, &options.terminal);
        putc('\n', out);
    }
}

/* Draws all recordings.  The caller frees the text. */
static char *
draw(void)
{
    static struct recording r;
    char *text;
    size_t size;
    FILE *out = memory_open(&text, &size);

    for (size_t i = 0; i < SERVERS; i++) {
        read_recording(&r, servers[i]);
        draw_recording(out, &r);
        recording_close(&r);
    }
    memory_close(out);
    return text;
}

static void
compare(const char *drawn)
{
    FILE *in = fopen(DRAWN, "r");
    static char expected[256 * 1024];
    size_t len = in == NULL ? 0 : fread(expected, 1, sizeof(expected) - 1, in);

    expected[len] = '\0';
    if (in != NULL)
        fclose(in);
    CHECK(strcmp(drawn, expected) == 0);
    if (strcmp(drawn, expected) != 0)
        printf("drawn:\n%s", drawn);
}

/* The sentences know why client 6 is not connected, also when the queue has
 * room again. */
static void
test_reasons(const struct recording *r)
{
    char words[SENTENCES_MAX];
    int full = recording_at(r, DRAWN_NS);
    int later = recording_at(r, LATER_NS);

    sentences_of(words, r, r->samples[full]);
    CHECK(strstr(words, "The accept queue is full") != NULL);
    sentences_of(words, r, r->samples[later]);
    CHECK(r->samples[later]->queue == 0);
    CHECK(strstr(words, "Client 6 is not connected. The accept queue has room "
                        "now, but it was full") != NULL);
}

/* Returns the number of lines, and of bytes in the longest. */
static int
measure(const char *text, size_t *longest)
{
    int lines = 1;

    *longest = 0;
    for (;;) {
        size_t len = strcspn(text, "\n");

        *longest = len > *longest ? len : *longest;
        if (text[len] == '\0')
            return lines;
        text += len + 1;
        lines++;
    }
}

/* Without UTF-8 and colour, there is nothing but printable ASCII. */
static void
test_plain(const char *text)
{
    for (; *text != '\0'; text++)
        CHECK(*text == '\n' || (*text >= ' ' && *text <= '~'));
}

/* The whole fits, too, unless it would be too narrow to show anything. */
static void
test_widths(void)
{
    static struct recording r;

    for (size_t i = 0; i < SERVERS; i++) {
        read_recording(&r, servers[i]);
        for (int width = SCREEN_WIDTH_MIN; width <= 200; width += 40) {
            struct terminal terminal = {.width = width};
            size_t longest;
            char *text;
            size_t size;
            FILE *out = memory_open(&text, &size);

            picture_draw(out, &r, &terminal);
            memory_close(out);
            (void)measure(text, &longest);
            CHECK(longest <= (size_t)width);
            test_plain(text);
            free(text);
        }
        recording_close(&r);
    }
}

/* At any size the picture fits. */
static void
test_sizes(const struct recording *r)
{
    for (int width = SCREEN_WIDTH_MIN; width < 140; width += 9)
        for (int height = SCREEN_HEIGHT_MIN; height < 40; height += 4) {
            struct screen_options options = {
                .terminal = {.width = width, .height = height},
                .status = "frozen: sample 10 of 100",
                .keys = "q quit   space freeze   and more of what keys do",
            };
            char *text;
            size_t size;
            size_t longest;
            FILE *out = memory_open(&text, &size);

            screen_draw(out, r, recording_at(r, DRAWN_NS), &options);
            memory_close(out);
            CHECK(measure(text, &longest) <= height);
            CHECK(longest <= (size_t)width);
            test_plain(text);
            free(text);
        }
}

int
main(int argc, char **argv)
{
    static struct recording recording;
    char *drawn;

    read_recording(&recording, servers[0]);
    drawn = draw();
    if (argc > 1 && strcmp(argv[1], "--print") == 0) {
        fputs(drawn, stdout);
    } else {
        compare(drawn);
        test_sizes(&recording);
        test_widths();
        test_reasons(&recording);
        test_bounded();
        test_gap();
        test_bad_files();
        test_unknown();
        test_log();
        test_held_server();
        if (!THREAD_SANITIZER && knows_calls())
            test_kinds();
    }
    free(drawn);
    recording_close(&recording);
    return argc > 1 ? EXIT_SUCCESS : check_done();
}
