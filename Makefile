# make: lists the targets. Needs Python 3.11 to 3.13 with venv, nothing else; everything is installed into .venv,
# from locks with hashes. A second call installs again only when a lock, pyproject.toml or this file has changed.

PYTHON ?= python3
ARGS ?=
# What the shipped runs read; dates of events are imported: see docs/data.md.
SYMBOLS := SOXS SOXX SOXL SPY XLP XLU XLV ^VIX ^VIX3M ^IRX ^TNX \
	TSM ON $(FILERS)
# Of these their filings too, where SEC_IDENTITY says who asks.
FILERS := NVDA AVGO AMD QCOM TXN MU INTC ADI AMAT LRCX KLAC NXPI MRVL MCHP

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
# The locks are complete, so pip has nothing to resolve. Hashes for everything, but for the project itself.
INSTALL := $(PIP) install -qq --no-deps --require-hashes --requirement
INSTALL_PROJECT := $(PIP) install -qq --no-deps --no-build-isolation --editable .
COMPILE := pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-build --no-emit-index-url \
	--custom-compile-command "make lock" $(if $(UPGRADE),--upgrade) --group build

# A .venv made in another folder (the clone was moved), or whose Python is gone, is made anew.
STALE := $(shell [ -x $(BIN)/python ] && [ "$$(cat .venv/.made 2>/dev/null)" = "$$(pwd)" ] || echo stale)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run lab test coverage mutants fire verify calibrate alarms docs results studies notebook lint bench guard pins lock clean stale

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' Makefile

run: .venv/.run ## does the hedge pay? on your history, pulled first where it lacks, else the Nasdaq's (ARGS="--data DIR")
	@$(BIN)/backtest first $(ARGS)

lab: .venv/.dev ## which weight would I take? the run on a page, turned by hand (ARGS="FILE --data DIR"); docs/lab.md
	@$(BIN)/backtest lab --open $(ARGS)

test: .venv/.dev ## the whole test suite (ARGS="-k kernel" for a part)
	@$(BIN)/python -m pytest $(ARGS)

coverage: .venv/.dev ## the suite again, slower, then every line and branch of ours that no test runs, by file (ARGS for a part)
	@$(BIN)/python -m pytest --cov --cov-report=term-missing $(ARGS)

mutants: .venv/.dev ## one thing in the code changed at a time: do the tests notice? resumable, on one core (docs/mutants.md)
	@nice -n 19 $(BIN)/python -m benchmarks.mutants $(ARGS)

fire: .venv/.dev ## every kind of file that is kept, damaged in every way: does each command hold? (ARGS="--only sweep"); then signals
	@$(BIN)/python -m benchmarks.fire $(ARGS); held=$$?; \
	$(BIN)/python -m benchmarks.fire_signals --times 60 && exit $$held

verify: .venv/.dev ## 200 random rows of two sweeps against backtest run, on real history (BACKTEST_TEST_MARKET=DIR)
	@BACKTEST_VERIFY_ROWS=200 $(BIN)/python -m pytest tests/engine/research/test_compute.py tests/engine/research/test_environments.py \
		-k "real_history or many_worlds"

calibrate: .venv/.dev ## how often the answer is wrong, on simulated markets (ARGS="--markets 20" for a glance; DATA=DIR); writes docs/calibration.md
	@$(BIN)/python -m benchmarks.calibration.run $(if $(DATA),--data "$(DATA)") $(ARGS)

alarms: .venv/.dev ## how often the tests of a forward record alarm, on simulated markets; writes docs/alarms.md
	@nice -n 19 $(BIN)/python -m benchmarks.calibration.forward $(ARGS)

docs: .venv/.dev ## the tables of measures in docs/, written from their registry, and the site of docs/ in site/
	@$(BIN)/python docs/tables.py
	@$(BIN)/zensical build --strict --clean && echo "open site/index.html"

results: .venv/.dev ## every shipped run on real history: pulls it (or DATA=DIR), writes docs/results.md and frontier.md
	@$(if $(DATA),,$(BIN)/backtest data pull $(SYMBOLS) $(if $(SEC_IDENTITY),--filings $(FILERS)))
	@$(BIN)/python -m benchmarks.shipped $(if $(DATA),--data "$(DATA)") $(ARGS)
	@$(BIN)/python -m benchmarks.frontier_page $(if $(DATA),--data "$(DATA)")

studies: .venv/.dev ## four studies of hedging with SOXS (DATA=DIR, else the store; ARGS="--only study_weight" for one)
	@$(BIN)/python -m benchmarks.studies $(if $(DATA),--data "$(DATA)") $(ARGS)

notebook: .venv/.dev ## docs/first_look.ipynb, executed on real history (DATA=DIR)
	@$(BIN)/python docs/notebook.py --data "$(DATA)"

lint: .venv/.dev ## ruff and mypy
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/mypy tests/typing/api.py

bench: .venv/.dev ## the benchmarks; writes docs/benchmarks.md (BENCH_PEERS_PYTHON: an interpreter with vectorbt and others)
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m benchmarks $(ARGS)

guard: .venv/.dev ## what commands cost in the working tree beside another commit (BASE=COMMIT, DATA=DIR, ARGS="--worse 1.1")
	@$(BIN)/python -m benchmarks.guard $(BASE) $(if $(DATA),--data "$(DATA)") $(ARGS)

pins: .venv/.dev ## what the working tree puts out, byte for byte against another commit (BASE=COMMIT, DATA=DIR, ARGS="--only sweep")
	@$(BIN)/python -m benchmarks.pins $(BASE) $(if $(DATA),--data "$(DATA)") $(ARGS)

lock: .venv/.made ## write the locks anew, what they hold kept where pyproject.toml allows (UPGRADE=1: the newest)
	@uv=$$(command -v uv || echo $(BIN)/uv); \
	[ -x "$$uv" ] || { echo "installing uv into .venv ..."; $(PIP) install -qq uv; } && \
	"$$uv" $(COMPILE) --output-file requirements.lock pyproject.toml && \
	"$$uv" $(COMPILE) --extra test --extra lint --constraint requirements.lock \
		--output-file requirements-dev.lock pyproject.toml

clean: ## remove .venv, builds and caches (runs/ stays)
	@rm -rf .venv .coverage* build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
	@find . -name .git -prune -o -name runs -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

# Each stamp is written last, so an install that was interrupted is done again.
.venv/.made: $(if $(STALE),stale)
	@found=; suits() { "$$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; }; \
	for python in "$(PYTHON)" $(if $(filter file,$(origin PYTHON)),python3.13 python3.12 python3.11); do \
		if suits "$$python"; then found=$$python; break; fi; \
	done; \
	[ "$$found" ] || { echo "$(PYTHON) is not Python 3.11, 3.12 or 3.13: install one, or name one as in make PYTHON=python3.12" >&2; exit 1; }; \
	rm -rf .venv; \
	"$$found" -m venv .venv || { echo "$$found cannot make a virtual environment: on Debian, apt-get install python3-venv" >&2; exit 1; }; \
	pwd > $@

.venv/.run: .venv/.made requirements.lock pyproject.toml Makefile
	@echo "installing into .venv (about a minute the first time) ..."
	@$(INSTALL) requirements.lock
	@$(INSTALL_PROJECT)
	@touch $@

.venv/.dev: .venv/.run requirements-dev.lock
	@echo "installing the test tools into .venv ..."
	@$(INSTALL) requirements-dev.lock
	@touch $@
