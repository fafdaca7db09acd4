# make run    opens the window (PHOTOS="a.jpg folder" opens it with them)
# make test   lint, types, contracts and every test
# make bench  speed and memory, as ratios measured side by side
# Each command sets up what it needs: system libraries, a virtual environment, Python packages.

PYTHON ?= python3
CONSTRAINTS ?= constraints.txt
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet $(if $(CONSTRAINTS),--constraint $(CONSTRAINTS)) --editable

.PHONY: run test lint bench clean

run: $(VENV)/app-ready
	@$(BIN)/geoguess $(PHOTOS)

test: lint
	$(BIN)/python -m pytest

lint: $(VENV)/dev-ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/dev-ready
	$(BIN)/python -m benchmarks

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
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache
