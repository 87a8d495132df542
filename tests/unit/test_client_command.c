/* Tests which words and which name are made from the text that describes a
 * server. */

#include "client/target/command.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/check.h"

static const struct command_terms terms = {
    .port = "4711",
    .delay = "20ms",
    .cpu = "0",
};

static void
expect(const char *text, const char *label, const char *line)
{
    char *name = command_label(text);
    char **words = command_words(text, &terms);
    char *joined;

    joined = command_text(words);
    CHECK(strcmp(name, label) == 0);
    CHECK(strcmp(joined, line) == 0);
    if (strcmp(name, label) != 0 || strcmp(joined, line) != 0)
        printf("'%s': '%s', '%s'\n", text, name, joined);
    free(joined);
    free(words);
    free(name);
}

static void
test_suite(void)
{
    expect("bin/epoll", "epoll", "bin/epoll -p 4711 -d 20ms -C 0");
    expect("  bin/prefork  -w 2 ", "prefork  -w 2",
           "bin/prefork -w 2 -p 4711 -d 20ms -C 0");
    expect("epoll", "epoll", "epoll -p 4711 -d 20ms -C 0");
    expect("a\x1b[1m\xff=bin/prefork -w 2", "a\\x1b[1m\\xff",
           "bin/prefork -w 2 -p 4711 -d 20ms -C 0");
    expect("two=bin/prefork -w 2", "two",
           "bin/prefork -w 2 -p 4711 -d 20ms -C 0");
    expect("bin/epoll --file /a/b", "epoll --file /a/b",
           "bin/epoll --file /a/b -p 4711 -d 20ms -C 0");
    expect("./a=b/server", "server", "./a=b/server -p 4711 -d 20ms -C 0");
}

static void
test_others(void)
{
    expect("mine=./my --port {port}", "mine", "./my --port 4711");
    expect("mine=./my --port={port}", "mine", "./my --port=4711");
    expect("./my {port} {delay}{cpu}{port}", "my {port} {delay}{cpu}{port}",
           "./my 4711 20ms04711");
    expect("x={port}", "x", "4711");
    expect("=x {port}", "=x {port}", "=x 4711");
    expect("./my {por {port}t}", "my {por {port}t}", "./my {por 4711t}");
}

/* Placeholders in the name of a server do not count. */
static void
test_takes(void)
{
    CHECK(command_takes_delay("epoll") && command_takes_work("epoll"));
    CHECK(!command_takes_delay("x {port}") && !command_takes_work("x {port}"));
    CHECK(command_takes_delay("x {port} {delay}"));
    CHECK(command_takes_work("x {port} {cpu}"));
    CHECK(!command_takes_port("{port}{delay}=x"));
    CHECK(!command_takes_delay("{delay}=x {port}"));
}

static void
test_backslashes(void)
{
    char **words =
        command_words("/a\\ b/epoll x\\\\y \\{port} {port}\\", &terms);
    char *name = command_label("/a\\ b/epoll -q");

    if (words == NULL || name == NULL)
        abort();
    CHECK(strcmp(words[0], "/a b/epoll") == 0);
    CHECK(strcmp(words[1], "x\\y") == 0);
    CHECK(strcmp(words[2], "{port}") == 0);
    CHECK(strcmp(words[3], "4711\\") == 0);
    CHECK(words[4] == NULL);
    CHECK(strcmp(name, "epoll -q") == 0);
    free(words);
    free(name);
}

static void
test_shown(void)
{
    char *const words[] = {
        "bin/compare", "x\x1b[1m\xff=a b", "\xe2\x80\x8b", "c\\d", "-q", NULL};
    char *shown = command_shown(words);

    CHECK(strcmp(shown, "bin/compare x\\x1b[1m\\xff=a\\ b "
                        "\\xe2\\x80\\x8b c\\\\d -q") == 0);
    free(shown);
}

static void
test_nothing(void)
{
    static const char *const texts[] = {"", "  ", "name=", "name=  "};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        CHECK(command_words(texts[i], &terms) == NULL);
}

int
main(void)
{
    test_suite();
    test_others();
    test_takes();
    test_backslashes();
    test_shown();
    test_nothing();
    return check_done();
}
