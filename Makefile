PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test test-all check format clean

demo: .venv/installed
	$(BIN)/songvec demo --out out/demo

test: .venv/installed
	$(BIN)/pytest -m "not slow"

test-all: .venv/installed
	$(BIN)/pytest

check: .venv/installed
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/basedpyright --warnings

format: .venv/installed
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

# The stamp is younger than what it was installed from; a half-built .venv is finished by the next call.
.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "songvec needs Python 3.11 or later: make PYTHON=python3.12")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

clean:
	rm -rf .venv out build dist .ruff_cache .pytest_cache .hypothesis
