# Two commands: `make run` flies on inputs it makes itself, `make test` runs all checks. Each sets up what it needs.
FEATURES = $(shell cat .deps/features 2>/dev/null)
CARGO = cargo

export SKYHOUND_PYTHON ?= $(wildcard $(CURDIR)/.deps/python3)

.PHONY: run test hil bench setup

run: setup
	$(CARGO) build --release --locked $(FEATURES) --bins
	hil-tests/run-default target/release

test: setup
	@./.setup witnesses
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked $(FEATURES) -- -D warnings
	$(CARGO) test --workspace --doc --locked $(FEATURES)
	$(CARGO) test --workspace --locked $(FEATURES) --lib --bins --tests

bench: setup
	$(CARGO) bench --locked $(FEATURES) -p skyhound-benches

setup:
	@./.setup
