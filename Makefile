##   make demo                  six clients against every server: table, pictures
##   make test                  everything is built and tested
##
##   make                       build all into bin/
##   make test SERVERS="poll"   only what concerns these servers
##   make test SAN=thread       with a sanitizer: address,undefined or thread
##   make report                the same as a page and data, into build/report/
##   make bench                 what a message costs each; SHORT=1: in a minute
##   make bench BENCH="--loads churn"    with other options of bin/bench
##   make judge SERVER="./mine --port {port}"    what a server is, and what is wrong
##   make zoo                   servers broken on purpose, into bin/zoo/
##   make run-epoll             one server, or another, and the client against it
##   make lint, make format     clang-format, clang-tidy, cppcheck, shellcheck
##   make figures               the pictures in notes/figures/, made anew
##   make valgrind              unit programs, servers and client under valgrind
##   make clean                 remove bin/ and build/
##
## V=1 shows the commands; CC, CFLAGS and LDFLAGS are yours to set.  WERROR= lets
## a compiler that warns of more than ours go on.

CC     := $(if $(filter default,$(origin CC)),cc,$(CC))
CFLAGS ?= -O2 -g
WERROR ?= -Werror

comma := ,
kind  := $(if $(SAN),$(subst $(comma),-,$(SAN)),plain)
OBJ   ?= build/$(kind)
BIN   ?= $(if $(SAN),$(OBJ)/bin,bin)

SERVERS  ?= single-process fork-per-client prefork threaded select poll epoll
all_servers := $(patsubst servers/%.c,%,$(wildcard servers/*.c))
programs := $(all_servers) client compare judge bench
$(foreach s,$(filter-out $(all_servers),$(SERVERS)),$(error there is no server $s; there are $(all_servers)))
units    := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/*.c))
tools    := $(patsubst tests/tools/%.c,%,$(wildcard tests/tools/*.c))
helpers  := $(addprefix $(OBJ)/tests/,$(units) $(tools) worst.so)
bare     := $(patsubst %.c,$(OBJ)/%,$(wildcard tests/bare/*.c))

override CFLAGS += -std=c17 -I. -D_POSIX_C_SOURCE=200809L -pthread -Wall \
	-Wextra -Wpedantic -Wshadow -Wconversion $(WERROR) \
	$(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer)
say = $(if $(V),,@printf '  %-4s%s\n' $1 $2;)

all: $(programs:%=$(BIN)/%)
	@$(if $(filter-out all,$(MAKECMDGOALS)),:,echo) 'built $(words $(all_servers)) servers, client, compare, judge and bench into $(BIN)/.  Next: make demo'

mains := client/client.c client/compare/compare.c client/judge/judge.c client/bench/bench.c
# A library, so that a program takes from it what it needs and no more.
archive = $(patsubst %.c,$(OBJ)/%.o,$(filter-out $2,$(wildcard $1/*.c $1/*/*.c)))
$(OBJ)/common.a: $(call archive,common)
$(OBJ)/client.a: $(call archive,client,$(mains))
$(OBJ)/%.a:
	$(call say,AR,$@)rm -f $@ && ar rcs $@ $^

# Other flags than last time: all is compiled anew.
$(OBJ)/flags: always
	@mkdir -p $(@D); echo '$(CC) $(CFLAGS) $(LDFLAGS)' | cmp -s - $@ || \
		echo '$(CC) $(CFLAGS) $(LDFLAGS)' >$@

$(OBJ)/%.o: %.c $(OBJ)/flags
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

# For servers that fork: a child would else look up, each time anew, what its
# parent never called, and there are fewer mappings to copy.
link = @mkdir -p $(@D); $(if $(V),,printf '  LD  %s\n' $@;) \
	$(CC) $(CFLAGS) $(if $(SAN),,-Wl,-z,now,-z,noseparate-code) $(LDFLAGS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(libs)
$(BIN)/bench: libs = -lm
$(BIN)/client: $(OBJ)/client/client.o
$(BIN)/compare: $(OBJ)/client/compare/compare.o
$(BIN)/judge: $(OBJ)/client/judge/judge.o
$(BIN)/bench: $(OBJ)/client/bench/bench.o
$(BIN)/client $(BIN)/compare $(BIN)/judge $(BIN)/bench: $(OBJ)/client.a $(OBJ)/common.a
	$(link)
$(BIN)/%: $(OBJ)/servers/%.o $(OBJ)/common.a
	$(link)
$(OBJ)/tests/%: $(OBJ)/tests/unit/%.o $(OBJ)/client.a $(OBJ)/common.a
	$(link)
$(OBJ)/tests/%.so: tests/preload/%.c $(OBJ)/flags
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(CFLAGS) -fPIC -shared -o $@ $< -ldl
$(OBJ)/tests/%: $(OBJ)/tests/tools/%.o $(OBJ)/common.a
	$(link)
$(OBJ)/tests/bare/%: $(OBJ)/tests/bare/%.o
	$(link)

# Six clients, three messages each, 100 ms a message, against every server.
compare = $(BIN)/compare $(SERVERS:%=$(BIN)/%)
demo: all
	@$(compare)
	@echo 'Next: notes/README.md, the course'

report: all
	@mkdir -p build/report
	@$(compare) --html build/report/index.html --svg build/report/compare.svg \
		--csv build/report/compare.csv --csv-messages build/report/messages.csv
	@echo 'written: build/report/index.html, compare.svg, compare.csv, messages.csv'

figures: all
	@BIN=$(BIN) tests/figures

# Pools get as many workers as the loads have clients.
bench: all $(bare)
	@mkdir -p build/bench
	@$(BIN)/bench --bare $(OBJ)/tests/bare --csv build/bench/bench.csv \
		$(if $(SHORT),--short) $(or $(BENCH),--svg build/bench/idle.svg) $(foreach \
		s,$(SERVERS),"$(BIN)/$s$(patsubst %, -w 64,$(filter prefork threaded,$s))")
	@echo 'written: build/bench/bench.csv$(if $(BENCH),,, idle.svg)'

judge: all
	@$(BIN)/judge -- $(SERVER)

zoo: all
	@tests/zoo/build

run-%: all
	@tests/with-server $(BIN)/$* -d 200ms -- $(BIN)/client 6

test: all $(helpers) $(bare)
	@bats=$$(tests/get-bats build/bats) && BATS="$$bats" BIN=$(BIN) \
		TOOLS=$(OBJ)/tests RESULTS=$(OBJ)/results tests/run $(SERVERS)

# What the sanitizers do not see: bytes used before they were set.
valgrind: all $(helpers)
	@BIN=$(BIN) TOOLS=$(OBJ)/tests tests/with-valgrind

lint:
	@tests/lint

format:
	clang-format -i $(wildcard */*.[ch] client/*/*.[ch] tests/*/*.[ch])

clean:
	rm -rf bin build

help:
	@sed -n 's/^## \{0,1\}//p' Makefile

.PHONY: always all bench demo report figures judge zoo test valgrind lint format clean help
.SECONDARY:
-include $(shell find $(OBJ) -name '*.d' 2>/dev/null)
