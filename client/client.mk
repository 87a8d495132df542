# client.mk - the rules that run the programs in client/ against the servers.

compare = $(BIN)/compare $(1:%=$(BIN)/%)

# Six clients, three messages each, 100 ms per message, against each server.
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

judge: all
	@$(BIN)/judge -- $(SERVER)

run-%: all
	@tests/with-server $(BIN)/$* -d 200ms -- $(BIN)/client 6

.PHONY: bench demo judge report
