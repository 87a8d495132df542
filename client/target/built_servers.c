#define _XOPEN_SOURCE 700 /* realpath */

#include "client/target/built_servers.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/memory.h"
#include "client/target/command.h"
#include "client/target/process.h"
#include "client/target/server_process.h"
#include "common/log.h"

#define TRAITS_MAX  512
#define LETTERS_MAX 2 /* by which a wrong name may differ from a right one */

/* What the servers do without an option (see common/options.c). */
#define WORKERS_INITIAL     5
#define MAX_CLIENTS_INITIAL 512

struct server {
    char *command;
    char traits[TRAITS_MAX]; /* with a blank before and after each */
};

/* Writes the folder of this program.  Returns false if it is not known. */
static bool
find_folder(char folder[PATH_MAX])
{
    if (!process_program(getpid(), folder, PATH_MAX))
        return false;
    *strrchr(folder, '/') = '\0';
    return true;
}

/* Reads the traits that a program prints.  Returns false if it prints none, so
 * that it is no server of this suite. */
static bool
ask_traits(char *path, char traits[TRAITS_MAX])
{
    static char option[] = "--traits";
    char *words[] = {path, option, NULL};

    memset(traits, 0, TRAITS_MAX);
    traits[0] = ' ';
    server_process_ask(words, traits + 1, TRAITS_MAX - 2);
    traits[strcspn(traits, "\n")] = ' ';
    return strncmp(traits, " at_once=", strlen(" at_once=")) == 0;
}

/* Fills in a server.  Returns false if the file is none. */
static bool
read_server(struct server *server, const char *folder, const char *name)
{
    char path[PATH_MAX + NAME_MAX + 2];
    char *const words[] = {path, NULL};
    struct stat status;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    if (stat(path, &status) == -1 || !S_ISREG(status.st_mode) ||
        access(path, X_OK) == -1 || !ask_traits(path, server->traits))
        return false;
    server->command = command_text(words);
    return true;
}

/* The page of the course is the last trait. */
static int
compare_lessons(const void *a, const void *b)
{
    const struct server *x = a;
    const struct server *y = b;
    const char *lesson_x = strstr(x->traits, " lesson=");
    const char *lesson_y = strstr(y->traits, " lesson=");
    int result = strcmp(lesson_x != NULL ? lesson_x : "",
                        lesson_y != NULL ? lesson_y : "");

    return result != 0 ? result : strcmp(x->command, y->command);
}

char **
built_servers_list(void)
{
    char folder[PATH_MAX];
    struct dirent **files;
    struct server *servers;
    char **commands;
    int files_count;
    int count = 0;

    if (!find_folder(folder)) {
        log_error("the folder of this program is not known, since /proc is "
                  "not there; name the servers");
        exit(EXIT_FAILURE);
    }
    files_count = scandir(folder, &files, NULL, NULL);
    if (files_count == -1)
        die("cannot read %s", folder);
    servers = calloc((size_t)files_count + 1, sizeof(*servers));
    commands = calloc((size_t)files_count + 1, sizeof(*commands));
    if (servers == NULL || commands == NULL)
        die("memory for the servers");
    for (int i = 0; i < files_count; i++) {
        count += read_server(&servers[count], folder, files[i]->d_name);
        free(files[i]);
    }
    free(files);
    if (count == 0) {
        log_error("there is no server in %s; name one, or type 'make'", folder);
        exit(EXIT_FAILURE);
    }
    qsort(servers, (size_t)count, sizeof(*servers), compare_lessons);
    for (int i = 0; i < count; i++)
        commands[i] = servers[i].command;
    free(servers);
    return commands;
}

void
built_servers_close(char **servers)
{
    for (char **s = servers; *s != NULL; s++)
        free(*s);
    free(servers);
}

char *
built_servers_find(const char *text)
{
    char folder[PATH_MAX];
    char name[NAME_MAX + 1];
    struct server server;
    size_t len;
    const char *program = command_program(text, &len);
    char *found = NULL;

    if (len > 0 && len < sizeof(name) && memchr(program, '/', len) == NULL &&
        find_folder(folder)) {
        snprintf(name, sizeof(name), "%.*s", (int)len, program);
        if (read_server(&server, folder, name)) {
            size_t size = strlen(text) + strlen(server.command) + 1;

            found = malloc(size);
            if (found != NULL)
                snprintf(found, size, "%.*s%s%s", (int)(program - text), text,
                         server.command, program + len);
            free(server.command);
        }
    }
    if (found == NULL)
        found = strdup(text);
    if (found == NULL)
        die("memory for a command");
    return found;
}

