## The most used:
##   make demo                  six clients against seven servers: table, pictures
##   make demo SERVERS=all      the same against every server
##   make test                  builds and tests everything but what follows
##   make test-judge            is the judge right about good and broken servers?
##   make test-course           do the pages and the exercises work as they say?
##
##   make                       builds all programs into bin/
##   make test SERVERS="poll epoll"   only the tests of these servers
##   make check-epoll           only the tests of one server
##   make test SAN=thread       with a sanitizer: address,undefined or thread
##   make report                the demo as a page and as data, into build/report/
##   make bench                 what one message costs; SHORT=1: in minutes
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

# Which files are for this system, and the flags that it needs.
include common/system.mk

# A file in servers/ is a server.  The order is that of the course, for tables;
# servers that it does not name come last.
order := single-process fork-per-client thread-per-client prefork prethreaded \
	prefork-passing prefork-reuseport threaded select poll epoll epoll-edge \
	loop-per-core reactor pipeline coroutines fibers uring kqueue
servers := $(filter-out $(left_out),$(patsubst servers/%.c,%,$(filter-out \
	$(foreign),$(wildcard servers/*.c))))
all_servers := $(filter $(servers),$(order)) $(filter-out $(order),$(servers))
# make demo shows these, unless SERVERS says others.
classic := single-process fork-per-client prefork threaded select poll epoll
shown   := $(patsubst all,$(all_servers),$(or $(SERVERS),$(filter $(servers),$(classic))))
override SERVERS := $(filter-out $(MISSING),$(patsubst all,$(all_servers),$(or $(SERVERS),all)))
$(foreach s,$(filter-out $(servers),$(SERVERS)),$(error there is no server $s; there are $(all_servers)))

# Each program is made from the file with its main and from two libraries, of
# which it takes what it needs.
client_mains := client/client.c $(foreach p,compare inside judge bench,client/$p/$p.c)
client_programs := $(notdir $(client_mains:.c=))
programs := $(all_servers) $(client_programs)
main_of   = $(or $(filter %/$1.c,$(client_mains)),servers/$1.c)
objects   = $(patsubst %,$(OBJ)/%.o,$(basename $1))
library   = $(call objects,$(filter-out $(client_mains) $(foreign),$(wildcard $1/*.c $1/*/*.c)))

override CFLAGS += -std=c17 -I. $(system_flags) -pthread -Wall -Wextra -Wpedantic \
	-Wshadow -Wconversion $(WERROR) $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer)
say  = $(if $(V),,@$(info $()  $1  $2))
link = $(call say,LD,$@)$(CC) $(CFLAGS) $(or $(link_lto),-fno-lto) $(link_flags) $(LDFLAGS) -o $@ \
	$(filter %.o,$^) $(filter %.a,$^) -lm

all: $(programs:%=$(BIN)/%)
	@$(if $(left_out),echo 'left out: $(left_out) (there is no common/fiber_$(machine).S)',:)
	@$(if $(filter-out all,$(MAKECMDGOALS)),:,echo) 'built $(words $(all_servers)) servers,' \
		'client, compare, inside, judge and bench into $(BIN)/'
	@$(if $(filter-out all,$(MAKECMDGOALS)),:,echo 'Next: make demo')

include tests/tests.mk client/client.mk

# With other flags than last time, everything is compiled again.  All folders
# for results are made here, once.
flags := $(CC) $(CFLAGS) $(LDFLAGS)
$(OBJ)/flags: always
	@mkdir -p $(BIN) $(addprefix $(OBJ)/,$(sort $(dir $(wildcard */*.c */*/*.c))))
	@echo '$(flags)' | cmp -s - $@ || echo '$(flags)' >$@

$(OBJ)/%.o: %.c $(OBJ)/flags
	$(call say,CC,$<)$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

$(OBJ)/%.o: %.S $(OBJ)/flags
	$(call say,AS,$<)$(CC) $(CFLAGS) -c -o $@ $<

# These modules run for each message.  Link-time optimization lets the compiler treat
# them and the server as one source file, because a bare limit (tests/bare) is one, too.
# GCC can do that if it has an lto-wrapper.  Other programs do without it (-fno-lto).
often := conn blocking client session frame service conns conns_deadlines options \
	epoll_list work_queue
lto   := $(if $(SAN),,$(if $(findstring lto-wrapper,$(shell $(CC) -v 2>&1)),-flto))
$(OBJ)/servers/%.o $(often:%=$(OBJ)/common/%.o): override CFLAGS += $(lto:%=% -ffat-lto-objects)
$(all_servers:%=$(BIN)/%): private link_lto := $(lto:%=% -flto-partition=one)

$(OBJ)/common.a: $(call library,common) $(call objects,$(assembler) $(bsd_kernel))
$(OBJ)/client.a: $(call library,client)
$(OBJ)/%.a:
	$(call say,AR,$@)rm -f $@ && ar rcs $@ $^

.SECONDEXPANSION:
$(programs:%=$(BIN)/%): $$(call objects,$$(call main_of,$$(@F))) $(OBJ)/client.a $(OBJ)/common.a
	$(link)

clean:
	rm -rf bin build

help:
	@sed -n 's/^## \{0,1\}//p' Makefile

.PHONY: always all clean help
.SECONDARY:
-include $(shell find $(OBJ) -name '*.d' 2>/dev/null)
