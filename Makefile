# make run    opens the window (PHOTOS="a.jpg folder" opens it with them)
# make test   lint, types, contracts and every test, in as many processes as cores and one more (JOBS=2: in two)
# make check  the same without windows, training and the longest tests, in a minute or two
# make bench  speed and memory, as ratios measured side by side
# make deb    a Debian package of dist/GeoGuess, which pyinstaller pyinstaller.spec builds
# Each command sets up what it needs: system libraries, a virtual environment, Python packages.
# Where there is Node (18.18 or newer, with npm), make lint judges the JavaScript, too; with CI set
# it always does.

PYTHON ?= python3
CONSTRAINTS ?= constraints.txt
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= auto
# File by file, in the order of tests/workers.py: a file's costly fixtures are made once.
PYTEST := $(BIN)/python -m pytest -n $(JOBS) --maxprocesses 8 --dist loadfile --no-loadscope-reorder
INSTALL := $(BIN)/python -m pip install --quiet $(if $(CONSTRAINTS),--constraint $(CONSTRAINTS)) --editable

JS := tests/js
JS_BIN := $(JS)/node_modules/.bin
NODE := $(shell command -v npm >/dev/null && command -v node)

# Bytecode is kept whatever the shell says: many tests start processes, and each of them would
# compile the program anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run test check lint lint-python lint-js bench deb clean

run: $(VENV)/app-ready
	@$(BIN)/geoguess $(PHOTOS)

test: lint
	$(PYTEST) --durations=15

check: lint
	$(PYTEST) -q -m "not long"

lint: lint-python $(if $(NODE)$(CI),lint-js)

lint-python: $(VENV)/dev-ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

lint-js: $(JS)/node_modules/ready
	$(JS_BIN)/eslint --config $(JS)/eslint.config.js --max-warnings 0 resources $(JS)
	$(JS_BIN)/tsc --project $(JS)

$(JS)/node_modules/ready: $(JS)/package.json $(JS)/package-lock.json
	@PYTHON=$(PYTHON) .ci/system_packages test
	cd $(JS) && npm ci --no-progress --loglevel=error
	@touch $@

bench: $(VENV)/dev-ready
	$(BIN)/python -m benchmarks $(if $(QUICK),--quick)

deb: $(VENV)/dev-ready
	$(BIN)/python packaging/build_deb.py

$(VENV)/app-ready: pyproject.toml $(CONSTRAINTS) .ci/system_packages
	@PYTHON=$(PYTHON) .ci/system_packages
	@$(MAKE) --no-print-directory venv
	$(INSTALL) .
	@touch $@

$(VENV)/dev-ready: pyproject.toml $(CONSTRAINTS) .ci/system_packages
	@PYTHON=$(PYTHON) .ci/system_packages test
	@$(MAKE) --no-print-directory venv
	$(INSTALL) '.[dev]'
	@touch $@

.PHONY: venv
venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "GeoGuess needs Python 3.11 or newer; name one with: make PYTHON=python3.12 …" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)

clean:
	rm -rf $(VENV) $(JS)/node_modules build dist .pytest_cache .mypy_cache .ruff_cache
