#include "client/inside/sockets.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_LEN 300
#define LINE_LEN 8192

unsigned
sockets_inode(pid_t pid, int fd)
{
    char path[PATH_LEN];
    char target[64];
    unsigned inode = 0;
    ssize_t n;

    snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
    n = readlink(path, target, sizeof(target) - 1);
    target[n > 0 ? n : 0] = '\0';
    return sscanf(target, "socket:[%u]", &inode) == 1 ? inode : 0;
}

bool
sockets_is_unix(pid_t pid, int fd)
{
    char path[PATH_LEN];
    char line[LINE_LEN];
    bool is_unix = false;
    FILE *file;

    /* Only a UNIX socket can hold descriptors that are on their way. */
    snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", (int)pid, fd);
    file = fopen(path, "re");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL)
        is_unix |= strncmp(line, "scm_fds:", strlen("scm_fds:")) == 0;
    if (file != NULL)
        fclose(file);
    return is_unix;
}

int
sockets_find(pid_t pid, const unsigned *inodes, int inode_count, int *found)
{
    const struct dirent *entry;
    char path[PATH_LEN];
    int first = -1;
    DIR *dir;

    *found = 0;
    snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
    dir = opendir(path);
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        int fd = atoi(entry->d_name);
        unsigned inode = *entry->d_name != '.' ? sockets_inode(pid, fd) : 0;

        for (int i = 0; inode != 0 && i < inode_count; i++)
            if (inodes[i] == inode && ++*found == 1)
                first = fd;
    }
    if (dir != NULL)
        closedir(dir);
    return first;
}

pid_t
sockets_holder(unsigned inode)
{
    const struct dirent *entry;
    DIR *dir = opendir("/proc");
    pid_t pid = 0;
    int count;

    /* Numbers grow, so a parent comes before its children. */
    while (dir != NULL && pid == 0 && (entry = readdir(dir)) != NULL)
        if (sockets_find(atoi(entry->d_name), &inode, 1, &count) != -1)
            pid = atoi(entry->d_name);
    if (dir != NULL)
        closedir(dir);
    return pid;
}

int64_t
sockets_overflows(void)
{
    FILE *file = fopen("/proc/net/netstat", "re");
    char names[LINE_LEN];
    char values[LINE_LEN];
    const char *name = names;
    const char *value = values;
    bool is_read = file != NULL && fgets(names, sizeof(names), file) != NULL &&
                   fgets(values, sizeof(values), file) != NULL;

    if (file != NULL)
        fclose(file);
    /* A line of names, and then a line with the value of each. */
    while (is_read && name != NULL && value != NULL) {
        if (strncmp(name, " ListenOverflows ", strlen(" ListenOverflows ")) ==
            0)
            return strtoll(value, NULL, 10);
        name = strchr(name + 1, ' ');
        value = strchr(value + 1, ' ');
    }
    return -1;
}
