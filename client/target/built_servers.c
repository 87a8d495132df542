#include "client/target/built_servers.h"

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/target/command.h"
#include "common/log.h"

/* What is in that folder and no server. */
static const char *const tools[] = {"client", "compare", "judge", "bench"};

/* The order of the lessons; servers that are not in it come after these. */
static const char *const order[] = {
    "single-process", "fork-per-client", "prefork", "threaded", "select",
    "poll",           "epoll",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static size_t
place(const char *name)
{
    size_t i = 0;

    while (i < COUNT(order) && strcmp(order[i], name) != 0)
        i++;
    return i;
}

static int
compare_places(const struct dirent **a, const struct dirent **b)
{
    size_t x = place((*a)->d_name);
    size_t y = place((*b)->d_name);

    if (x != y)
        return x < y ? -1 : 1;
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* Tells whether a file of the folder is a program, and not one of the tools. */
static bool
is_server(const char *folder, const char *name)
{
    struct stat status;
    char path[PATH_MAX + NAME_MAX + 2];

    for (size_t i = 0; i < COUNT(tools); i++)
        if (strcmp(name, tools[i]) == 0)
            return false;
    return *name != '.' &&
           snprintf(path, sizeof(path), "%s/%s", folder, name) < PATH_MAX &&
           access(path, X_OK) == 0 && stat(path, &status) == 0 &&
           S_ISREG(status.st_mode);
}

/* Returns the path as a command. */
static char *
as_command(const char *folder, const char *name)
{
    char path[PATH_MAX + NAME_MAX + 2];
    char *const words[] = {path, NULL};
    char *command;

    /* It fits: it has been looked at. */
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    command = command_text(words);
    if (command == NULL)
        die("memory for the servers");
    return command;
}

/* Writes the folder in which this program is. */
static void
find_folder(char folder[PATH_MAX])
{
    ssize_t len = readlink("/proc/self/exe", folder, PATH_MAX - 1);

    if (len == -1)
        die("cannot find the folder of this program");
    folder[len] = '\0';
    *strrchr(folder, '/') = '\0';
}

char **
built_servers_list(void)
{
    char folder[PATH_MAX];
    struct dirent **files;
    char **servers;
    int count;
    int n = 0;

    find_folder(folder);
    count = scandir(folder, &files, NULL, compare_places);
    if (count == -1)
        die("cannot read %s", folder);
    servers = calloc((size_t)count + 1, sizeof(*servers));
    if (servers == NULL)
        die("memory for the servers");
    for (int i = 0; i < count; i++) {
        if (is_server(folder, files[i]->d_name))
            servers[n++] = as_command(folder, files[i]->d_name);
        free(files[i]);
    }
    free(files);
    if (n == 0) {
        log_error("there is no server in %s; name one, or type 'make'", folder);
        exit(EXIT_FAILURE);
    }
    return servers;
}

void
built_servers_close(char **servers)
{
    for (char **s = servers; *s != NULL; s++)
        free(*s);
    free(servers);
}
