# `make help` lists the targets; each one first sees to the environment in .venv that it needs.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help install train encoder smoke test mutants trial layout lint types export outputs readme docs docs-test look records paper paper-check paper-test paper-tools clean

PYTHON ?= python3
WORKERS ?= 2
OUT ?= runs/train
BIN := .venv/bin
TEX := texlive-latex-base texlive-latex-recommended texlive-fonts-recommended latexmk
INSTALLED := .venv/.installed
BROWSER := .venv/.browser
AXE := _proc/axe/node_modules/axe-core/axe.min.js

help:  ## List the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

install: $(INSTALLED)  ## Make .venv with the exact versions of constraints.txt (another Python: PYTHON=python3.12)

# The package is built with the pinned setuptools, not with the newest one that an isolated build would fetch.
$(INSTALLED): constraints.txt settings.ini setup.py pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "gmmxlnet_nb needs Python 3.11 or newer; PYTHON=$(PYTHON) is $$($(PYTHON) -V 2>&1 || true)"; exit 1; }
	@echo "Installing into .venv, which takes some minutes the first time"
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q -c constraints.txt setuptools wheel
	$(BIN)/python -m pip install -q -c constraints.txt --no-build-isolation -e '.[dev]'
	touch $@

train: $(INSTALLED)  ## Run experiments/train.ipynb: make train OUT=runs/eight ARGS="-p num_experts 8"
	@[ -z "$(out)$(args)" ] || { echo "OUT and ARGS are written in capitals: make train OUT=runs/eight ARGS='-p num_experts 8'"; exit 2; }
	@[ ! -e $(OUT)/metrics.json ] || { echo "$(OUT) holds a finished run: make train OUT=another/folder"; exit 1; }
	$(BIN)/python tools/run_notebook.py experiments/train.ipynb $(OUT)/out.ipynb -k python3 -l python --log-output -p output_dir $(OUT) $(ARGS)

# On a GPU some 360 million tokens of DATA; on a CPU a tiny model of text that the repository makes, which shows the way.
DATA ?= generated
ENCODER ?= runs/encoder
TINY := vocab_size=700 hidden_dim=64 num_layers=2 num_heads=4 segment_length=128 batch_size=16 max_steps=800 learning_rate=2e-3 eval_steps=200
SMALL := bf16=true max_steps=9000

encoder: $(INSTALLED)  ## Pre-train an XLNet in runs/encoder: make encoder DATA=books; a tiny one where there is no GPU, or no DATA
	$(BIN)/gmmxlnet pretrain $(DATA) output_dir=$(ENCODER) cache_dir=runs/tokens $(if $(filter-out generated,$(DATA)),$(shell \
	  $(BIN)/python -c 'import torch; print("$(SMALL)" if torch.cuda.is_available() else "$(TINY)")'),$(TINY)) $(ARGS)

smoke: $(INSTALLED)  ## Make the tiny runs of experiments/manifest.toml: both experiments, each memory
	$(BIN)/gmmxlnet runs run --tier smoke --force --stack 2

# One thread for each worker: workers that each take every core only get in each other's way.
TESTS = --n_workers $(WORKERS) --flags '$(FLAGS)' --do_print --timing

test: $(INSTALLED)  ## Run the tests in the notebooks; flagged cells too: make test FLAGS="slow gpu"; as in CI: make test COVERAGE=1
ifdef COVERAGE
	$(BIN)/coverage erase
	OMP_NUM_THREADS=1 $(BIN)/python tools/exported_tests.py $(TESTS)
	$(BIN)/coverage combine -q
	$(BIN)/coverage report
else
	OMP_NUM_THREADS=1 $(BIN)/nbdev_test $(TESTS)
endif

mutants: $(INSTALLED)  ## Change 60 small things, one at a time, and see whether a notebook notices: make mutants ARGS="--seed 1 --module losses"
	$(BIN)/python tools/mutants.py --workers $(WORKERS) $(ARGS)

