# make demo    the main job on published wheels, from nothing
# make test    every check that CI runs, from nothing
# make bench   speed and memory beside other tools; BENCH='--repeat 1 --only show' passes options
# make fuzz    search the readers for defects; SECONDS=300 for each target, TARGET=binary for one alone
# make verify-real   rebuild published packages and hold the rates of docs/verify.md; LISTS='popular' for one list
# make docs    the pages of docs/rules, and the outputs of the examples on all pages
# make lock    requirements/ci.txt from pyproject.toml
# make clean   remove what the above made
#
# Needed beforehand: make, a shell, and Python 3.10 or newer with venv. PYTHON=... chooses another one.
# As root on Debian, `make test` installs the compilers and emulators that the tests use: scripts/test_tools.py.

# The newest Python that is there and can make environments (a shim of a version manager may not run).
PYTHON := $(or $(PYTHON),$(shell for python in python3.14 python3.13 python3.12 python3.11 python3.10 python3; do \
	"$$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))' 2>/dev/null \
	&& { command -v "$$python"; break; }; done))

VENV := .venv
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check -qq
JOBS := 2

.PHONY: demo test bench fuzz verify-real docs lock clean

demo: $(VENV)/.installed
	@PATH="$(CURDIR)/$(VENV)/bin:$$PATH" sh scripts/demo.sh

test: export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
test: $(VENV)/.checked
	@python scripts/test_tools.py
	ruff check .
	ruff format --check .
	mypy
	lint-imports --no-logo
	python -m pytest -n $(JOBS) --cov --cov-report=term

# Installed as users install it: compiled, not editable.
# delocate is the one of CI, and so are the helpers that lend it Apple's tools.
bench: export PYTHONPATH := scripts
bench: $(VENV)/.checked .venv-bench/.ready
	.venv-bench/bin/python -m pip --disable-pip-version-check -qq install --force-reinstall --no-deps .
	$(VENV)/bin/python -m bench --truewheel .venv-bench/bin/truewheel --peers .venv-bench/bin $(BENCH)

SECONDS := 60

fuzz: $(VENV)/.fuzz
	$(VENV)/bin/python -m fuzz --seconds $(SECONDS) $(TARGET)

verify-real: $(VENV)/.checked
	$(VENV)/bin/python scripts/verify_real.py $(LISTS)

docs: export PYTHONPATH := scripts
docs: $(VENV)/.checked
	$(VENV)/bin/python scripts/rule_docs.py
	$(VENV)/bin/python -m tests.pages

LOCK := uv pip compile --universal --python-version 3.10 --generate-hashes --upgrade --quiet \
	--no-annotate --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

lock:
	$(LOCK) pyproject.toml --group ci -o requirements/ci.txt
	$(LOCK) --group bench -o requirements/bench.txt
	$(LOCK) pyproject.toml requirements/backends.in -o requirements/backends.txt

clean:
	rm -rf $(VENV) .venv-bench .cache wheelhouse .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# The project itself, editable, with what it needs to run.
$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	$(PIP) install --editable .
	@touch $@

# The locked tools of CI on top; every file's hash is checked, and nothing else is installed.
$(VENV)/.checked: requirements/ci.txt pyproject.toml | $(VENV)/bin/python
	$(PIP) install --require-hashes -r requirements/ci.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/.installed

# Not locked: what the search finds counts, not what it is made with.
$(VENV)/.fuzz: $(VENV)/.checked
	$(PIP) install "atheris>=3.0"
	@touch $@

# The tools that we are measured beside.
.venv-bench/.ready: requirements/bench.txt | $(VENV)/bin/python
	$(VENV)/bin/python -m venv .venv-bench
	.venv-bench/bin/python -m pip --disable-pip-version-check -qq install --require-hashes -r requirements/bench.txt
	.venv-bench/bin/python -m pip --disable-pip-version-check -qq install .
	@touch $@

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "make: no Python 3.10 or newer with venv found; install one or set PYTHON=..." >&2; exit 1; }
	"$(PYTHON)" -m venv $(VENV)
