#include "common/service.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "common/file.h"
#include "common/kv.h"
#include "common/log.h"
#include "common/options.h"

const char *const service_names[] = {"ack", "echo", "upper", "daytime",
                                     "kv",  "file", NULL};

static void
ack(struct service_answer *a, char *message, size_t len)
{
    (void)message;
    (void)len;
    memcpy(a->bytes, "ack", 3);
    a->size = 3;
}

static void
echo(struct service_answer *a, char *message, size_t len)
{
    a->bytes = message;
    a->size = len;
}

static void
upper(struct service_answer *a, char *message, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (message[i] >= 'a' && message[i] <= 'z')
            message[i] = (char)(message[i] - 'a' + 'A');
    echo(a, message, len);
}

static void
daytime(struct service_answer *a, char *message, size_t len)
{
    time_t now = time(NULL);
    struct tm utc;

    (void)message;
    (void)len;
    if (gmtime_r(&now, &utc) != NULL)
        a->size = strftime(a->bytes, SERVICE_TEXT_MAX,
                           "%a %b %e %H:%M:%S UTC %Y\n", &utc);
}

static void
kv(struct service_answer *a, char *message, size_t len)
{
    a->size = kv_answer(message, len, a->bytes);
}

static void
file(struct service_answer *a, char *message, size_t len)
{
    a->size = FRAME_HEAD;
    if (len == strlen("get") && memcmp(message, "get", len) == 0) {
        a->body_size = file_size(&a->body);
        frame_write_head(a->bytes, a->body_size);
    } else {
        memcpy(a->bytes, "       bad", FRAME_HEAD);
    }
}

/* Each service, in the order of enum service_kind. */
static const struct service {
    void (*answer)(struct service_answer *a, char *message, size_t len);
    const char *refusal; /* its answer to a message that is refused */
    unsigned mode;       /* of the session */
    bool framed;         /* its answers have the frame around them */
} services[] = {
    {ack, "nak", 0, false},  {echo, "nak", 0, true},
    {upper, "nak", 0, true}, {daytime, "", SESSION_ONCE, false},
    {kv, "nak", 0, true},    {file, "       nak", 0, false},
};

/* Set once, by service_open. */
static const struct service *service = &services[SERVICE_ACK];
static enum frame_kind frame = FRAME_BY_ETX;

void
service_open(const struct options *opt, enum service_sharing sharing)
{
    service = &services[opt->service];
    frame = (enum frame_kind)opt->frame;
    if (opt->service == SERVICE_KV && !kv_table_open(opt->entries, sharing))
        die("cannot keep a table of %d entries", opt->entries);
    if (opt->service == SERVICE_FILE)
        file_open(opt->file);
}

unsigned
service_mode(void)
{
    return service->mode | (frame == FRAME_BY_LENGTH ? SESSION_LENGTH : 0U);
}

/* Makes an empty answer in room, with space for a head in front of it. */
static void
begin(struct service_answer *a)
{
    a->bytes = a->room + FRAME_HEAD;
    a->size = 0;
    a->body_size = 0;
}

/* Puts the frame around the answer. */
static void
wrap(struct service_answer *a)
{
    if (frame == FRAME_BY_LENGTH) {
        a->bytes -= FRAME_HEAD;
        frame_write_head(a->bytes, a->size);
        a->size += FRAME_HEAD;
    } else {
        a->bytes[a->size++] = FRAME_ETX;
    }
}

void
service_answer(struct service_answer *a, char *message, size_t len)
{
    begin(a);
    service->answer(a, message, len);
    if (service->framed)
        wrap(a);
}

void
service_refuse(struct service_answer *a)
{
    begin(a);
    a->size = strlen(service->refusal);
    memcpy(a->bytes, service->refusal, a->size);
    if (service->framed)
        wrap(a);
}
