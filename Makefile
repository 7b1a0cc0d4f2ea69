# What to type: `make run` (the main job, no account needed), `make test`, `make check`.
# Set-up happens by itself in .venv, and again only when the lock files or pyproject.toml change.

BIN = .venv/bin
WORKERS ?= auto
ROUNDS ?= 15
EVERY ?= 10
CASES ?= 1000000

.DEFAULT_GOAL := help
.PHONY: help run plan setup test faults crash disk proof soak overlap image fuzz lint format types layers docs docs-write wheel check bench lock audit clean

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' Makefile

run: .venv/ready-run ## set up once, then one run: book the blocks, write the drafts, say where they are
	@$(BIN)/magicloop run --report

plan: .venv/ready-run ## what the next run would do, and why
	@$(BIN)/magicloop plan

setup: .venv/ready-dev ## set up with everything development needs

test: .venv/ready-dev ## the whole test suite (COVERAGE=1 also counts the lines it runs)
	$(BIN)/pytest -n $(WORKERS) --dist loadgroup $(if $(COVERAGE),--cov=automations --cov-report=term:skip-covered)

faults: .venv/ready-dev ## every fault at every call to Google and to a mail server, and what came of it
	$(BIN)/pytest -q -n $(WORKERS) -m matrix --cells 1 tests/google tests/smtp

crash: .venv/ready-dev ## kill real runs at every point there is, and see that the next one puts it right
	$(BIN)/python tests/crash/matrix.py
	$(BIN)/python tests/crash/crash_mutants.py

disk: .venv/ready-dev ## cut the power, fill the disk, break it and say stop at every call (about 20 minutes)
	$(BIN)/python tests/disk/tapped.py power --every $(EVERY)
	$(BIN)/python tests/disk/tapped.py faults --every $(EVERY)
	$(BIN)/python tests/disk/tapped.py signals --every $(EVERY)
	$(BIN)/python tests/disk/tapped.py prove

proof: .venv/ready-dev ## live the life of a draft in every way it can go wrong, about 400,000 ways
	$(BIN)/python tests/sending/exhaust.py

overlap: .venv/ready-dev ## many commands and pages at once, some of them killed or stopped: nothing doubled, nothing held
	$(BIN)/python tests/overlap/proof.py

image: .venv/ready-dev ## build the container image with Docker or Podman, and run it with everything closed
	MAGICLOOP_IMAGE=build $(BIN)/pytest -q tests/image

fuzz: .venv/ready-dev ## feed all that reads from outside with 1,000,000 inputs that are nearly right (CASES=... for fewer)
	$(BIN)/python tests/fuzz/fuzz.py --cases $(CASES)

soak: .venv/ready-dev ## ten years of four lives and three of a fifth, against an oracle that knows nothing of the program
	$(BIN)/python tests/soak/soak.py

lint: .venv/ready-dev ## style and common mistakes
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

format: .venv/ready-dev ## put the code into shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

types: .venv/ready-dev ## type check, strict
	$(BIN)/mypy

layers: .venv/ready-dev ## who may import whom
	$(BIN)/lint-imports --no-cache

docs: .venv/ready-dev ## README and CONTRIBUTING say what the program does
	$(BIN)/pytest -q tests/docs

docs-write: .venv/ready-dev ## write the generated parts of README again
	$(BIN)/python tests/docs/regenerate.py

wheel: .venv/ready-dev ## build the wheel and run the main job from it, far from the checkout
	$(BIN)/pytest -q tests/wheel

check: test lint types layers ## all of it

bench: .venv/ready-dev ## the budgets, each as a ratio measured in one run
	@for file in benchmarks/*.py; do $(BIN)/python "$$file" --rounds $(ROUNDS) || exit 1; done

lock: ## pin all dependencies anew (needs uv and a network)
	requirements/lock

audit: ## look the pinned packages up among the known weaknesses (needs a network)
	requirements/audit

clean: ## remove everything made here; your own config and data stay
	rm -rf .venv build dist htmlcov .coverage* .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/ready-run: requirements/run.txt requirements/setup pyproject.toml
	@echo "setting up .venv (once) ..." >&2
	@requirements/setup run
	@touch $@

.venv/ready-dev: requirements/dev.txt requirements/run.txt requirements/setup pyproject.toml
	@echo "setting up .venv for development (once) ..." >&2
	@requirements/setup dev
	@touch .venv/ready-run $@
