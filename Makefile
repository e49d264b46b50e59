# Two commands do all the set-up: `make run` and `make test`.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
DATA   ?= data
# What `make run` installs beyond the core: speech, reading of scans, cutting out, painted styles. `make run EXTRAS=` leaves all out.
EXTRAS ?= voice,ocr,cutout,styles
PIP    := $(BIN)/pip --disable-pip-version-check install --quiet --progress-bar off -c constraints.txt

# How many files of tests run at once in `make test`; the long ones of `make test-all` run one by one.
SIDE_BY_SIDE ?= 2

export OMP_NUM_THREADS ?= 1

.PHONY: run test test-all lint format bench chaos docs sbom setup-run setup-test pictures coqui clean

run: $(VENV)/.run
	$(BIN)/yinlu run --data $(DATA)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Yinlu needs Python 3.11 or newer: make PYTHON=/path/to/python3.11")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing Yinlu into $(VENV) ..."
	$(PIP) -e '.$(if $(EXTRAS),[$(EXTRAS)])'
	@touch $@

$(VENV)/.test: $(VENV)/.run
	@echo "Installing what the tests need ..."
	$(PIP) -e '.[dev]'
	@touch $@

setup-test: $(VENV)/.test
	@bash tests/setup

# A test that fails beside others is asked once more, alone: only then it counts. Both runs are shown.
ALONE = --last-failed --last-failed-no-failures none --durations=0

test: setup-test lint
	$(BIN)/python -m pytest -n $(SIDE_BY_SIDE) --dist loadfile --durations=10 || { [ $$? -eq 1 ] && $(BIN)/python -m pytest $(ALONE); }

# The long ones: everything marked slow, the chaos tests with their full counts included.
test-all: setup-test
	$(BIN)/python -m pytest -m slow --timeout=900 --durations=10 || { [ $$? -eq 1 ] && $(BIN)/python -m pytest -m slow --timeout=900 $(ALONE); }

chaos: setup-test
	$(BIN)/python -m pytest -m "chaos and slow" --timeout=1200

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The documentation as a site, in build/site.
docs: $(VENV)/.test
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

# The bill of materials of what EXTRAS installs (CycloneDX), on standard output.
sbom:
	@$(PYTHON) deploy/sbom.py $(EXTRAS)

# All tables of docs/benchmarks.md, or one: make bench-queue.
bench: setup-test $(VENV)-rivals/.done
	YINLU_BENCH_PYTHON=$(VENV)-rivals/bin/python $(BIN)/python -m benchmarks

bench-%: setup-test $(VENV)-rivals/.done
	YINLU_BENCH_PYTHON=$(VENV)-rivals/bin/python $(BIN)/python -m benchmarks $*

$(VENV)-rivals/.done: benchmarks/rivals.txt
	$(PYTHON) -m venv $(VENV)-rivals
	$(VENV)-rivals/bin/pip --disable-pip-version-check install --quiet -r benchmarks/rivals.txt
	@touch $@

# The README's and the documentation's pictures, taken from the running program.
pictures: setup-test
	$(BIN)/python docs/pictures/take.py

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

# Coqui's voices as a service on the loopback, in an environment of its own: make coqui MODEL=FOLDER (or vits, xtts, bark).
MODEL ?=
coqui:
	deploy/coqui/run.sh $(MODEL)
