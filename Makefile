## The most used:
##   make demo                  six clients against seven servers: table, pictures
##   make demo SERVERS=all      the same against every server
##   make test                  builds and tests everything but what follows
##   make test-judge            is the judge right about good and broken servers?
##
##   make                       builds all programs into bin/
##   make test SERVERS="poll epoll"   only the tests of these servers
##   make check-epoll           only the tests of one server
##   make test SAN=thread       with a sanitizer: address,undefined or thread
##   make report                the demo as a page and as data, into build/report/
##   make bench                 what one message costs; SHORT=1: in a minute
##   make bench BENCH="--loads churn"    with other options of bin/bench
##   make judge SERVER="./mine --port {port}"   what is wrong with a server
##   make mystery-1       a sick server: find what is wrong with it
##   make lab                   experiments with the kernel, into bin/lab/
##   make zoo                   servers broken on purpose, into bin/zoo/
##   make run-epoll             one server, and the client against it
##   make lint, make format     clang-format, clang-tidy, cppcheck, shellcheck
##   make figures               makes the pictures in notes/figures/ again
##   make valgrind              runs programs and unit tests under valgrind
##   make clean                 removes bin/ and build/
##
## V=1 shows the commands.  CC, CFLAGS and LDFLAGS are yours to set.

CC     := $(if $(filter default,$(origin CC)),cc,$(CC))
CFLAGS ?= -O2 -g

comma := ,
OBJ   ?= build/$(if $(SAN),$(subst $(comma),-,$(SAN)),plain)
BIN   ?= $(if $(SAN),$(OBJ)/bin,bin)

# What belongs to another system is not compiled: files that include headers of
# its kernel, and files whose names end in _linux.c or _bsd.c.  On Linux,
# SYSTEM=bsd compiles what a BSD or macOS would, with the headers in tests/bsd.
native  := $(if $(filter Linux,$(shell uname -s)),linux,bsd)
SYSTEM  ?= $(native)
other   := $(if $(filter linux,$(SYSTEM)),bsd,linux)
linux_h := <sys/(epoll|eventfd|timerfd|prctl|syscall)[.]h>|"common/(epoll_list|ring)[.]h"
bsd_h   := <sys/event[.]h>
foreign := $(shell grep -lE '$($(other)_h)' servers/*.c common/*.c client/*/*.c tests/bare/*.c) \
	$(wildcard common/*_$(other).c client/*/*_$(other).c)
bsd_here := $(if $(filter bsd,$(SYSTEM)),$(filter linux,$(native)))

# A file in servers/ is a server.  The order is that of the course, for tables;
# servers that it does not name come last.
order := single-process fork-per-client thread-per-client prefork prethreaded \
	prefork-passing prefork-reuseport threaded select poll epoll epoll-edge \
	loop-per-core reactor pipeline coroutines fibers uring kqueue
servers     := $(patsubst servers/%.c,%,$(filter-out $(foreign),$(wildcard servers/*.c)))
# fibers needs some assembler for the machine for which the compiler compiles.
machine     := $(firstword $(subst -, ,$(shell $(CC) -dumpmachine)))
assembler   := $(if $(filter Linux,$(shell uname -s)),$(wildcard common/*_$(machine:arm64=aarch64).S))
left_out    := $(if $(assembler),,fibers)
servers     := $(filter-out $(left_out),$(servers))
all_servers := $(filter $(servers),$(order)) $(filter-out $(order),$(servers))
# make demo shows these, unless SERVERS says others.
classic     := single-process fork-per-client prefork threaded select poll epoll
shown       := $(if $(SERVERS),$(SERVERS:all=$(all_servers)),$(filter $(servers),$(classic)))
override SERVERS := $(filter-out $(MISSING),$(if $(SERVERS),$(SERVERS:all=$(all_servers)),$(all_servers)))
$(foreach s,$(filter-out $(servers),$(SERVERS)),$(error there is no server $s; there are $(all_servers)))

# Each program is made from the file with its main and from two libraries, of
# which it takes what it needs.
client_mains := client/client.c $(foreach p,compare inside judge bench,client/$p/$p.c)
# The tools wait in epoll_wait, so they are for Linux only.
programs     := $(all_servers) $(if $(filter linux,$(SYSTEM)),$(notdir $(client_mains:.c=)))
main_of = $(or $(filter %/$1.c,$(client_mains)),servers/$1.c)
library = $(patsubst %.c,$(OBJ)/%.o,$(filter-out $(client_mains) $(foreign),$(wildcard $1/*.c $1/*/*.c)))
assembled = $(assembler:%.S=$(OBJ)/%.o)
objects = $(patsubst %.c,$(OBJ)/%.o,$(wildcard $1))

