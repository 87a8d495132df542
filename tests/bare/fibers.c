/* The same system calls as epoll: a change of stacks needs none. */

#include "tests/bare/epoll.c" /* NOLINT(bugprone-suspicious-include) */
