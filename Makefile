# Everything a developer types. Needs make and Python 3.11 or later; the rest is installed into .venv, by hash.

# The first of these that is new enough makes the virtualenv; PYTHON=/path/to/python names another.
CANDIDATES := python3 python3.13 python3.12 python3.11 python3.14 python
RECENT := import sys; sys.exit(sys.version_info < (3, 11))
PY := .venv/bin/python
STAMP := .venv/.installed
LOCKS := requirements.txt requirements-dev.txt
# A database each; two are what two cores carry.
WORKERS ?= 2
# Patient-months a law is tried on by `make slow`; twenty times as many idempotency keys, and as many tamperings.
SLOW_EXAMPLES ?= 500
# The chance they are drawn by: other ones every time, or those of an earlier run again.
ifndef SLOW_SEED
SLOW_SEED := $(shell od -An -N4 -tu4 /dev/urandom | tr -d ' ')
endif
# What checks the contract from an integrator's side, apart from what we run on.
CONTRACT := .venv-contract/.installed tests/contract/node_modules/.installed

# The determination and the law alone, a stored month and one sent along over HTTP, facts over HTTP, the ledger without; the worklist; runs; proof.
BENCHMARKS := determination rulebook reading together evaluations ingest ledger worklist runs audit

.DEFAULT_GOAL := help
.PHONY: help run test parquet core slow mutants bench check lint openapi contract released browser cases format requirements clean

help: ## What can be typed here
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(STAMP) ## Database, migrations, a demo practice, and the service on 127.0.0.1:8000 (PORT, DATA_DIR, DATABASE_URL)
	@exec $(PY) -m app run

test: $(STAMP) ## Every test but those of `contract` and `mutants`, against a real Postgres of their own; under five minutes
	$(PY) -m pytest -n $(WORKERS) $(ARGS)

parquet: $(STAMP) .venv/.parquet ## What results of runs as Parquet files need besides, for those who want them

core: $(STAMP) ## The determination and the rule book alone: no database, a few seconds
	$(PY) -m pytest tests/determination tests/rulebook $(ARGS)

slow: $(STAMP) ## The laws of the determination, of writes, of what was known when and of proof, on more of everything, other ones every time (SLOW_EXAMPLES=500 SLOW_SEED=…)
	HYPOTHESIS_PROFILE=thorough SLOW_EXAMPLES=$(SLOW_EXAMPLES) SLOW_SEED=$(SLOW_SEED) $(PY) -m pytest -n $(WORKERS) --hypothesis-seed=$(SLOW_SEED) tests/determination tests/api/test_cut_connections.py tests/months/test_histories.py tests/audit/test_tampering.py tests/cli/test_killed_runs.py $(ARGS)

mutants: $(STAMP) .venv-mutants/.installed ## Whether the tests notice changes of the core and the law; half an hour (MUTANTS=500 MUTANTS_SEED=1)
	@$(PY) -m pytest -q tests/mutants
	@.venv-mutants/bin/python -m mutants.draw
	@$(PY) -m mutants.run

bench: $(STAMP) ## Every figure of docs/performance.md, each beside its limit; half an hour (ROUNDS=7)
	@for each in $(BENCHMARKS); do echo; echo "$$each"; $(PY) -m benchmarks.$$each || exit 1; done

lint: $(STAMP) ## Formatting, lint, types and layers, and the Dockerfile
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	$(PY) -c "from importlinter.cli import lint_imports_command; lint_imports_command()"
	.venv/bin/hadolint Dockerfile

check: lint ## Lint, and that the OpenAPI document and the migrations match the code
	$(PY) -m app openapi | diff -u openapi/openapi.yaml -
	$(PY) -m openapi_spec_validator openapi/openapi.yaml
	$(PY) -m pytest tests/migrations $(ARGS)

openapi: $(STAMP) ## Write the OpenAPI document again
	$(PY) -m app openapi > openapi/openapi.yaml.new
	mv openapi/openapi.yaml.new openapi/openapi.yaml

cases: $(STAMP) ## Write anew which cases the rule book's pages show as proof of each rule
	$(PY) -m tests.reference.proving_cases > app/reference/cases.json.new
	mv app/reference/cases.json.new app/reference/cases.json

