# tests.mk - the rules of "make test": one target per line that it prints.
#
# All results are TAP, in $(results).  tests/report runs one command and prints
# its line; in the end it prints what has failed.  Most tests wait more than they
# compute, so more of them run at a time than there are cores.

results := $(OBJ)/results
tools   := $(OBJ)/tests
JOBS    ?= $(shell echo $$(($$(getconf _NPROCESSORS_ONLN) + 6)))

# What needs fibers is left out where they are.
tests_of = $(filter-out $(if $(left_out),%/test_fiber.c %/switches.c),$(wildcard $1))
units := $(patsubst tests/unit/%.c,$(tools)/%,$(call tests_of,tests/unit/*.c))
bare  := $(patsubst %.c,$(OBJ)/%,$(filter-out $(foreign),$(wildcard tests/bare/*.c)))
lab   := $(patsubst tests/lab/%.c,$(BIN)/lab/%,$(call tests_of,tests/lab/*.c))
# What only a BSD or macOS needs, compiled here with the headers in tests/bsd.
bsd   := $(patsubst %.c,$(OBJ)/tests/bsd/%.o,$(wildcard common/*_bsd.c client/*/*_bsd.c) tests/bare/kqueue.c)
test_programs := $(units) $(bare) $(lab) $(tools)/transcript $(tools)/worst.so \
	$(bsd) $(tools)/kqueue \
	$(patsubst tests/tools/%.c,$(tools)/%,$(wildcard tests/tools/*.c))

# What holds for each server: the transcripts and bats files in tests/contract;
# those with the name of a server are for this server only.
contract = $(foreach f,$(wildcard tests/contract/*.$2),$(if \
	$(filter-out $(filter-out $1,$(all_servers)),$(basename $(notdir $f))),$f)) \
	$(if $(filter $1,$(SAMPLE)),$(wildcard tests/contract/shared/*.$2))
with_shell = $(filter $(SERVERS),$(basename $(notdir $(wildcard tests/contract/*.bats))))
jobs := $(SERVERS:%=contract/%) $(with_shell:%=shell/%) suite/command-line

# The transcripts in tests/contract/shared test modules that many servers share.
# If all servers are tested, these are played with one server of each kind and
# with those that are not of this course; SAMPLE='$(SERVERS)' says: with all.
kinds  := prefork threaded epoll pipeline coroutines fibers uring
SAMPLE ?= $(if $(filter-out $(SERVERS) $(MISSING),$(all_servers)),$(SERVERS),\
	$(kinds) $(filter-out $(order),$(all_servers)))

# Whether the judge is right about good servers, and about broken ones.
judge_jobs := $(foreach s,$(SERVERS),model/$s zoo/$s) suite/judged

# What is tested once needs all servers; pages and exercises are built without
# sanitizers.  What takes longest comes first.
ifeq ($(sort $(SERVERS)),$(sort $(filter-out $(MISSING),$(all_servers))))
jobs := suite/judge suite/compare suite/client suite/load suite/judge-services suite/bench \
	suite/client-services suite/inside suite/lab suite/restarting $(jobs)
ifeq ($(SAN),)
jobs := suite/new-server bsd $(jobs) suite/notes
judge_jobs += zoo/kqueue
pages := $(shell grep -l '^```console' notes/*.md)
course_jobs := suite/exercises suite/lessons suite/mystery $(pages:notes/%.md=lesson/%)
endif
endif
jobs += unit

export BIN SAN SERVERS
export TOOLS   := $(tools)
export RESULTS := $(results)
export TOTAL    = $(words $(jobs))
# bats does not work in a bash that keeps to POSIX.  COLUMNS is how wide the
# programs write if they are not told otherwise.
unexport POSIXLY_CORRECT CDPATH COLUMNS

test: all $(test_programs) $(tools)/path/python3
ifneq ($(findstring thread,$(SAN)),)
	@# Kernels with many random address bits are more than it can cope with.
	@! $(BIN)/single-process --version 2>&1 | grep 'FATAL: ThreadSanitizer' || \
		{ echo "try: setarch -R make test SAN=thread"; exit 1; }
endif
	@rm -rf $(results)
	@mkdir -p $(sort $(dir $(jobs:%=$(results)/%)))
	@# Where io_uring is forbidden, everything is tested but the server uring.
	@export BATS MISSING PATH="$$PWD/$(tools)/path:$$PATH"; \
	BATS=$${BATS:-$$(tests/get-bats build/bats)} || exit; \
	$(tools)/rings || { echo 'skipped: the tests of uring'; MISSING=uring; }; \
	$(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$(JOBS)) -k \
		$$(printf '%s\n' $(jobs:%=$(results)/%.tap) | \
			grep -v "[/-]$${MISSING:-none}[.]tap"); \
	for result in $$(tests/report --again); do \
		ALONE=1 $(MAKE) --no-print-directory $$result; \
	done
	@tests/report --summary

test-judge test-course:
	@$(if $($(@:test-%=%)_jobs),,echo '$@ needs all servers, without SAN'; exit 1;) \
	$(MAKE) --no-print-directory test jobs='$($(@:test-%=%)_jobs)'

check-%:
	@$(MAKE) --no-print-directory test SERVERS=$*

lab: $(lab)
	@echo 'built $^'

zoo: all $(tools)/kqueue
	@tests/zoo/build

figures: all
	@SERVERS='$(shown)' tests/figures

mystery-%: all
	@tests/mystery/run $* $(ANSWER) || :

lint:
	@tests/lint

format:
	clang-format -i $(wildcard */*.[ch] client/*/*.[ch] tests/*/*.[ch])

# What the sanitizers do not find: bytes that are used before they are set.
valgrind: all $(test_programs)
	@tests/with-valgrind $(units)

# The server kqueue on a kqueue(2) that is made of poll(2).
$(results)/bsd.tap: $(tools)/kqueue
	@tests/report bsd $(tools)/transcript $(tools)/kqueue \
		$(patsubst %,tests/contract/%.test,protocol rude stop shared/messages)
$(results)/unit.tap:
	@tests/report unit tests/unit/run $(units)
$(results)/contract/%.tap:
	@tests/report contract/$* $(tools)/transcript $(BIN)/$* $(call contract,$*,test)
$(results)/shell/%.tap:
	@SERVER=$* BATS_TEST_NAME_PREFIX='$*: ' tests/report shell/$* \
		$(or $(BATS),bats) --tap $(call contract,$*,bats)
$(results)/model/%.tap:
	@SERVER=$* BATS_TEST_NAME_PREFIX='$*: ' tests/report model/$* \
		$(or $(BATS),bats) --tap tests/models.bats
$(results)/suite/%.tap:
	@SERVER=epoll tests/report suite/$* $(or $(BATS),bats) --tap tests/$*.bats
$(results)/lesson/%.tap:
	@PORT=31$(or $(filter 0% 1% 2% 3%,$(firstword $(subst -, ,$*))),99) TRIES=2 \
		tests/report lesson/$* tests/lesson notes/$*.md
$(results)/zoo/%.tap:
	@tests/report zoo/$* tests/zoo/check --server $*

# These need not be fast, and compile in less time like this.
$(tools)/unit/%.o $(tools)/player/%.o: override CFLAGS += -O0

# python3 may be a script that looks for the interpreter, at several times the
# price of the interpreter.  This is a link to the one that it finds.
$(tools)/path/python3:
	@mkdir -p $(@D); ! command -v python3 >/dev/null || \
		ln -sf "$$(python3 -c 'import sys; print(sys.executable)')" $@

$(units): $(tools)/%: $(OBJ)/tests/unit/%.o $(OBJ)/client.a $(OBJ)/common.a
	$(link)
$(bare): $(OBJ)/%: $(OBJ)/%.o
	$(link)
$(lab): $(BIN)/lab/%: $(OBJ)/tests/lab/%.o $(OBJ)/common.a
	@mkdir -p $(@D)
	$(link)
$(bsd): $(OBJ)/tests/bsd/%.o: %.c $(OBJ)/flags
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) $(CFLAGS) -Itests/bsd -c -o $@ $<
$(tools)/kqueue: override CFLAGS += -Itests/bsd
$(tools)/kqueue: $(OBJ)/servers/kqueue.o $(OBJ)/tests/bsd/kqueue.o $(OBJ)/common.a
	$(link)
$(tools)/transcript: $(call objects,$(wildcard tests/player/*.c)) $(OBJ)/common.a
	$(link)
$(tools)/%: $(OBJ)/tests/tools/%.o $(OBJ)/common.a
	$(link)
$(tools)/%.so: tests/preload/%.c $(OBJ)/flags
	$(call say,CC,$<)$(CC) $(CFLAGS) -fPIC -shared -o $@ $< -ldl

.PHONY: figures format lab lint test test-course test-judge valgrind zoo
