#include "client/target/command.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/draw/text.h"
#include "client/memory.h"
#include "common/log.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define OPTIONS_SIZE sizeof(" -s  -f ")

static const char blanks[] = " \t\n";

/* Returns where the words begin: after "name=", if there is a name. */
static const char *
words_of(const char *text)
{
    size_t name;

    text += strspn(text, blanks);
    name = strcspn(text, "=/ \t\n");
    return name > 0 && text[name] == '=' ? text + name + 1 : text;
}

/* Returns the length of the word at the beginning of text. */
static size_t
word_len(const char *text)
{
    size_t len = 0;

    while (text[len] != '\0' && strchr(blanks, text[len]) == NULL)
        len += text[len] == '\\' && text[len + 1] != '\0' ? 2 : 1;
    return len;
}

bool
command_takes_port(const char *text)
{
    return strstr(words_of(text), "{port}") != NULL;
}

bool
command_takes_delay(const char *text)
{
    return !command_takes_port(text) ||
           strstr(words_of(text), "{delay}") != NULL;
}

bool
command_takes_work(const char *text)
{
    return !command_takes_port(text) || strstr(words_of(text), "{cpu}") != NULL;
}

/* Returns a copy of text with escapes (text_printable), and frees text. */
static char *
printable(char *text)
{
    size_t size = 4 * strlen(text) + 1; /* an escape has four bytes */
    char *shown = memory_get(size, 1);

    text_printable(shown, size, text);
    free(text);
    return shown;
}

char *
command_label(const char *text)
{
    const char *words = words_of(text);
    size_t len = strlen(words);
    const char *name = words;
    char *label;

    text += strspn(text, blanks);
    while (len > 0 && isspace((unsigned char)words[len - 1]))
        len--;
    /* Without the folder, which says nothing about the model. */
    for (const char *p = words; p < words + word_len(words); p++)
        if (*p == '/')
            name = p + 1;
    if (words != text) {
        name = text;
        len = (size_t)(words - text) - 1;
    } else {
        len -= (size_t)(name - words);
    }
    label = memory_get(len + 1, 1);
    memcpy(label, name, len);
    return printable(label);
}

const char *
command_program(const char *text, size_t *len)
{
    text = words_of(text);
    text += strspn(text, blanks);
    *len = word_len(text);
    return text;
}

/* Writes text up to its end or the next blank, with the terms in place of their
 * marks.  Returns what follows. */
static const char *
expand_word(FILE *out, const char *text, const struct command_terms *terms)
{
    const struct {
        const char *mark, *term;
    } marks[] = {
        {"{port}", terms->port},
        {"{delay}", terms->delay},
        {"{cpu}", terms->cpu},
    };
    const char *end = text + word_len(text);

    while (text < end) {
        size_t m = 0;

        while (m < COUNT(marks) &&
               strncmp(text, marks[m].mark, strlen(marks[m].mark)) != 0)
            m++;
        if (m < COUNT(marks)) {
            fputs(marks[m].term, out);
            text += strlen(marks[m].mark);
            continue;
        }
        if (*text == '\\' && text + 1 < end)
            text++;
        putc(*text++, out);
    }
    return text;
}

/* Writes all words of text, with a null character after each.  Returns how many
 * words there are. */
static size_t
expand(FILE *out, const char *text, const struct command_terms *terms)
{
    size_t count = 0;

    while (text += strspn(text, blanks), *text != '\0') {
        text = expand_word(out, text, terms);
        putc('\0', out);
        count++;
    }
    return count;
}

/* Opens a stream that collects bytes, or ends the program. */
static FILE *
open_bytes(char **bytes, size_t *size)
{
    FILE *out = open_memstream(bytes, size);

    if (out == NULL)
        die("memory for a command");
    return out;
}

static void
close_bytes(FILE *out)
{
    if (ferror(out) || fclose(out) == EOF)
        die("memory for a command");
}

static void *
allocate(size_t size)
{
    void *memory = malloc(size);

    if (memory == NULL)
        die("memory for a command");
    return memory;
}

char **
command_words(const char *text, const struct command_terms *terms)
{
    char *bytes;
    size_t size;
    FILE *out = open_bytes(&bytes, &size);
    size_t count = expand(out, words_of(text), terms);
    char **words = NULL;
    char *word;

    if (count > 0 && !command_takes_port(text))
        count += expand(out, "-p {port} -d {delay} -C {cpu}", terms);
    close_bytes(out);
    if (count > 0) {
        words = allocate((count + 1) * sizeof(*words) + size);
        word = memcpy(words + count + 1, bytes, size);
        for (size_t i = 0; i < count; i++) {
            words[i] = word;
            word += strlen(word) + 1;
        }
        words[count] = NULL;
    }
    free(bytes);
    return words;
}

char *
command_text(char *const *words)
{
    char *text;
    size_t size;
    FILE *out = open_bytes(&text, &size);

    for (char *const *w = words; *w != NULL; w++) {
        if (w != words)
            putc(' ', out);
        for (const char *c = *w; *c != '\0'; c++) {
            if (*c == '\\' || strchr(blanks, *c) != NULL)
                putc('\\', out);
            putc(*c, out);
        }
    }
    close_bytes(out);
    return text;
}

char *
command_shown(char *const *words)
{
    return printable(command_text(words));
}

char *
command_add_service(char *text, const struct plan *plan)
{
    char *const options[] = {
        "-s",
        (char *)plan_services[plan->service],
        "-f",
        (char *)plan_frames[plan->frame],
        plan->file != NULL ? "--file" : NULL,
        (char *)plan->file,
        NULL,
    };
    char *added;
    char *longer;
    size_t size;

    if (plan->service == PLAN_ACK && plan->frame == PLAN_ETX)
        return text;
    added = command_text(options);
    size = strlen(text) + strlen(added) + sizeof(" ");
    longer = malloc(size);
    if (longer == NULL)
        die("memory for a command");
    else
        snprintf(longer, size, "%s %s", text, added);
    free(added);
    free(text);
    return longer;
}
