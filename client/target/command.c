#include "client/target/command.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char blanks[] = " \t\n";

/* Returns where the words begin: behind "name=", if there is a name. */
static const char *
words_of(const char *text)
{
    size_t name;

    text += strspn(text, blanks);
    name = strcspn(text, "=/ \t\n");
    return name > 0 && text[name] == '=' ? text + name + 1 : text;
}

/* Returns the length of the word that text begins with. */
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
command_takes_work(const char *text)
{
    return !command_takes_port(text) || strstr(words_of(text), "{cpu}") != NULL;
}

char *
command_label(const char *text)
{
    const char *words = words_of(text);
    size_t len = strlen(words);
    const char *name;

    text += strspn(text, blanks);
    if (words != text)
        return strndup(text, (size_t)(words - text) - 1);
    while (len > 0 && isspace((unsigned char)words[len - 1]))
        len--;
    /* The folder tells nothing of the model. */
    name = words;
    for (const char *p = words; p < words + word_len(words); p++)
        if (*p == '/')
            name = p + 1;
    return strndup(name, len - (size_t)(name - words));
}

/* Copies a word, with the terms put in; returns how many bytes that takes.  To
 * NULL nothing is copied. */
static size_t
expand(char *to, const char *word, size_t len,
       const struct command_terms *terms)
{
    const struct {
        const char *mark, *term;
    } marks[] = {
        {"{port}", terms->port},
        {"{delay}", terms->delay},
        {"{cpu}", terms->cpu},
    };
    size_t n = 0;

    for (size_t i = 0; i < len;) {
        const char *piece = word + i;
        size_t taken = 1;
        size_t size = 1;

        for (size_t m = 0; m < sizeof(marks) / sizeof(marks[0]); m++)
            if (strncmp(word + i, marks[m].mark, strlen(marks[m].mark)) == 0) {
                piece = marks[m].term;
                taken = strlen(marks[m].mark);
                size = strlen(piece);
            }
        if (word[i] == '\\' && i + 1 < len) {
            piece = word + i + 1;
            taken = 2;
        }
        if (to != NULL)
            memcpy(to + n, piece, size);
        n += size;
        i += taken;
    }
    if (to != NULL)
        to[n] = '\0';
    return n + 1;
}

/* Goes through the words of text and puts them into words and bytes, if these
 * are not NULL.  Returns how many there are, and in *size what bytes they take.
 */
static size_t
split(const char *text, const struct command_terms *terms, char **words,
      char *bytes, size_t *size)
{
    size_t count = 0;

    *size = 0;
    for (;;) {
        size_t len;

        text += strspn(text, blanks);
        len = word_len(text);
        if (len == 0)
            return count;
        if (words != NULL)
            words[count] = bytes + *size;
        *size += expand(words != NULL ? bytes + *size : NULL, text, len, terms);
        text += len;
        count++;
    }
}

/* Returns the command with the options of the suite, to be freed. */
static char *
with_options(const char *text)
{
    static const char options[] = " -p {port} -d {delay} -C {cpu}";
    char *all = malloc(strlen(text) + sizeof(options));

    if (all != NULL)
        sprintf(all, "%s%s", text, options);
    return all;
}

char **
command_words(const char *text, const struct command_terms *terms)
{
    char *all = command_takes_port(text) ? strdup(words_of(text))
                                         : with_options(words_of(text));
    char **words = NULL;
    size_t count;
    size_t size;

    if (all == NULL)
        return NULL;
    if (words_of(text)[strspn(words_of(text), blanks)] == '\0') {
        errno = EINVAL;
        goto out_free;
    }
    count = split(all, terms, NULL, NULL, &size);
    words = malloc((count + 1) * sizeof(*words) + size);
    if (words == NULL)
        goto out_free;
    split(all, terms, words, (char *)(words + count + 1), &size);
    words[count] = NULL;

out_free:
    free(all);
    return words;
}

char *
command_text(char *const *words)
{
    size_t size = 1;
    char *text;
    char *to;

    for (char *const *w = words; *w != NULL; w++)
        size += 2 * strlen(*w) + 1;
    text = malloc(size);
    if (text == NULL)
        return NULL;
    to = text;
    for (char *const *w = words; *w != NULL; w++) {
        if (w != words)
            *to++ = ' ';
        for (const char *from = *w; *from != '\0'; from++) {
            if (strchr(" \t\n\\", *from) != NULL)
                *to++ = '\\';
            *to++ = *from;
        }
    }
    *to = '\0';
    return text;
}

char *
command_line(char *const *words)
{
    size_t size = 1;
    char *line;
    char *end;

    for (char *const *w = words; *w != NULL; w++)
        size += strlen(*w) + 1;
    line = malloc(size);
    if (line == NULL)
        return NULL;
    end = line;
    for (char *const *w = words; *w != NULL; w++)
        end += sprintf(end, "%s%s", w == words ? "" : " ", *w);
    return line;
}
