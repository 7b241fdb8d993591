# Two commands: `make run` flies on inputs it makes itself, `make test` runs all checks. Each sets up what it needs.
FEATURES = $(shell cat .deps/features 2>/dev/null)
CARGO = cargo

# Named before the set-up has made it: whoever wants it looks whether it is there.
export SKYHOUND_PYTHON ?= $(CURDIR)/.deps/python3
# Most of the long tests wait for a simulated aircraft: more at once than the machine has cores.
export RUST_TEST_THREADS ?= 4

.PHONY: run test hil bench setup

run: setup
	$(CARGO) build --release --locked $(FEATURES) --bins
	hil-tests/run-default target/release

test: setup
	@./.setup witnesses
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked $(FEATURES) -- -D warnings
	[ ! -e firmware-host/web/dist/index.html ] || (cd firmware-host/web && npm run --silent check && npm test --silent)
	$(CARGO) test --workspace --doc --locked $(FEATURES)
	$(CARGO) test --workspace --locked $(FEATURES) --tests

# Everything that the rigs can show: 100 000 flights of random faults, every scenario with the real daemon, and how fast it
# stops, idle and with busy cores; an hour's record from its first row to its restored copy. Five to six hours.
hil: setup
	@./.setup witnesses
	$(CARGO) build --release --locked $(FEATURES) --bins
	target/release/skyhound-rig campaign --flights 100000 --seed 1
	target/release/skyhound-rig run all --rig engine --repeat 20 --out target/hil/engine
	target/release/skyhound-rig run all --rig software --out target/hil/software
	target/release/skyhound-rig timing --trials 1000 --json target/hil/timing-idle.json
	target/release/skyhound-rig timing --trials 1000 --busy --json target/hil/timing-busy.json
	target/release/skyhound-rig record-trial --for 1h
	target/release/skyhound-rig ground-cost

bench: setup
	$(CARGO) bench --locked $(FEATURES) -p skyhound-benches

setup:
	@./.setup
