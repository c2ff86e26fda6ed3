# make demo   sets everything up and asks questions of the documentation of Python's standard library
# make test   sets everything up and runs the tests
# make check  what CI runs: lint, types, import contracts, spelling, the site, tests with coverage
# make docs   builds the site and serves it on http://127.0.0.1:8000/qwen3-embed-integrations/
# make pictures  draws the pages' pictures of the terminal and of a trace: the real program runs
# make peer-faults  runs the stock integrations beside this one and writes the table of docs/why.md
# make bench  times this package beside its peers (downloads each into an environment of its own)
# make eval-rag   measures search and refusals on the judged questions of tests/judged
# make floors     measures anew below which evidence the RAG command says that it found nothing
# make eval-tiny  measures the bundled model beside BM25 and its teachers

PYTHON ?= python3
VENV   ?= .venv
# Processes that run the tests side by side
JOBS   ?= 2
# Where torch comes from; for a CPU-only build: make demo TORCH_INDEX=https://download.pytorch.org/whl/cpu
TORCH_INDEX ?=

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
# Material for MkDocs prints an advertisement unless told not to.
MKDOCS := NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs
say = @printf '\n==> %s\n' "$(1)"

.DEFAULT_GOAL := help
.PHONY: help demo test check lint types contracts spelling site docs coverage pictures peer-faults eval-rag floors \
  eval-tiny clean

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

$(BIN)/python:
	$(call say,Making a virtual environment in $(VENV))
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed, this is " + sys.version.split()[0] + ". Set PYTHON=python3.11")'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "pip>=25.1"

$(VENV)/.torch: constraints.txt | $(BIN)/python
	$(call say,Installing torch ($(shell grep ^torch constraints.txt)); without TORCH_INDEX it is the package index's own build)
	@$(PIP) torch $(if $(TORCH_INDEX),--index-url $(TORCH_INDEX))
	@touch $@

$(VENV)/.demo: pyproject.toml $(VENV)/.torch
	$(call say,Installing the package with the extra 'rag')
	@$(PIP) --editable ".[rag]"
	@touch $@

$(VENV)/.dev: pyproject.toml $(VENV)/.torch
	$(call say,Installing the package with all extras and the development tools)
	@$(PIP) --editable ".[all]" --group dev
	@touch $@

demo: $(VENV)/.demo
	$(call say,Asking the documentation of Python's standard library)
	$(BIN)/qwen3-embed rag --top-k 3 --ask "How do I read a CSV file?" --ask "How do I send an email?"

test: $(VENV)/.dev
	$(call say,Running the tests)
	$(BIN)/python -m pytest --numprocesses $(JOBS) --dist loadfile

check: $(VENV)/.dev lint types contracts spelling site coverage

lint: $(VENV)/.dev
	$(call say,Linting)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(call say,Checking types)
	$(BIN)/mypy

contracts: $(VENV)/.dev
	$(call say,Checking import contracts)
	$(BIN)/lint-imports

spelling: $(VENV)/.dev
	$(call say,Checking spelling)
	$(BIN)/codespell

site: $(VENV)/.dev
	$(call say,Building the site: a warning is an error)
	@$(MKDOCS) build --strict

docs: $(VENV)/.dev
	@$(MKDOCS) serve --livereload

coverage: $(VENV)/.dev
	$(call say,Running the tests with coverage)
	$(BIN)/python -m pytest --numprocesses $(JOBS) --dist loadfile --cov --cov-report=term

pictures: $(VENV)/.dev
	$(call say,Drawing the pictures of the pages)
	$(BIN)/python tools/terminal_picture.py docs/help.svg --help
	$(BIN)/python tools/terminal_picture.py docs/models.svg models
	$(BIN)/python tools/terminal_picture.py docs/rag.svg rag --top-k 3 --ask "How do I read a CSV file?"
	@mkdir -p build/office
	@PYTHONPATH=tests/support $(BIN)/python -c "import pathlib, mixed_folder; mixed_folder.write_mixed_folder(pathlib.Path('build/office'))"
	$(BIN)/python tools/terminal_picture.py docs/documents.svg rag --docs build/office --top-k 2 \
	  --ask "What is the limit for a hotel in Munich?" --ask "When does the lease of the hall end?"
	$(BIN)/python tools/trace_picture.py docs/trace.svg

peer-faults: $(VENV)/.dev
	$(call say,Running the stock integrations beside this one)
	$(BIN)/python benchmarks/peer_faults.py --write docs/why.md

bench: $(VENV)/.dev
	$(call say,Timing this package beside its peers: half an hour or more)
	@$(PIP) matplotlib
	$(BIN)/python benchmarks/race --json build/race.json --plots build

# RERANK=MODEL adds a reranker, MINILM=FOLDER the yardstick
eval-rag: $(VENV)/.dev
	$(call say,Measuring search on the judged questions)
	$(BIN)/python benchmarks/rag_answers.py $(if $(RERANK),--rerank $(RERANK)) $(if $(MINILM),--minilm $(MINILM)) \
	  --write benchmarks/results/rag_answers.json

floors: $(VENV)/.dev
	$(call say,Measuring the floors that the package ships)
	$(BIN)/python benchmarks/rag_answers.py --write-floors

eval-tiny: $(VENV)/.torch
	$(call say,Measuring the bundled model beside BM25 and its teachers)
	@$(PIP) --requirement tools/train_tiny/requirements.txt
	$(BIN)/python -m tools.train_tiny download --evaluation-only
	$(BIN)/python -m tools.train_tiny evaluate src/qwen3_embed_integrations/models/tiny --json benchmarks/results/tiny.json

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .coverage .coverage.*
