#include "client/play/exchange.h"

#include <stdio.h>
#include <string.h>

#include "client/play/message.h"
#include "common/frame.h"

#define PIECE  4096 /* bytes that are compared at a time */
#define FACTOR UINT64_C(0x9e3779b97f4a7c15)

static const char nak[] = "nak"; /* to a message that is too long */

/* How an answer ends. */
enum end {
    END_ETX,
    END_LENGTH,
    END_LINE,
};

static enum end
end_of(const struct plan *plan)
{
    if (plan->service == PLAN_DAYTIME)
        return END_LINE;
    return plan->service == PLAN_FILE || plan->frame == PLAN_LENGTH ? END_LENGTH
                                                                    : END_ETX;
}

/* --- a text in pieces ----------------------------------------------------- */

static uint64_t
mix(uint64_t checksum, uint64_t word)
{
    checksum = ((checksum ^ word) + FACTOR) * FACTOR;
    return checksum ^ checksum >> 32;
}

/* Adds a byte to the word that is being filled. */
static void
add_byte(struct record_text *text, uint64_t *word, unsigned char byte)
{
    unsigned place = (unsigned)text->len % sizeof(*word);

    *word |= (uint64_t)byte << 8 * place;
    text->len++;
    if (place + 1 < sizeof(*word))
        return;
    text->checksum = mix(text->checksum, *word);
    *word = 0;
}

void
exchange_add(struct record_text *text, uint64_t *word, const char *bytes,
             int64_t len)
{
    int64_t i = 0;

    for (; i < len && text->len + i < RECORD_TEXT_MAX; i++)
        text->begin[text->len + i] = bytes[i];
    i = 0;
    while (i < len && text->len % (int64_t)sizeof(*word) != 0)
        add_byte(text, word, (unsigned char)bytes[i++]);
    for (; len - i >= (int64_t)sizeof(*word); i += (int64_t)sizeof(*word)) {
        uint64_t whole;

        memcpy(&whole, bytes + i, sizeof(whole));
        text->checksum = mix(text->checksum, whole);
        text->len += (int64_t)sizeof(whole);
    }
    while (i < len)
        add_byte(text, word, (unsigned char)bytes[i++]);
}

uint64_t
exchange_checksum(const struct record_text *text, uint64_t word)
{
    return mix(text->checksum, word); /* the bytes that do not fill a word */
}

bool
exchange_number(const struct record_text *text, int64_t *number)
{
    char copy[RECORD_TEXT_MAX + 1] = "";
    char version[RECORD_TEXT_MAX + 1];
    char end;
    long long value;

    memcpy(copy, text->begin, RECORD_TEXT_MAX);
    if (text->len > RECORD_TEXT_MAX ||
        sscanf(copy, "%40[0-9] %lld%c", version, &value, &end) != 2)
        return false;
    *number = value;
    return true;
}

/* --- what is right -------------------------------------------------------- */

/* Returns how many bytes an echo, or one in upper case, has. */
static int64_t
right_bytes(const struct plan *plan, int number)
{
    return message_expected(plan) == RECORD_NAK
               ? (int64_t)sizeof(nak) - 1
               : (int64_t)message_text_bytes(plan, number);
}

/* Copies the right bytes of an echo, or of one in upper case, from the byte at
 * offset on; at most size of them.  Returns how many. */
static int64_t
copy_right(const struct plan *plan, int number, int64_t offset, char *out,
           int64_t size)
{
    int64_t left = right_bytes(plan, number) - offset;

    if (size > left)
        size = left;
    if (message_expected(plan) == RECORD_NAK) {
        memcpy(out, nak + offset, (size_t)size);
        return size;
    }
    message_text_copy(plan, number, (size_t)offset, out, (size_t)size);
    for (int64_t i = 0; i < size && plan->service == PLAN_UPPER; i++)
        if (out[i] >= 'a' && out[i] <= 'z')
            out[i] = (char)(out[i] - 'a' + 'A');
    return size;
}

/* Tells whether the service answers with the bytes of the message. */
static bool
repeats(const struct plan *plan)
{
    return plan->service == PLAN_ECHO || plan->service == PLAN_UPPER;
}