contract: $(STAMP) $(CONTRACT) browser ## The OpenAPI document from outside: linter, generated clients, the last release, a browser
	$(PY) -m pytest tests/contract $(ARGS)

released: ## Keep the OpenAPI document as the one that integrators build on; `contract` compares with it
	cp openapi/openapi.yaml openapi/released.yaml

format: $(STAMP) ## Rewrite what can be rewritten
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

requirements: $(STAMP) ## Compile requirements*.in again (UPGRADE=1 takes newer releases)
	$(PY) -m pip install --quiet uv
	$(PY) -m uv pip compile $(COMPILE) requirements.in -o requirements.txt
	$(PY) -m uv pip compile $(COMPILE) requirements-dev.in -c requirements.txt -o requirements-dev.txt
	$(PY) -m uv pip compile $(COMPILE) requirements-parquet.in -c requirements-dev.txt -o requirements-parquet.txt
	$(PY) -m uv pip compile $(COMPILE) requirements-contract.in -o requirements-contract.txt
	$(PY) -m uv pip compile $(COMPILE) --no-emit-package yattag requirements-mutants.in -o requirements-mutants.txt

clean: ## Remove the virtualenvs and every cache; the database in var/ stays
	rm -rf .venv .venv-contract .venv-mutants .mutants tests/contract/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage
	find . -name __pycache__ -not -path './var/*' -prune -exec rm -rf {} +

# What `make` itself may want to make anew is no mistake of anybody's.
Makefile requirements.txt requirements-dev.txt requirements-parquet.txt requirements-contract.txt requirements-mutants.txt: ;

.DEFAULT:
	@echo "There is no \`make $@\`. What can be typed here: make help" >&2; exit 2

# Universal: one file serves every platform and every Python from 3.11. Index addresses stay out of the repository.
COMPILE := --quiet --universal --python-version 3.11 --generate-hashes --no-header $(if $(UPGRADE),--upgrade)

# The stamp is written last, so an interrupted install is repeated.
$(STAMP): $(LOCKS)
	@python=$(PYTHON); \
	if [ -z "$$python" ]; then \
		for each in $(CANDIDATES); do \
			if command -v $$each >/dev/null && $$each -c '$(RECENT)' 2>/dev/null; then python=$$each; break; fi; \
		done; \
	fi; \
	if [ -z "$$python" ] || ! "$$python" -c '$(RECENT)'; then \
		echo "Care Month needs Python 3.11 or later, and found $$("$${python:-python3}" --version 2>&1)." >&2; \
		echo "Install one, or name it: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)" >&2; \
		exit 1; \
	fi; \
	if ! $(PY) -c '$(RECENT)' 2>/dev/null; then \
		echo "Making .venv with $$($$python --version)"; \
		"$$python" -m venv --clear .venv || { \
			echo "This Python cannot make a virtualenv; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }; \
	fi
	@echo "Installing what requirements-dev.txt names"
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --only-binary :all: -r requirements-dev.txt
	@$(PY) -m pip check --disable-pip-version-check
	@touch $@

# An extra, into the same virtualenv.
.venv/.parquet: requirements-parquet.txt $(STAMP)
	@echo "Installing what $< names"
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --only-binary :all: -r $<
	@touch $@

# A virtualenv beside the first, from a lock of its own.
.venv-%/.installed: requirements-%.txt $(STAMP)
	@echo "Installing what $< names"
	@$(PY) -m venv --clear .venv-$*
	@.venv-$*/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --only-binary :all: -r $<
	@touch $@

tests/contract/node_modules/.installed: tests/contract/package.json tests/contract/package-lock.json
	@command -v npm >/dev/null && node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' || { \
		echo "make contract needs Node.js 20 or later, with npm; it found $$(node --version 2>/dev/null || echo none)." >&2; exit 1; }
	@echo "Installing what tests/contract/package-lock.json names"
	@cd tests/contract && npm ci --silent
	@touch $@

browser:
	@command -v "$${CHROMIUM:-chromium}" >/dev/null || { \
		echo "make contract needs Chromium; on Debian: apt-get install chromium. CHROMIUM=/path names another one." >&2; exit 1; }
