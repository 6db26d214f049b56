# Two commands matter: `make demo` shows the exchange at work, `make test` proves it. Both install
# what they need into .venv and rust_core/target; a machine brings Python 3.11 or newer with venv,
# Rust, make and a C linker. Paths are relative: the checkout may live in a folder with spaces.

PYTHON ?= python3
PY := .venv/bin/python
STAMPS := .venv/.stamps
CARGO := cargo
MANIFEST := rust_core/Cargo.toml
SHELL := /bin/sh
export PATH := $(PATH):$(HOME)/.cargo/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

RUST_SOURCES := $(shell find rust_core -name target -prune -o \
	\( -name '*.rs' -o -name '*.toml' -o -name '*.pyi' -o -name Cargo.lock \) -print 2>/dev/null)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help tools venv demo up test test-rust test-python check fresh gen fmt bench bench-engine \
	bench-peers conserve faults lock clean

help: ## Say what there is
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1: \2/p' Makefile

tools:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "needs Python 3.11 or newer: install it, or name one as PYTHON=…" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "needs Python's venv: install python3-venv or a full Python" >&2; exit 1; }
	@command -v $(CARGO) >/dev/null || \
		{ echo "needs Rust: install it with rustup, or the packages rustc and cargo" >&2; exit 1; }
	@command -v cc >/dev/null || \
		{ echo "needs a C linker: install gcc or clang (Debian: build-essential)" >&2; exit 1; }

$(STAMPS)/packages: requirements.lock | tools
	@test -x $(PY) || $(PYTHON) -m venv .venv
	$(PY) -m pip install --quiet --require-hashes -r requirements.lock
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/core: $(STAMPS)/packages $(RUST_SOURCES)
	VIRTUAL_ENV="$(CURDIR)/.venv" .venv/bin/maturin develop --quiet --release --locked \
		-m rust_core/crates/cift_core/Cargo.toml
	@touch $@

$(STAMPS)/cift: $(STAMPS)/packages pyproject.toml
	$(PY) -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

venv: tools $(STAMPS)/packages $(STAMPS)/core $(STAMPS)/cift ## Make .venv with the core and cift

demo: venv ## Start the whole mesh, send it a real order flow, prove every trade
	$(PY) -m cift.cli demo

up: venv ## Start the mesh and keep it up until Ctrl-C
	$(PY) -m cift.cli up

test: test-rust test-python ## Run every test

test-rust: venv
	$(CARGO) test --quiet --manifest-path $(MANIFEST) --workspace

test-python: venv
	$(PY) -m pytest -n 2

check: venv fresh ## Format, lint, types, generated code, tidy rules
	$(PY) -m ruff format --check
	$(PY) -m ruff check
	$(PY) -m mypy services/cift tests
	$(CARGO) fmt --manifest-path $(MANIFEST) --all --check
	$(CARGO) clippy --quiet --manifest-path $(MANIFEST) --workspace --all-targets -- -D warnings
	.venv/bin/buf lint
	.venv/bin/buf format --diff --exit-code
	$(PY) -m pytest --quiet tests/unit/test_tidy.py

gen: venv ## Generate Python and Rust from protos/ and schemas/
	$(PY) protos/generate.py

# Generates in a copy, so that a check never changes the tree; git compares it with what is here.
fresh: venv
	@copy=$$(mktemp -d) && trap 'rm -rf "$$copy"' EXIT && root=$$PWD && \
	git ls-files -z --cached --others --exclude-standard pyproject.toml buf.yaml buf.gen.yaml protos \
		schemas services rust_core | tar --create --null --files-from=- | tar --extract -C "$$copy" && \
	export PATH="$$root/.venv/bin:$$PATH" && \
	export CARGO_TARGET_DIR="$${CARGO_TARGET_DIR:-$$root/rust_core/target}" && cd "$$copy" && \
	git init --quiet && git add --all && "$$root/$(PY)" protos/generate.py && \
	git add --intent-to-add --all && git diff --stat --exit-code || \
		{ echo "Generated code is stale: run make gen" >&2; exit 1; }

fmt: venv ## Format everything
	$(PY) -m ruff format
	$(PY) -m ruff check --fix
	$(CARGO) fmt --manifest-path $(MANIFEST) --all
	.venv/bin/buf format --write

bench: venv ## Measure, and write one JSON document
	$(PY) -m cift.cli bench

bench-engine: venv ## Measure the matching engine in process, beside a plain book
	$(PY) -m cift.tools.bench_engine

bench-peers: venv ## Measure the core from Python beside engines that PyPI has (needs a network)
	$(PY) -m cift.tools.bench_peers

# So many commands, in episodes named by seeds from this one on. A run of five million takes about
# six minutes on one core; one that fails says the seed that fails.
COMMANDS ?= 5000000
SEED ?= 1

conserve: tools ## Prove that what accounts hold, reserve and pay adds up (COMMANDS=…, SEED=…)
	$(CARGO) run --quiet --release --manifest-path $(MANIFEST) --package sim --bin sim -- \
		conserve --commands $(COMMANDS) --seed $(SEED)

faults: venv ## Kill everything, many times, and prove that nothing was lost
	$(PY) -m cift.tools.faults

lock: venv ## Pin the packages anew (needs uv)
	uv pip compile pyproject.toml --extra local --extra dev --universal --python-version 3.11 \
		--upgrade --generate-hashes --no-header --no-annotate --no-emit-index-url \
		-o requirements.lock

clean: ## Remove what the targets above made
	rm -rf .venv rust_core/target .mypy_cache .ruff_cache .pytest_cache services/cift.egg-info
