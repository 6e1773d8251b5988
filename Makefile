# The two commands of a newcomer are `make demo` and `make test`; `make` alone lists the others.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
PYTHON ?= python3
WORKERS ?= 2
PY := .venv/bin/python

.PHONY: help setup servers demo up down seed status logs test long check isolated format bench locks needs node

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: servers  ## start everything, play the main job, show what happened, end everything (KEEP=1: leave it up)
	@$(PY) -m deploy.local demo

test: servers node  ## run every test but the long ones
	@$(PY) -m pytest -n $(WORKERS) --dist loadgroup -m "not long" $(ARGS)

long: servers node  ## run the tests that take minutes: thousands of examples, kills by the dozen
	@$(PY) -m pytest -n $(WORKERS) -m long $(ARGS)

up: servers  ## start everything and leave it running
	@$(PY) -m deploy.local up

seed: setup  ## load 60 fictitious candidates, every special case among them, into what `make up` started
	@$(PY) -m deploy.local seed

down: setup  ## end what `make up` started
	@$(PY) -m deploy.local down

status: setup  ## list processes and addresses
	@$(PY) -m deploy.local status

logs: setup  ## follow the output of all processes (NAMES="placement-worker kafka": of these)
	@$(PY) -m deploy.local logs --follow $(NAMES)

check: setup  ## format, lint, types, import rules, contract gate, compose file
	@.venv/bin/ruff format --check --quiet . || { echo "run: make format"; exit 1; }
	@.venv/bin/ruff check .
	@.venv/bin/mypy .
	@.venv/bin/lint-imports
	@$(PY) -m shared.contracts.gate
	@$(PY) -m pytest -q tests/checks -k "not isolated"

isolated: servers node  ## one service's tests with the other three folders deleted (s=placement)
	@tests/checks/isolated.sh $(s)

bench: servers  ## measure the platform against its floor
	@$(PY) -m benchmarks $(ARGS)

format: setup  ## format the code and mend what lint can mend
	@.venv/bin/ruff format .
	@.venv/bin/ruff check --fix .

locks: setup  ## resolve the dependencies anew and write requirements/*.txt with hashes
	@requirements/lock.sh

setup: .venv/installed  ## make the virtual environment, if requirements/all.txt changed

servers: needs setup  ## download PostgreSQL and Kafka, once per machine
	@$(PY) -m deploy.local servers

needs:
	@command -v java >/dev/null || { echo "java is missing: apt-get install openjdk-17-jre-headless"; exit 1; }
	@command -v mvn >/dev/null || { echo "mvn is missing: apt-get install maven"; exit 1; }

node:
	@command -v node >/dev/null && command -v npm >/dev/null || { echo "node or npm is missing: apt-get install nodejs npm"; exit 1; }

# uv installs itself from the same locked file first: every byte that is run was named with its hash.
.venv/installed: requirements/all.txt
	@command -v $(PYTHON) >/dev/null || { echo "python3 is missing: apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "$(PYTHON) is older than 3.11: apt-get install python3 python3-venv (Debian 12 or later), or make PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "venv is missing: apt-get install python3-venv"; exit 1; }
	@echo "making the virtual environment in .venv"
	@test -x $(PY) || $(PYTHON) -m venv .venv
	@sed -n '/^uv==/,/[^\\]$$/p' requirements/all.txt > .venv/uv.txt
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r .venv/uv.txt
	@.venv/bin/uv pip sync --quiet --require-hashes --compile-bytecode --python $(PY) requirements/all.txt
	@touch $@
