# One word each; `make help` lists them.

# No tool may fetch another toolchain behind our back.
export RUSTUP_DIST_SERVER ?= http://127.0.0.1:9

CARGO ?= cargo
FUZZ_TARGETS := manifest selector decide live contents packet flows c_calls
FUZZ_SECONDS ?= 15
FUZZ_SEEDS_manifest := netpol-core/testdata/articles netpol-core/testdata/invalid netpol-core/examples/shop \
	fuzz/seeds/manifest
FUZZ_SEEDS_selector := fuzz/seeds/selector
FUZZ_SEEDS_decide := fuzz/seeds/decide
FUZZ_SEEDS_live := fuzz/seeds/decide
FUZZ_SEEDS_contents := netpol-core/testdata/contents
FUZZ_SEEDS_packet := fuzz/seeds/packet
FUZZ_SEEDS_flows := fuzz/seeds/flows
FUZZ_SEEDS_c_calls := fuzz/seeds/packet
LONG_PACKETS ?= 10000000

.DEFAULT_GOAL := help
.PHONY: help test python wheel stubs long lint format docs header install audit bench measure peers icount gate fuzz-smoke fuzz-build fuzz

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

# What of the Python package is Rust links with no interpreter, so it makes no test program.
test: ## Run every test
	$(CARGO) test --workspace --exclude netpol-py --all-targets
	$(CARGO) test --workspace --exclude netpol-py --doc
	netpol-py/check

python: ## Build the Python wheel, and test it in a venv of its own
	netpol-py/check

wheel: ## Build the Python wheel that goes to other machines, into target/wheels (needs maturin)
	maturin build --locked --release --manifest-path netpol-py/Cargo.toml --out target/wheels

stubs: ## Write the documentation of the Python classes into their stub (after `make python`)
	target/python/venv/bin/python netpol-py/stub_docs.py

long: ## Compare the engine with the reference over ten million packets
	NETPOL_LONG=$(LONG_PACKETS) $(CARGO) test --release -p netpol-testing --test it differential -- --nocapture

lint: ## Check format, clippy and documentation
	$(CARGO) fmt --all --check
	$(CARGO) fmt --manifest-path fuzz/Cargo.toml --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps

format: ## Format the code
	$(CARGO) fmt --all
	$(CARGO) fmt --manifest-path fuzz/Cargo.toml

docs: ## Build the documentation of the library
	$(CARGO) doc -p netpol-core --no-deps

header: ## Write include/netpol.h anew
	UPDATE_HEADER=1 $(CARGO) test --quiet -p netpol-ffi --test header

install: ## Install the C library to PREFIX, below DESTDIR (default /usr/local)
	CARGO="$(CARGO)" PREFIX="$(PREFIX)" DESTDIR="$(DESTDIR)" LIBDIR="$(LIBDIR)" INCLUDEDIR="$(INCLUDEDIR)" netpol-ffi/packaging/install

audit: ## Check licences, sources and duplicate dependencies (needs cargo-deny)
	$(CARGO) deny check bans licenses sources

bench: ## Measure decisions, compilation and memory (see benches/README.md)
	$(CARGO) run --profile bench -p netpol-benches --bin netpol-bench

peers: ## Run netpol beside other engines (needs go, gcc and libdpdk-dev; see benches/peers/README.md)
	benches/peers/run

icount: ## Count instructions per decision (needs valgrind)
	benches/icount.sh

measure: ## Measure again everything that benches/ quotes (half an hour)
	benches/measure.sh

gate: ## Fail when a decision takes more instructions than it may (needs valgrind and gungraun-runner)
	$(CARGO) clippy -p netpol-benches --features gate --bench instructions -- -D warnings
	$(CARGO) bench -p netpol-benches --features gate --bench instructions

fuzz-smoke: $(addprefix fuzz-smoke-,$(FUZZ_TARGETS)) ## Replay the corpus of every fuzz target and run each for FUZZ_SECONDS (needs cargo-fuzz)

# All of them at once, so that what each is built of is built beside the others'.
fuzz-build:
	$(CARGO) fuzz build -s none

fuzz-smoke-%: fuzz-build
	@$(MAKE) --no-print-directory fuzz TARGET=$*

fuzz: ## Fuzz TARGET for FUZZ_SECONDS
	mkdir -p fuzz/corpus/$(TARGET)
	$(CARGO) fuzz run -s none $(TARGET) fuzz/corpus/$(TARGET) fuzz/regressions/$(TARGET) $(FUZZ_SEEDS_$(TARGET)) \
		-- -max_total_time=$(FUZZ_SECONDS) -timeout=20 -rss_limit_mb=4096 -max_len=16384 -len_control=0
