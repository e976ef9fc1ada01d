# A developer's daily verbs. Each sets up what it needs in .venv, on a machine with only Python, make and a C compiler.
PYTHON ?= python3
BIN := .venv/bin
SOURCES := $(shell find vm sire -name '*.py' 2>/dev/null)
LIBRARY := $(shell find sire/lib -name '*.sire' 2>/dev/null)

.PHONY: demo test lint bench bench-machines docs jets build clean

demo: build  ## two machines and the window on them
	@OPSH_HOME="$(CURDIR)/build/demo" $(BIN)/opsh demo

test: build  ## the whole suite
	@$(BIN)/python -m pytest -n 2

lint: .venv/.tools  ## format, lint, types
	@$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy

bench: build  ## tables of times; BASE=dir: beside those of that build; ONLY=name: only these programs of the vm
	@BASE="$(BASE)" $(BIN)/python tests/bench/bench_vm.py $(ONLY)
	@test -n "$(ONLY)" || ($(BIN)/python tests/bench/bench_sire.py && $(BIN)/python tests/bench/bench_growth.py \
	  && $(BIN)/python tests/bench/bench_machines.py 1)

bench-machines: build  ## how fast machines are, medians of several runs beside their bars; some minutes
	@$(BIN)/python tests/bench/bench_machines.py

docs: build  ## the manual's pages on the verbs and on the library, from the registry and from the comments there
	@$(BIN)/python -m shell.manual man
	@$(BIN)/python -m shell.library_page >man/sire-library.7

jets: build  ## the hashes of our own jets, once a law that has one is another
	@$(BIN)/python -c 'import sys, sire.own_jets; sys.exit(sire.own_jets.main())'

build: .venv/.library

# The build tools come first, so that the build itself needs no second copy of them.
.venv/.tools: pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "opsh: installing what it needs into .venv"
	@$(BIN)/python -m pip install -q --disable-pip-version-check 'setuptools>=77' $$($(BIN)/python -c \
	  'import tomllib; p = tomllib.load(open("pyproject.toml", "rb"))["project"]; \
	  print(*[d.replace(" ", "") for d in p["dependencies"] + p["optional-dependencies"]["dev"]])')
	@touch $@

# Compiled modules stand beside their sources; a changed module list would leave old ones behind, so they go first.
.venv/.built: .venv/.tools setup.py $(SOURCES)
	@find . -name '*.so' -not -path './.venv/*' -delete
	@echo "opsh: compiling (a minute or two)"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-build-isolation --no-deps -e . >build.log 2>&1 \
	  || { cat build.log; exit 1; }
	@rm -f build.log; touch $@

# What the package brings along of the library, after a change of the library alone.
.venv/.library: .venv/.built $(LIBRARY)
	@$(BIN)/python -m sire.shipped; touch $@

clean:
	@rm -rf build dist sire/lib/cache *.egg-info .venv/.built .venv/.library .mypy_cache .ruff_cache .pytest_cache
	@find . -name '*.so' -not -path './.venv/*' -delete
