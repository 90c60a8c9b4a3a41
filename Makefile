# make demo: from a fresh clone to a live wall. make test: from a fresh clone to a tested one.
# make install PIP="..." hands options to pip, for another build of torch for instance (README).
SHELL := /bin/sh
PYTHON ?= python3
PIP ?=
VENV := .venv
BIN := $(VENV)/bin
ONLY ?=
DATA ?=
DEMO ?=

.PHONY: demo run test check lint soak bench install install-dev clean

demo: install
	@$(BIN)/hydra-desktop demo $(DEMO)

run: install
	@$(BIN)/hydra-desktop

install: $(VENV)/installed

install-dev: $(VENV)/installed-dev

test: install-dev
	$(BIN)/python -m pytest -n 2 --dist worksteal

lint: install-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test

soak: install-dev
	$(BIN)/python -m pytest -m soak --timeout 7200

bench: install-dev
	@$(BIN)/python -m tests.benchmarks $(if $(ONLY),--only $(ONLY)) $(if $(DATA),--data $(DATA)) || true

$(VENV)/bin/python:
	@packaging/system-packages run
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Hydra Desktop needs Python 3.11 or later; name one: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -rf $(VENV); echo "No virtual environment could be made; on Debian: apt-get install python3-venv"; exit 1; }

$(VENV)/installed: $(VENV)/bin/python pyproject.toml constraints.txt
	@packaging/system-packages run
	@echo "Installing Hydra Desktop into $(VENV); this takes a few minutes once."
	@$(BIN)/python -m pip install -q --disable-pip-version-check $(PIP) -c constraints.txt -e .
	@$(BIN)/python -m pip install -q --disable-pip-version-check $(PIP) -c constraints.txt -e '.[alsa]' >$(VENV)/alsa.log 2>&1 || \
	  echo "Sound on bare ALSA is not built (gcc, python3-dev and libasound2-dev are needed); PulseAudio and PipeWire work."
	@$(BIN)/python -m hydra_desktop.vision.backbone
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	@packaging/system-packages test
	@$(BIN)/python -m pip install -q --disable-pip-version-check $(PIP) -c constraints.txt -e '.[dev,alsa]' 2>$(VENV)/alsa.log || \
	  $(BIN)/python -m pip install -q --disable-pip-version-check $(PIP) -c constraints.txt -e '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV)
