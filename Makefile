# Verbs: demo test test-slow test-kafka kill-test kafka check scorecard fuzz bench bench-kafka lock clean. Only python3 >= 3.11 with venv and pip is needed: everything goes into .venv.

PYTHON ?= python3
UV ?= uv
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: demo test test-slow test-kafka kill-test kafka check scorecard fuzz bench bench-kafka lock clean
.DELETE_ON_ERROR:

demo: $(VENV)/.runtime  ## Set up and show a cascade from raw frames to alerts, without a network
	$(BIN)/cascade demo

test: $(VENV)/.dev  ## The default suite
	$(BIN)/python -m pytest

test-slow: $(VENV)/.dev  ## The whole demo, whole recordings, the whole reconstruction
	$(BIN)/python -m pytest -m "slow and not kafka"

test-kafka: $(VENV)/.dev  ## Everything that needs a broker, on a real Apache Kafka or on KAFKA_BOOTSTRAP_SERVERS
	$(BIN)/python -m pytest -m "kafka and not slow"

SEEDS := 10
kill-test: $(VENV)/.dev  ## Kill workers with SIGKILL in the middle of the crash, SEEDS times, and compare every alert
	$(BIN)/python -m tests.kit.kill_run --seeds $(SEEDS)

# A real Apache Kafka in the foreground, on PORT; DATA=folder keeps what is in it. Needs Java 17 and, once, Maven.
# It also brings the clients, so that .venv/bin/cascade can use it.
PORT := 9092
DATA :=
kafka: $(VENV)/.kafka
	$(BIN)/python -m tests.kit.kafka --port $(PORT) $(if $(DATA),--data "$(DATA)")

check: $(VENV)/.dev  ## Everything that can be said about the code without running it
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python .ci/check_tree_mirror.py
	$(BIN)/vulture
	$(BIN)/python -m schemas.contract --check
	$(BIN)/python -m producers.venue_table --check
	$(BIN)/cascade rules --write docs --scorecard docs/scorecard.json --check

DATA := ../shared/data
scorecard: $(VENV)/.dev  ## Hold the detector against what happened: docs/scorecard.*, and the figures in docs/signals.md and docs/stages.md
	$(BIN)/cascade evaluate $(if $(wildcard $(DATA)),--data $(DATA)) --baselines \
	  --json docs/scorecard.json --markdown docs/scorecard.md --picture docs/scorecard.svg
	$(BIN)/cascade rules --write docs --scorecard docs/scorecard.json

FRAMES := 1000000
fuzz: $(VENV)/.dev  ## A million damaged frames for each venue: nothing but DecodeError, or events that hold sane numbers
	$(BIN)/python -m tests.kit.fuzz --frames $(FRAMES)

bench: $(VENV)/.dev  ## Measure, and assert the ratios that the design rests on
	$(BIN)/python -m benchmarks

bench-kafka: $(VENV)/.dev  ## The same for the way over Kafka, on a broker of its own; about ten minutes
	$(BIN)/python -m benchmarks kafka

lock:  ## Resolve every version anew; needs uv
	$(UV) pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --group build --group dev --extra kafka --extra pictures pyproject.toml -o requirements-dev.lock
	$(UV) pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --group build --constraint requirements-dev.lock pyproject.toml -o requirements.lock
	$(UV) pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
	  --group build --extra kafka --extra pictures --constraint requirements-dev.lock pyproject.toml -o requirements-kafka.lock

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	rm -f detector/kernel.c detector/kernel.*.so
	find schemas producers detector tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit("too old; try: make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	touch $@

# The old extension goes first: where it cannot be built again the interpreted kernel must not hide behind a stale one.
$(VENV)/.runtime: $(VENV)/.python requirements.lock pyproject.toml setup.py detector/kernel.py
	$(PIP) install --require-hashes -r requirements.lock
	rm -f detector/kernel.*.so
	$(PIP) install --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.kafka: $(VENV)/.runtime requirements-kafka.lock
	$(PIP) install --require-hashes -r requirements-kafka.lock
	touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.lock
	$(PIP) install --require-hashes -r requirements-dev.lock
	touch $@