override CFLAGS += -std=c17 -I. $(if $(bsd_here),-Itests/bsd) \
	$(if $(filter linux,$(native)),-D_POSIX_C_SOURCE=200809L) -pthread -Wall \
	-Wextra -Wpedantic -Wshadow -Wconversion $(WERROR) \
	$(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer)
say = $(if $(V),,@$(info $()  $1  $2))
flags := $(CC) $(CFLAGS) $(LDFLAGS)

all: $(programs:%=$(BIN)/%)
	@$(if $(left_out),echo 'left out: $(left_out) (there is no common/fiber_$(machine).S)',:)
	@$(if $(filter-out all,$(MAKECMDGOALS)),:,echo) 'built $(words $(all_servers)) servers$(if $(filter linux,$(SYSTEM)),$(comma) client$(comma) compare$(comma) inside$(comma) judge and bench) into $(BIN)/.  Next: make demo'

include tests/tests.mk

# With other flags than last time, everything is compiled again.  All folders
# for results are made here, once.
$(OBJ)/flags: always
	@mkdir -p $(BIN) $(addprefix $(OBJ)/,$(sort $(dir $(wildcard */*.c */*/*.c))))
	@echo '$(flags)' | cmp -s - $@ || echo '$(flags)' >$@

$(OBJ)/%.o: %.c $(OBJ)/flags
	$(call say,CC,$<)$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

$(OBJ)/%.o: %.S $(OBJ)/flags
	$(call say,AS,$<)$(CC) $(CFLAGS) -c -o $@ $<

$(OBJ)/common.a: $(call library,common) $(assembled) \
	$(if $(bsd_here),$(OBJ)/tests/bsd/kqueue.o)
$(OBJ)/client.a: $(call library,client)
$(OBJ)/%.a:
	$(call say,AR,$@)rm -f $@ && ar rcs $@ $^

# Servers that fork: each child would otherwise look up functions that its
# parent never called, and copy more mappings.
link_flags := $(if $(filter bsd,$(native))$(SAN),,-Wl,-z,now,-z,noseparate-code)
link = $(call say,LD,$@)$(CC) $(CFLAGS) $(link_flags) $(LDFLAGS) -o $@ \
	$(filter %.o,$^) $(filter %.a,$^) -lm

.SECONDEXPANSION:
$(programs:%=$(BIN)/%): $$(patsubst %.c,$$(OBJ)/%.o,$$(call main_of,$$(@F))) \
		$(OBJ)/client.a $(OBJ)/common.a
	$(link)

# Six clients, three messages each, 100 ms per message, against each server.
compare = $(BIN)/compare $(1:%=$(BIN)/%)
demo: all
	@$(call compare,$(shown))
	@echo 'Next: notes/README.md, the course'

report: all
	@mkdir -p build/report
	@$(call compare,$(SERVERS)) --html build/report/index.html --svg build/report/compare.svg \
		--csv build/report/compare.csv --csv-messages build/report/messages.csv
	@echo 'written: build/report/index.html, compare.svg, compare.csv, messages.csv'

# Servers with workers get as many as the loads have clients.
with_workers = $1$(if $(shell $(BIN)/$1 --traits | grep at_once=.*workers), -w 64)
bench: all $(bare)
	@mkdir -p build/bench
	@$(BIN)/bench --bare $(OBJ)/tests/bare --csv build/bench/bench.csv \
		$(if $(SHORT),--short) $(or $(BENCH),--svg build/bench/idle.svg) \
		$(foreach s,$(SERVERS),"$(BIN)/$(call with_workers,$s)")
	@echo 'written: build/bench/bench.csv$(if $(BENCH),,, idle.svg)'

# Into $(BIN)/lab/: experiments with the kernel, without our servers.
lab: $(lab)
	@echo 'built $^'

judge: all
	@$(BIN)/judge -- $(SERVER)

zoo figures: all
	@tests/$(@:zoo=zoo/build)

run-%: all
	@tests/with-server $(BIN)/$* -d 200ms -- $(BIN)/client 6

mystery-%: all
	@tests/mystery/run $* $(ANSWER) || :

lint:
	@tests/lint

format:
	clang-format -i $(wildcard */*.[ch] client/*/*.[ch] tests/*/*.[ch])

clean:
	rm -rf bin build

help:
	@sed -n 's/^## \{0,1\}//p' Makefile

.PHONY: always all bench clean demo figures format help judge lab lint report test test-judge valgrind zoo
.SECONDARY:
-include $(shell find $(OBJ) -name '*.d' 2>/dev/null)
