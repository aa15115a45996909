# The commands of this project. `make help` lists them.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.ONESHELL:
.PHONY: help setup demo test lint lock image service check grade fuzz bench audit chaos rush

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python

ASSIGNMENT ?= assignments/hw1
SUBMISSION ?= $(ASSIGNMENT)/solution
SANDBOX ?= auto
BASE ?=
DEMO ?=
IMAGE ?= sandglass-service:latest
FUZZ_SECONDS ?= 30
ROUNDS ?= 7
RUNS ?= 500
UPLOADS ?= 300
SEED ?=

# Run one part of a test: say which, stop at the first that fails, say what to do about it.
part = printf '\n== %s\n' "$(strip $(1))"; $(2) || { printf '\n%s\n' '$(strip $(3))' >&2; exit 1; }

help:  ## list these commands
	@sed -nE 's/^([a-z]+):.*## (.*)/make \1\t\2/p' Makefile | expand -t 14

setup: $(VENV)/complete  ## make .venv with every pinned package; at once when nothing changed

# The stamp is written last: an installation that broke off is begun again.
$(VENV)/complete: pyproject.toml requirements.lock .ci/requirements.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and
	    f"Sandglass needs Python 3.11 or newer; $(PYTHON) is {sys.version.split()[0]}. "
	    "Name a newer one: make setup PYTHON=python3.11")'
	@$(PYTHON) -c 'import ensurepip' || {
	    echo "$(PYTHON) cannot make environments; on Debian install python3-venv" >&2; exit 1; }
	echo "Making $(VENV); the first time takes some minutes"
	test -x $(PY) || $(PYTHON) -m venv $(VENV)
	# torch alone and first: pip then takes the wheel meant for this machine before it looks at
	# what depends on it. The project itself is not installed (see .ci/requirements.py).
	$(PY) -m pip install -qq -c requirements.lock torch
	$(PY) .ci/requirements.py | $(PY) -m pip install -qq -c requirements.lock -r /dev/stdin
	$(PY) -m pip check
	touch $@

demo: setup  ## the whole service with a class, until Ctrl-C (DEMO="--fresh --port 8080")
	@exec $(PY) manage.py demo $(DEMO)

lint: setup  ## style, types and import rules
	@$(call part, ruff check, $(VENV)/bin/ruff check .,
	    Mend these; "$(VENV)/bin/ruff check --fix ." does the simple ones.)
	$(call part, ruff format, $(VENV)/bin/ruff format --check .,
	    Run "$(VENV)/bin/ruff format .".)
	$(call part, mypy, $(VENV)/bin/mypy,
	    Mend the types; nothing here is left unchecked.)
	$(call part, import rules, $(VENV)/bin/lint-imports,
	    A room knows too much: move the code or pass it a value (docs/architecture.md).)

test: lint  ## everything that must hold before a change goes in
	@$(call part, pytest, $(PY) -m pytest,
	    Run one test again: $(PY) -m pytest -p no:randomly "FILE::NAME".)
	$(call part, pytest on PostgreSQL, $(PY) -m tests.on_postgres tests/grader tests/lti tests/web,
	    Run one test again: $(PY) -m tests.on_postgres -p no:randomly "FILE::NAME".)

audit: setup  ## look for known holes in the pinned packages (exit 3: could not be asked)
	@$(PY) .ci/audit.py

lock: $(PY)  ## resolve requirements.lock anew
	@$(PY) .ci/requirements.py \
	    | $(PY) -m pip install -qq --dry-run --ignore-installed --report - -r /dev/stdin \
	    | $(PY) .ci/lock.py > requirements.lock.new
	mv requirements.lock.new requirements.lock
	git diff --stat -- requirements.lock

$(PY):
	$(PYTHON) -m venv $(VENV)

# Sets $$base: the one that was asked for, else Docker's own, else one made of Debian packages.
define choose_base
base="$(BASE)"
if [ -z "$$base" ]; then
    base=python:3.11-slim-bookworm
    docker image inspect "$$base" >/dev/null 2>&1 || docker pull -q "$$base" || {
        echo "cannot pull $$base; making a base image of Debian packages instead"
        base=sandglass-base:bookworm; }
fi
if [ "$$base" = sandglass-base:bookworm ] && ! docker image inspect "$$base" >/dev/null 2>&1; then
    runners/images/base.sh "$$base"
fi
endef

image: setup  ## build the sandbox images (BASE=image to start from; default: pulled, else made)
	@$(choose_base)
	$(PY) -m runners image build --base "$$base"

# redis needs it before Python 3.11.3, and Debian's is 3.11.2; pip looks at the Python that runs it.
PIP_OVERLOOKS := async-timeout==5.0.1

service: setup  ## build the image of web, workers and beat (BASE as above; IMAGE=its tag)
	@$(choose_base)
	rm -rf build/wheels && mkdir -p build/wheels
	$(PY) .ci/requirements.py service web worker s3 > build/wheels/requirements.txt
	$(PY) -m pip download -qq --only-binary=:all: --python-version 3.11 -c requirements.lock \
	    -d build/wheels -r build/wheels/requirements.txt $(PIP_OVERLOOKS)
	docker build -q --network none --build-arg "BASE=$$base" \
	    -f grader/images/service.Dockerfile -t "$(IMAGE)" .

check: setup  ## prove the suites: reference, handout and mutants of every homework
	@$(PY) -m assignments check

grade: setup  ## grade one upload: make grade ASSIGNMENT=assignments/hw1 SUBMISSION=path
	@$(PY) -m runners grade --assignment "$(ASSIGNMENT)" --sandbox "$(SANDBOX)" "$(SUBMISSION)"

bench: setup  ## measure what grading costs beside bare pytest, ROUNDS rounds (7)
	@$(PY) -m tests.bench --rounds "$(ROUNDS)"

chaos: setup  ## grade RUNS uploads (500) while parts of the service are killed (SEED to repeat)
	@$(PY) -m tests.chaos faults --runs "$(RUNS)" $(if $(SEED),--seed "$(SEED)")

rush: setup  ## a class of UPLOADS (300) hands in within a minute, by HTTP, while workers grade
	@$(PY) -m tests.chaos rush --uploads "$(UPLOADS)" $(if $(SEED),--seed "$(SEED)")

fuzz: setup  ## feed broken bytes to the readers of untrusted input, FUZZ_SECONDS each
	@shopt -s nullglob
	for file in tests/fuzz/fuzz_*.py; do
	    name=$$(basename "$$file" .py)
	    $(call part, $$name, $(PY) -m "tests.fuzz.$$name" $(FUZZ_SECONDS),
	        Keep the crashing input as a test beside the fuzzer.)
	done
