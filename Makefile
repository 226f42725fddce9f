# Everything a fresh machine needs is Python 3.11 or newer and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check
DATA ?=
NAME ?= all
ARGS ?=

.PHONY: run test dev lint format bench constraints clean help

help:             ## what there is
	@grep -E '^[a-z]+: .*##' $(MAKEFILE_LIST) | sed 's/:.*##/ —/'

run: $(VENV)/run.stamp      ## install, then the main job: the demo's bills, or yours with DATA=folder
	$(BIN)/cloudops run $(if $(DATA),--data "$(DATA)")

test: $(VENV)/dev.stamp     ## install, then the whole test suite
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

dev: $(VENV)/dev.stamp      ## the embedded cloud and the Dagster UI on http://127.0.0.1:3000
	$(BIN)/cloudops dev $(if $(DATA),--data "$(DATA)")

lint: $(VENV)/dev.stamp     ## ruff, types, dependency rule, definitions, generated docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -W ignore -m orchestration.data_dictionary --check
	$(BIN)/python -W ignore -m dagster definitions validate -m orchestration.definitions
	$(BIN)/dg check defs

format: $(VENV)/dev.stamp   ## format the code and write the generated docs
	$(BIN)/ruff check --fix . ; $(BIN)/ruff format .
	$(BIN)/python -W ignore -m orchestration.data_dictionary

bench: $(VENV)/dev.stamp    ## benchmarks: NAME=usage DATA=folder, or NAME=usage ARGS="--rows 2000000"
	$(BIN)/python -W ignore -m benchmarks $(NAME) $(if $(DATA),--data "$(DATA)") $(ARGS)

constraints:      ## resolve the newest allowed versions and write constraints.txt
	rm -rf $(VENV)-resolve && $(PYTHON) -m venv $(VENV)-resolve
	$(VENV)-resolve/bin/pip install --quiet -e '.[dev]'
	$(VENV)-resolve/bin/pip freeze --exclude-editable > constraints.txt
	rm -rf $(VENV)-resolve

clean:            ## remove the virtual environment and the embedded deployments' state
	rm -rf $(VENV) .cloudops

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "cloudops needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1). Try: make $(MAKECMDGOALS) PYTHON=python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: $(VENV)/bin/python pyproject.toml constraints.txt
	$(PIP) install --quiet --constraint constraints.txt --editable '.[sandbox]'
	@touch $@

$(VENV)/dev.stamp: $(VENV)/bin/python pyproject.toml constraints.txt
	$(PIP) install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@ $(VENV)/run.stamp
