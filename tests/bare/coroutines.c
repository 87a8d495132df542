/* The same system calls as epoll: a coroutine needs none. */

#include "tests/bare/epoll.c" /* NOLINT(bugprone-suspicious-include) */
