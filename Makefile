# `make help` lists what there is. PYTHON picks the interpreter, T the tests: make test T=tests/contracts
PYTHON ?= python3
T ?= tests
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check --use-pep517 --constraint constraints.txt

.DEFAULT_GOAL := help
.PHONY: help install run test check fmt bench bench-log soak clean

help: ## list these targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

# What venv writes last: a first try that was broken off is begun again.
$(BIN)/pip:
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "Python's venv module is missing: install it, on Debian or Ubuntu with: apt-get install python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/pip
	$(PIP) --editable .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(BIN)/pip
	$(PIP) --editable '.[dev]'
	@touch $@ $(VENV)/.installed

install: $(VENV)/.installed ## install into .venv, pinned by constraints.txt

run: install ## start everything on this machine: embedded store, sandbox channels, nothing leaves
	$(BIN)/gateway dev

test: $(VENV)/.installed-dev ## every test; T=tests/contracts for some
	$(BIN)/python -m pytest -n auto --dist loadgroup $(T)

check: $(VENV)/.installed-dev ## formatting, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fmt: $(VENV)/.installed-dev ## format, and mend what lint can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.installed-dev ## the benchmarks, as a table and as build/bench.json
	$(BIN)/python -m tests.bench

bench-log: $(VENV)/.installed-dev ## an archive of 100,000,000 records, and questions to it: half an hour, 4 GB; BENCH_LOG_RECORDS for fewer
	$(BIN)/python -m tests.bench.log_archive

soak: $(VENV)/.installed-dev ## 100,000 texts while dispatchers are killed at random: some minutes
	SOAK_TEXTS=100000 $(BIN)/python -m pytest -s tests/end_to_end/test_texts_soak.py

clean: ## remove what the other targets made
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
	find suppression channels gateway tests -name __pycache__ -prune -exec rm -rf {} +