/* Returns how many letters must be inserted, removed or replaced to make one
 * word of the other (Levenshtein).  Of long words only the beginning counts. */
static int
count_letters(const char *a, const char *b)
{
    int above[BUILT_SERVERS_NAME_MAX]; /* from the letters of a so far to the
                                        * first letters of b */
    int len = (int)strnlen(b, BUILT_SERVERS_NAME_MAX - 1);

    for (int j = 0; j <= len; j++)
        above[j] = j;
    for (int i = 0; a[i] != '\0'; i++) {
        int replaced = above[0];

        above[0] = i + 1;
        for (int j = 1; j <= len; j++) {
            int least = replaced + (a[i] != b[j - 1]);

            if (above[j] + 1 < least)
                least = above[j] + 1;
            if (above[j - 1] + 1 < least)
                least = above[j - 1] + 1;
            replaced = above[j];
            above[j] = least;
        }
    }
    return above[len];
}

bool
built_servers_guess(const char *text, char name[BUILT_SERVERS_NAME_MAX])
{
    char folder[PATH_MAX];
    struct dirent **files = NULL;
    int files_count = -1;
    size_t len;
    const char *program = command_program(text, &len);
    char *wrong = memory_get(len + 1, 1);
    const char *slash;
    int least = LETTERS_MAX + 1;

    memcpy(wrong, program, len);
    slash = strrchr(wrong, '/');
    if (find_folder(folder))
        files_count = scandir(folder, &files, NULL, alphasort);
    for (int i = 0; i < files_count; i++) {
        const char *right = files[i]->d_name;
        int letters = count_letters(slash != NULL ? slash + 1 : wrong, right);
        struct server server;

        /* Start only programs with such a name. */
        if (letters < least && read_server(&server, folder, right)) {
            least = letters;
            snprintf(name, BUILT_SERVERS_NAME_MAX, "%.*s",
                     BUILT_SERVERS_NAME_MAX - 1, right);
            free(server.command);
        }
        free(files[i]);
    }
    free(files);
    free(wrong);
    return least <= LETTERS_MAX;
}

/* Returns whether the words start a server of that folder, and its traits. */
static bool
find_traits(char *const *words, char traits[TRAITS_MAX])
{
    char folder[PATH_MAX];
    char path[PATH_MAX];

    return find_folder(folder) && realpath(words[0], path) != NULL &&
           strncmp(path, folder, strlen(folder)) == 0 &&
           strrchr(path, '/') == path + strlen(folder) &&
           ask_traits(path, traits);
}

/* Returns the number that an option has among the words, as "-w 2", "-w2",
 * "--workers 2" or "--workers=2"; the last one counts.  Without it, returns
 * initial. */
static int
find_option(char *const *words, const char *brief, const char *name,
            int initial)
{
    const char *const spellings[] = {brief, name};
    int result = initial;

    for (char *const *w = words + 1; w[-1] != NULL && *w != NULL; w++)
        for (size_t i = 0; i < 2; i++) {
            size_t len = strlen(spellings[i]);
            const char *value = *w + len;

            if (strncmp(*w, spellings[i], len) != 0)
                continue;
            if (*value == '\0')
                value = w[1] != NULL ? w[1] : "";
            else if (*value == '=')
                value++;
            if (atoi(value) > 0)
                result = atoi(value);
        }
    return result;
}

struct built_servers_promise
built_servers_promise(const char *text)
{
    static const struct command_terms no_terms = {"", "", ""};
    struct built_servers_promise promise = {.at_once = 0};
    char **words = command_words(text, &no_terms);
    char traits[TRAITS_MAX];

    if (words != NULL && find_traits(words, traits)) {
        promise.one_at_a_time = strstr(traits, " at_once=one ") != NULL;
        promise.at_most = strstr(traits, " at_once=up-to-workers ") != NULL;
        if (promise.one_at_a_time)
            promise.at_once = 1;
        else if (promise.at_most || strstr(traits, " at_once=workers ") != NULL)
            promise.at_once =
                find_option(words, "-w", "--workers", WORKERS_INITIAL);
        else if (strstr(traits, "=one-per-client ") != NULL)
            promise.at_once =
                find_option(words, "-m", "--max-clients", MAX_CLIENTS_INITIAL);
        else
            promise.at_once = INT_MAX;
        promise.computed_at_once = 1;
        if (strstr(traits, " computes=each ") != NULL)
            promise.computed_at_once = promise.at_once;
        else if (strstr(traits, " computes=workers ") != NULL)
            /* Some of these start a worker per core. */
            promise.computed_at_once =
                find_option(words, "-w", "--workers", INT_MAX);
    }
    free(words);
    return promise;
}
