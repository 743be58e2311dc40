# Two commands do everything: `make run` and `make test`. Both set up what they need first and can be run again.
SHELL := /bin/bash
SAYSO_DATA ?= sayso-data
BIN := .venv/bin
export SAYSO_DATA
# Where this is set, each of the hundreds of processes that tests start compiles everything anew: a quarter of the work.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run demo test test-long test-durability bench lint setup setup-tests pins clean \
	starter-model test-training setup-training

help: ## Show what can be made.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

run: setup ## Set up, then run the station: kiosk, transcriber and site.
	@$(BIN)/sayso run

demo: setup ## Set up, then show one visit from the press to the page; ends by itself.
	@$(BIN)/sayso demo --once

test: setup-tests lint ## Set up, then check the code and run every test (under 10 minutes).
	@# Most tests wait for sound in its own time, so that four at once fit on two processors.
	@$(BIN)/pytest -n 4 --dist worksteal

KILLS ?= 50
LOAD_S ?= 300
UPLOADS ?= 250
test-long: setup-tests ## The long tests: KILLS=50 of each process, LOAD_S=300 of recording under load, UPLOADS=250 odd files of each kind.
	@SAYSO_TEST_KILLS=$(KILLS) SAYSO_TEST_LOAD_S=$(LOAD_S) $(BIN)/pytest --timeout 7200 -v \
		tests/whole_station/test_kills.py tests/whole_station/test_load.py
	@SAYSO_TEST_UPLOADS=$(UPLOADS) $(BIN)/pytest --timeout 7200 -v tests/admin_web/test_uploading_fuzzed.py
	@SAYSO_TEST_RECORDING_MINUTES=10 $(BIN)/pytest --timeout 7200 -v tests/models/test_starter.py -k memory

CUTS ?= 50
test-durability: KILLS = 1000
test-durability: setup-tests ## Kill the archive KILLS=1000 times and cut its power CUTS=50 times (about 8 minutes).
	@SAYSO_TEST_DURABILITY_KILLS=$(KILLS) SAYSO_TEST_DURABILITY_CUTS=$(CUTS) $(BIN)/pytest -n 2 -v tests/durability

bench: setup-tests ## Measure speed and memory against named baselines.
	@$(BIN)/python -m tests.benchmarks

lint: setup-tests ## Check style and types.
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && shellcheck deploy/setup .ci/run

setup: ## Install what running needs (Debian packages only where missing).
	@deploy/setup runtime

setup-tests: ## Install what the tests need besides.
	@deploy/setup tests

pins: setup-tests ## Pin the newest Python packages that pyproject.toml allows, with hashes.
	@deploy/pin

TRAINING := nice -n 19 env OMP_WAIT_POLICY=PASSIVE .venv-training/bin/python -m models.training
WORK ?= starter-model-work
starter-model: setup-training ## Make the starter model anew in WORK and measure it against the present one (an hour).
	@$(TRAINING) make --work $(WORK)
	@$(TRAINING) measure --work $(WORK)

test-training: setup-training ## The tests of making the starter model.
	@SAYSO_TEST_MINUTES=10 .venv-training/bin/python -m pytest tests/models/training

setup-training: ## Install what making the starter model needs (an environment of its own; PyTorch is large).
	@models/training/setup

clean: ## Remove what setup made; stories in $(SAYSO_DATA) stay.
	rm -rf .venv .venv-training .mypy_cache .pytest_cache .ruff_cache .hypothesis *.egg-info
