#!/usr/bin/env bash
# Measures circuit-breaker against nginx and an empty handler, native and as a component, and its calls to Redis; writes
# docs/benchmarks/circuit-breaker.md: just bench circuit-breaker. It takes about 5 minutes when all is built.
# BENCH_SECONDS and BENCH_ROUNDS make it shorter or longer.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

cd "$root"
cargo build --profile native --bins --package headgate-circuit-breaker
cargo build --profile native --bins --examples --package headgate-local
cargo build --profile native --package headgate-native --example hello

exec python3 -B tests/bench/circuit_breaker.py
