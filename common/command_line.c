#include "common/command_line.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/help.h"

#define OPTIONS_MAX 40
#define PORT_MAX    65535
#define LONG        256 /* getopt_long returns it plus the option's index */

/* The options of all groups, and what getopt_long needs to know of them. */
struct table {
    int count;
    const struct command_line_option *options[OPTIONS_MAX];
    char *into[OPTIONS_MAX]; /* where the values of its group go */
    bool given[OPTIONS_MAX];
    struct option longs[OPTIONS_MAX + 1]; /* the last one is zero */
    char letters[2 * OPTIONS_MAX + 3];
    const char *place; /* where an unknown option may belong */
};

static const char *program_name; /* for messages */
static const char *program_path; /* as it was started, to be typed again */

/* Options of every program, which command_line_read does itself. */
static const struct command_line_option common_options[] = {
    {"help", 'h', .help = "print this text"},
    {"version", 'V', .help = "print the version"},
};

void
command_line_reject(const char *format, ...)
{
    va_list args;

    fprintf(stderr, "%s: ", program_name);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\ntry '%s --help'\n", program_path);
    exit(2);
}

/* Rejects word if the names of two or more options begin with it. */
static void
refuse_ambiguous(const struct table *t, const char *word)
{
    const char *name = word + strlen("--");
    size_t len = strcspn(name, "="); /* a value may follow */
    const char *first = NULL;

    for (int i = 0; i < t->count; i++) {
        if (strncmp(t->options[i]->name, name, len) != 0)
            continue;
        if (first != NULL)
            command_line_reject("%s: could be --%s or --%s", word, first,
                                t->options[i]->name);
        first = t->options[i]->name;
    }
}

/* Rejects the word for which getopt_long returned result. */
static _Noreturn void
refuse(const struct table *t, int result, char **argv)
{
    const char *word = argv[optind - 1];

    /* A long option is the whole word.  A short one may be a letter among
     * others, so getopt_long stores which one in optopt. */
    if (result == ':')
        command_line_reject("%s: needs a value", word);
    if (strncmp(word, "--", 2) == 0 && optopt != 0)
        command_line_reject("%s: takes no value", word);
    if (strncmp(word, "--", 2) == 0) {
        refuse_ambiguous(t, word);
        command_line_reject("%s: no such option%s", word, t->place);
    }
    command_line_reject("-%c: no such option%s", optopt, t->place);
}

/* Stores the value that text gives to an option. */
static void
store(const struct command_line_option *o, void *to, const char *text)
{
    char why[VALUES_WHY_MAX];
    bool good = true;
    int64_t ns;
    int number;

    switch (o->kind) {
    case VALUES_NONE:
        *(bool *)to = true;
        break;
    case VALUES_NUMBER:
        good = values_number(text, o->min, o->max, to, why);
        break;
    case VALUES_TIME:
        good = values_time(text, to, why);
        if (good && *(int64_t *)to < o->min)
            command_line_reject("--%s: must be longer than 0", o->name);
        break;
    case VALUES_WORD:
        good = values_word(text, o->words, to, why);
        break;
    case VALUES_OWN:
        good = o->read(text, to, why);
        break;
    case VALUES_TIME_TEXT:
        good = values_time(text, &ns, why);
        *(const char **)to = text;
        break;
    case VALUES_PORT:
        good = values_number(text, o->min, PORT_MAX, &number, why);
        *(const char **)to = text;
        break;
    case VALUES_ADDRESS:
        if (*text == '\0')
            command_line_reject("--%s: '' is not an address or a name",
                                o->name);
        *(const char **)to = text;
        break;
    case VALUES_TEXT:
        *(const char **)to = text;
        break;
    }
    if (!good)
        command_line_reject("--%s: %s", o->name, why);
}

