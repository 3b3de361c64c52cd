# make run    set up, load the demo registry, screen and match a demo patient, serve on http://127.0.0.1:8000
# make test   set up and run every test a fresh machine can run
# make help   list the rest

PYTHON ?= python3
SERVE ?= 1
VENV := .venv
BIN := $(VENV)/bin
DEMO_HOME := .accrual-demo

.PHONY: help run test lint format goldens bench faults fuzz fuzz-essie fuzz-api fuzz-properties clean

help:
	@echo "make run [SERVE=0]  demo: screen and match a demo patient, then serve the web app until Ctrl-C"
	@echo "make test           all tests"
	@echo "make lint           ruff, mypy, import contracts"
	@echo "make format         rewrite the code in the project's style"
	@echo "make goldens        rewrite the compiled-criteria goldens; review the diff"
	@echo "make bench          benchmarks on the shared data (see benchmarks/README.md)"
	@echo "make fuzz [MINUTES=5] [SEED=1]  texts made to break the criteria compiler; failures go to fuzz-failures/"
	@echo "make fuzz-essie [COUNT=100000] [SEED=1]  expressions made to break the query language's reader"
	@echo "make fuzz-api [COUNT=100000] [SEED=1] [HOME_DIR=DIR]  requests made to break the API; then schemathesis, at length"
	@echo "make fuzz-properties  the property tests with new examples, and many; every legacy record"
	@echo "make faults [KILLS=200]  kill -9 at random moments of all work on a data folder, and every derived file spoiled"
	@echo "make clean          remove the virtual environment and the demo data"

# The stamps make set-up happen once, and again when the dependencies change.
$(VENV)/run.stamp: pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing accrual into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/dev.stamp: pyproject.toml $(VENV)/run.stamp
	@echo "installing what the tests need ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

# Names of conditions, drugs and procedures from open sources; where they cannot be had, the build says so and the
# small table of the project stands alone.
CODES := src/accrual/codes
$(VENV)/vocabulary.stamp: $(VENV)/run.stamp $(wildcard $(CODES)/sources/*.py $(CODES)/*.py $(CODES)/data/*.tsv)
	@$(BIN)/python -m accrual.codes.build
	@touch $@

# Scripts and the map of the web pages, out of pinned packages; where they cannot be had, the pages do without.
$(VENV)/web.stamp: $(VENV)/run.stamp src/accrual/web/assets.py src/accrual/web/outline.py
	@$(BIN)/python -m accrual.web.assets
	@touch $@

run: $(VENV)/vocabulary.stamp $(VENV)/web.stamp
	@$(BIN)/accrual --home $(DEMO_HOME) demo $(if $(filter 0,$(SERVE)),--no-serve,--serve)

# Compiled at once: where Python may keep no bytecode, each of hundreds of processes would compile everything anew.
test: $(VENV)/dev.stamp $(VENV)/vocabulary.stamp $(VENV)/web.stamp
	@$(BIN)/python -m compileall -q src
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/dev.stamp
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

goldens: $(VENV)/dev.stamp $(VENV)/vocabulary.stamp
	$(BIN)/python -m tests.criteria.rewrite_goldens

bench: $(VENV)/dev.stamp
	$(BIN)/python benchmarks/load.py ../shared/data/registry
	$(BIN)/python benchmarks/find.py ../shared/data/registry
	$(BIN)/python benchmarks/criteria.py ../shared/data/criteria/lct.zip ../shared/data/criteria/chia.zip \
	  ../shared/data/criteria/nci_flagged.jsonl.gz ../shared/data/criteria/criteria2sql.jsonl.gz \
	  ../shared/data/criteria/texts.jsonl.gz ../shared/data/registry/v2/studies.jsonl.gz

KILLS ?= 200
faults: $(VENV)/dev.stamp $(VENV)/vocabulary.stamp
	ACCRUAL_FAULT_KILLS=$(KILLS) $(BIN)/python -m pytest tests/faults --timeout 3600

MINUTES ?= 5
SEED ?= 1
fuzz: $(VENV)/dev.stamp $(VENV)/vocabulary.stamp
	$(BIN)/python benchmarks/fuzz.py --minutes $(MINUTES) --seed $(SEED) $(wildcard ../shared/data/criteria/texts.jsonl.gz)

COUNT ?= 100000
fuzz-essie: $(VENV)/dev.stamp $(VENV)/vocabulary.stamp
	$(BIN)/python benchmarks/fuzz_essie.py --count $(COUNT) --seed $(SEED) $(wildcard ../shared/data/essie/queries.txt)

# A data folder of your own makes it a better test than the demo registry.
HOME_DIR ?=
fuzz-api: $(VENV)/dev.stamp $(VENV)/vocabulary.stamp
	$(BIN)/python benchmarks/fuzz_api.py --count $(COUNT) --seed $(SEED) $(if $(HOME_DIR),--home $(HOME_DIR))
	ACCRUAL_FUZZ_EXAMPLES=500 $(BIN)/python -m pytest tests/clients/test_documents.py --timeout 3600

fuzz-properties: $(VENV)/dev.stamp $(VENV)/vocabulary.stamp
	ACCRUAL_RECORD_STRIDE=1 $(BIN)/python -m pytest -n 2 --hypothesis-profile search --timeout 3600 $$(grep -rl '@given' tests) tests/registry/test_ctgov_xml.py

clean:
	rm -rf $(VENV) $(DEMO_HOME)
