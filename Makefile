# Needs only Python 3.11+, make and access to a package index.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
LOCKS := development gateway traced traced-openai worker streaming lancedb agent authorizer sandbox functions
PYTEST_WORKERS ?= auto
# Checked, and never pulled.
SAMPLE_IMAGE := 000000000000.dkr.ecr.us-east-1.amazonaws.com/longrun-tools@sha256:0000000000000000000000000000000000000000000000000000000000000000
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo test check format docs map corpus bench lock clean

help: ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

setup: $(VENV)/.ready ## Create .venv with all dependencies and the longrun command

$(UV):
	@echo "make: creating $(VENV) with uv"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make: Python 3.11 or newer is needed; set PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --require-hashes --no-deps -r requirements/uv.txt

$(VENV)/.ready: requirements/development.txt requirements/preflight.txt requirements/uv.txt pyproject.toml | $(UV)
	@echo "make: installing requirements/development.txt"
	@$(UV) pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements/development.txt requirements/preflight.txt
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup ## Deploy to a local AWS, ask an agent a question, show its answer, remove everything
	@$(BIN)/longrun demo

test: setup ## Run every test that this machine can run; print which were skipped and why
	@$(BIN)/python -m pytest -n $(PYTEST_WORKERS) --dist loadfile -q -rs -m "not load"
	@$(BIN)/python -m pytest -q -rs -m load

check: setup ## Check format, lint rules, types and policy rules
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/longrun check
	@echo "make: checking the program with the ReAct workflow too, which comes with an image of the tools"
	@$(BIN)/longrun check --config longrun:toolImage=$(SAMPLE_IMAGE)
	@echo "make: checking the program with the streaming endpoint too, from an image that is there and from one that it builds"
	@$(BIN)/longrun check --config longrun:streamImage=$(SAMPLE_IMAGE)
	@$(BIN)/longrun check --config longrun:streamImage=build

format: setup ## Format, and fix what ruff can fix
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

docs: setup ## Write docs/policies.md from the rules
	@$(BIN)/python -m policies.generation.page

bench: setup ## Measure, each with a named peer in the same run
	@$(BIN)/python -m bench

map: setup ## Write the policies' map to CloudFormation; ARGS=--check only compares
	@$(UV) pip install --quiet --no-deps --target .longrun/map --require-hashes -r requirements/map.txt
	@$(BIN)/python -m policies.generation.map.generate .longrun/map/cfnlint/data/schemas $(ARGS)

corpus: setup ## Write the SDK's examples, which test the published rules
	@$(BIN)/python -m policies.generation.corpus.examples

lock: $(UV) ## Write requirements/*.txt from requirements/*.in
	@cd requirements && for name in uv $(LOCKS); do \
	  ../$(UV) pip compile --quiet --upgrade --universal --generate-hashes --python-version 3.11 \
	    --custom-compile-command "make lock" $$name.in --output-file $$name.txt || exit 1; done
	@cd requirements && for name in preflight map; do \
	  ../$(UV) pip compile --quiet --upgrade --no-deps --universal --generate-hashes --python-version 3.11 \
	    --custom-compile-command "make lock" $$name.in --output-file $$name.txt || exit 1; done

clean: ## Remove .venv and everything that was built
	@rm -rf $(VENV) .longrun .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
