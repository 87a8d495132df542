/* terminal - runs a command on a terminal, and copies what appears there.
 *
 *     terminal COMMAND [ARG...]
 *
 * The command gets a pseudo-terminal of 80 columns and 24 lines as standard
 * input, output and error, which is also its controlling terminal.  All that it
 * writes there is copied to standard output, with ends of lines as in a file.
 * On SIGINT, Ctrl-C is pressed: the kernel then sends SIGINT to the command and
 * to all that it has started in the foreground.  On SIGTERM all of these are
 * killed.  Ends as the command ends, with 128 and the signal's number if a
 * signal has ended it. */

#define _XOPEN_SOURCE 700 /* for posix_openpt */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static int terminal; /* the side of the program that plays the terminal */
static pid_t pid;    /* of the command, which is a process group */

static _Noreturn void
give_up(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

/* The handler of SIGINT presses Ctrl-C. */
static void
press(int signal)
{
    int saved = errno;

    (void)signal;
    (void)!write(terminal, "\003", 1); /* if it is full, press again */
    errno = saved;
}

/* The handler of SIGTERM ends the command at once. */
static void
end(int signal)
{
    int saved = errno;

    (void)signal;
    if (kill(-pid, SIGKILL) == -1) /* it has not called setsid yet */
        (void)kill(pid, SIGKILL);
    errno = saved;
}

/* Opens a new pseudo-terminal.  Returns the side of the command. */
static int
open_terminal(void)
{
    const struct winsize size = {.ws_row = 24, .ws_col = 80};
    struct termios t;
    int command;

    terminal = posix_openpt(O_RDWR | O_NOCTTY);
    if (terminal == -1 || grantpt(terminal) == -1 || unlockpt(terminal) == -1)
        give_up("terminal: posix_openpt");
    command = open(ptsname(terminal), O_RDWR | O_NOCTTY);
    if (command == -1 || tcgetattr(command, &t) == -1)
        give_up("terminal: ptsname");
    t.c_lflag &= (tcflag_t)~ECHO;  /* no "^C" where Ctrl-C is pressed */
    t.c_oflag &= (tcflag_t)~ONLCR; /* "\n" stays as it is */
    if (tcsetattr(command, TCSANOW, &t) == -1 ||
        ioctl(command, TIOCSWINSZ, &size) == -1)
        give_up("terminal: its attributes");
    return command;
}

/* In the child: makes the terminal its own, and becomes the command. */
static _Noreturn void
become(char **command, int fd)
{
    if (signal(SIGINT, SIG_DFL) == SIG_ERR ||
        signal(SIGTERM, SIG_DFL) == SIG_ERR)
        give_up("terminal: signal");
    if (setsid() == -1 || ioctl(fd, TIOCSCTTY, 0) == -1)
        give_up("terminal: setsid");
    for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++)
        if (dup2(fd, i) == -1)
            give_up("terminal: dup2");
    if (fd > STDERR_FILENO)
        close(fd);
    execvp(command[0], command);
    perror(command[0]);
    _exit(127);
}

/* Copies what has been written to the terminal.  Tells whether there may be
 * more: the last reader of the other side makes read fail with EIO. */
static bool
copy(void)
{
    char bytes[4096];
    ssize_t n = read(terminal, bytes, sizeof(bytes));

    if (n <= 0)
        return n == -1 && errno == EINTR;
    for (ssize_t sent = 0, part; sent < n; sent += part) {
        part = write(STDOUT_FILENO, bytes + sent, (size_t)(n - sent));
        if (part == -1)
            give_up("terminal: write");
    }
    return true;
}

int
main(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = press, .sa_flags = SA_RESTART};
    const struct sigaction ending = {.sa_handler = end, .sa_flags = SA_RESTART};
    int command, status;

    if (argc < 2)
        return 2;
    command = open_terminal();
    if (sigaction(SIGINT, &action, NULL) == -1)
        give_up("terminal: sigaction");
    pid = fork();
    if (pid == 0) {
        close(terminal);
        become(argv + 1, command);
    }
    if (pid == -1)
        give_up("terminal: fork");
    if (sigaction(SIGTERM, &ending, NULL) == -1)
        give_up("terminal: sigaction");
    close(command);
    while (copy())
        continue;
    while (waitpid(pid, &status, 0) == -1)
        if (errno != EINTR)
            give_up("terminal: waitpid");
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