trial: $(INSTALLED)  ## Try to break everything once more, which takes hours: make trial ARGS="--parts segments disk --seed 7"
	$(BIN)/python tools/trial.py --workers $(WORKERS) $(ARGS)

layout: $(INSTALLED)  ## Check what the package's modules import and hold, and test the tools
	$(BIN)/python -m pytest -q tools

lint: $(INSTALLED)  ## Check the exported code, the tools, the site's and the paper's build with ruff
	$(BIN)/ruff check gmmxlnet_nb tools docs paper setup.py

types: $(INSTALLED)  ## Check the types of the same with mypy
	$(BIN)/mypy gmmxlnet_nb tools docs paper

# Cleaned first: cleaning gives cells the ids that the exported code names.
export: $(INSTALLED)  ## Clean the notebooks and write the modules of gmmxlnet_nb from them
	$(BIN)/nbdev_clean --fname nbs
	$(BIN)/nbdev_clean --fname experiments
	$(BIN)/nbdev_export

outputs: $(INSTALLED)  ## Run the notebooks where they are, but for flagged cells, and keep what they show: make outputs NBS=nbs/02_router.ipynb
	$(BIN)/python tools/execute.py $(NBS)

readme: $(INSTALLED)  ## Write README.md from nbs/index.ipynb
	$(BIN)/python tools/readme.py

docs: $(INSTALLED)  ## Make the site in _site, with tiny runs of the experiments, and check it
	$(BIN)/python docs/make_site.py

docs-test: $(INSTALLED)  ## Test what makes and checks the site
	$(BIN)/pytest -q docs

look: docs $(BROWSER) $(AXE)  ## Open every page of the site, and that of gmmxlnet serve, in Chromium, wide and narrow, light and dark: make look PAGES="index.html"
	$(BIN)/python docs/look.py $(PAGES)
	$(if $(PAGES),,$(BIN)/python docs/look.py --serve)

# Chromium is Debian's: playwright, which drives it, would fetch one of its own.
$(BROWSER): $(INSTALLED)
	@command -v chromium >/dev/null || [ "$$(id -u)" = 0 ] || \
	  { echo "make look needs Chromium: sudo apt-get install chromium"; exit 1; }
	command -v chromium >/dev/null || { apt-get update -q && apt-get install -qy --no-install-recommends chromium; }
	$(BIN)/python -m pip install -q -c constraints.txt playwright
	touch $@

# Rules of accessibility, which the pages are held to; npm is Debian's too.
$(AXE):
	@command -v npm >/dev/null || { echo "make look needs npm: apt-get install npm"; exit 1; }
	npm install --silent --no-save --prefix _proc/axe axe-core@4.14.1

records: $(INSTALLED)  ## Name each record of experiments/records that is stale, edited or of no run; fail for stale ones too: make records RELEASE=1
	$(BIN)/gmmxlnet runs check --tier full --present $(if $(filter-out 0,$(RELEASE)),,--allow-stale)

paper: $(INSTALLED)  ## Build _paper/paper.pdf from the records of runs
	$(BIN)/python paper/build.py build
	$(BIN)/python paper/build.py pdf

paper-check: $(INSTALLED)  ## Name what the paper lacks, and what is stale; fail for stale and missing records too: make paper-check RELEASE=1
	$(BIN)/python paper/build.py check $(if $(filter-out 0,$(RELEASE)),--release,--allow-missing)

paper-test: $(INSTALLED)  ## Test the paper's build on made-up records
	$(BIN)/python -m pytest -q paper

paper-tools:  ## Install TeX from Debian's packages, as root
	@[ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null || \
	  { echo "This needs apt-get and root. Elsewhere, install what holds: $(TEX)"; exit 1; }
	apt-get update
	DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $(TEX)

clean:  ## Remove caches and build products; .venv and runs/ stay
	rm -rf build dist ./*.egg-info _proc _docs _site _paper .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find gmmxlnet_nb nbs experiments paper tools docs -name __pycache__ -o -name .ipynb_checkpoints | xargs rm -rf