/* Returns how many of the bytes are right, if the first of them is the next of
 * the text. */
static int64_t
count_right(const struct exchange *x, const struct plan *plan, int number,
            const char *bytes, int64_t len)
{
    int64_t done = 0;
    char right[PIECE];

    while (done < len) {
        int64_t n = copy_right(plan, number, x->text.len + done, right,
                               len - done < PIECE ? len - done : PIECE);

        if (n == 0 || memcmp(right, bytes + done, (size_t)n) != 0)
            break;
        done += n;
    }
    /* Of a piece with a wrong byte, those before it. */
    while (done < len &&
           copy_right(plan, number, x->text.len + done, right, 1) == 1 &&
           *right == bytes[done])
        done++;
    return done;
}

int
exchange_want(const struct exchange *x, const struct plan *plan, int number,
              char *want, int size)
{
    return repeats(plan)
               ? (int)copy_right(plan, number, x->text.len, want, size)
               : 0;
}

/* Tells whether the text is the right answer, now that it is whole. */
static bool
is_right(const struct exchange *x, const struct plan *plan, int number)
{
    int64_t ignored;

    if (repeats(plan))
        return x->text.len == right_bytes(plan, number);
    if (plan->service == PLAN_KV)
        return plan->text != NULL || exchange_number(&x->text, &ignored);
    if (plan->service == PLAN_FILE)
        return plan->file == NULL || (x->text.len == plan->file_len &&
                                      x->text.checksum == plan->file_checksum);
    return x->text.len > 0; /* a line */
}

/* Returns how many of the bytes can be the next of a right answer. */
static int64_t
take_text(struct exchange *x, const struct plan *plan, int number,
          const char *bytes, int64_t len)
{
    int64_t right =
        repeats(plan) ? count_right(x, plan, number, bytes, len) : len;

    exchange_add(&x->text, &x->word, bytes, right);
    return right;
}

/* --- where an answer ends ------------------------------------------------- */

/* Reads a character of the length: blanks, then digits. */
static bool
take_header(struct exchange *x, char c)
{
    bool is_last = ++x->header == MESSAGE_HEADER;

    if (c == ' ')
        return x->length == 0 && !x->has_digit && !is_last;
    if (c < '0' || c > '9')
        return false;
    x->has_digit = true;
    x->length = x->length * 10 + (c - '0');
    return true;
}

/* Returns how many of the bytes belong to the text, and sets *ends if its end
 * is among them. */
static int64_t
count_text(const struct exchange *x, enum end end, const char *at, int64_t len,
           bool *ends)
{
    int mark = end == END_ETX ? FRAME_ETX : '\n';
    const char *found;

    if (end == END_LENGTH) {
        *ends = x->length - x->text.len <= len;
        return *ends ? x->length - x->text.len : len;
    }
    found = memchr(at, mark, (size_t)len);
    *ends = found != NULL;
    return found != NULL ? found - at : len;
}

enum answer_result
exchange_next(struct exchange *x, const struct plan *plan, int number,
              const char **at, const char *end)
{
    enum end how = end_of(plan);
    bool ends = false;
    int64_t len;
    int64_t right;

    if (x->is_whole)
        *x = (struct exchange){.is_whole = false};
    while (how == END_LENGTH && x->header < MESSAGE_HEADER) {
        if (*at == end)
            return ANSWER_MORE;
        if (!take_header(x, **at))
            return ANSWER_WRONG;
        ++*at;
    }
    len = count_text(x, how, *at, end - *at, &ends);
    right = take_text(x, plan, number, *at, len);
    *at += right;
    if (right < len)
        return ANSWER_WRONG;
    if (!ends)
        return ANSWER_MORE;
    *at += how != END_LENGTH;
    x->text.checksum = exchange_checksum(&x->text, x->word);
    x->is_whole = true;
    if (!is_right(x, plan, number))
        return ANSWER_WRONG;
    return message_expected(plan) == RECORD_ACK ? ANSWER_ACK : ANSWER_NAK;
}