/* Adds the options of a group to the table and stores their initial values. */
static void
add_group(struct table *t, const struct command_line_group *group)
{
    char *letters = t->letters + strlen(t->letters);

    for (int i = 0; i < group->count; i++) {
        const struct command_line_option *o = &group->options[i];
        bool has_value = o->value != NULL;

        assert(t->count < OPTIONS_MAX);
        t->options[t->count] = o;
        t->into[t->count] = group->into;
        t->longs[t->count] = (struct option){
            .name = o->name,
            .has_arg = has_value ? required_argument : no_argument,
            .val = LONG + t->count,
        };
        t->count++;
        if (o->letter != 0)
            letters +=
                sprintf(letters, "%c%s", o->letter, has_value ? ":" : "");
        if (o->initial != NULL)
            store(o, (char *)group->into + o->offset, o->initial);
    }
}

/* Returns the index of the option for which getopt_long returned result, -1 if
 * there is none. */
static int
find_option(const struct table *t, int result)
{
    for (int i = 0; i < t->count; i++)
        if (result == LONG + i || result == t->options[i]->letter)
            return i;
    return -1;
}

static bool
is_given(const struct table *t, const char *name)
{
    for (int i = 0; i < t->count; i++)
        if (strcmp(t->options[i]->name, name) == 0)
            return t->given[i];
    return false;
}

/* Rejects options that exclude or need another one. */
static void
check_together(const struct table *t)
{
    for (int i = 0; i < t->count; i++) {
        const struct command_line_option *o = t->options[i];

        if (!t->given[i])
            continue;
        for (int e = 0; e < 2 && o->excludes[e] != NULL; e++)
            if (is_given(t, o->excludes[e]))
                command_line_reject("--%s and --%s cannot be used together",
                                    o->excludes[e], o->name);
        if (o->needs != NULL && !is_given(t, o->needs))
            command_line_reject("--%s: can only be used with --%s", o->name,
                                o->needs);
    }
}

void
command_line_exit(void)
{
    errno = 0;
    /* A reader that has left, as in `--help | head -n 1`, has read enough. */
    if ((fflush(stdout) == 0 && !ferror(stdout)) || errno == EPIPE)
        exit(EXIT_SUCCESS);
    fprintf(stderr, "%s: cannot write to stdout: %s\n", program_name,
            strerror(errno != 0 ? errno : EIO));
    exit(EXIT_FAILURE);
}

/* Prints the text of --help or --version, by its letter, and exits. */
static _Noreturn void
print_and_exit(const struct command_line_program *program,
               const struct table *t, char letter)
{
    if (letter == 'h')
        help_print(program, t->options, t->count);
    else
        printf("%s " COMMAND_LINE_VERSION "\n", program->name);
    command_line_exit();
}

int
command_line_read(const struct command_line_program *program, int argc,
                  char **argv)
{
    static const struct command_line_group common =
        COMMAND_LINE_GROUP(common_options, NULL);
    /* getopt_long tells a missing value from an unknown option because of ":",
     * and does not look for options after an operand because of "+". */
    struct table t = {.letters = ":", .place = ""};
    int c;

    program_name = program->name;
    program_path = argc > 0 ? argv[0] : program->name;
    if (program->takes_command) {
        strcpy(t.letters, "+:");
        t.place = "; options of the server must come after it";
    }
    for (int i = 0; i < COMMAND_LINE_GROUPS_MAX; i++)
        add_group(&t, &program->groups[i]);
    add_group(&t, &common);
    opterr = 0; /* getopt_long prints nothing, since we do */
    while ((c = getopt_long(argc, argv, t.letters, t.longs, NULL)) != -1) {
        int i = find_option(&t, c);

        if (i == -1)
            refuse(&t, c, argv);
        if (t.into[i] == NULL)
            print_and_exit(program, &t, t.options[i]->letter);
        store(t.options[i], t.into[i] + t.options[i]->offset, optarg);
        t.given[i] = true;
    }
    check_together(&t);
    return optind;
}
