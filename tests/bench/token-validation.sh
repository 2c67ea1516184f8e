#!/usr/bin/env bash
# Measures token-validation against HAProxy, fast-jwt and aws-jwt-verify, as a component and as a Lambda function, and
# writes docs/benchmarks/token-validation.md: just bench token-validation. It installs what it needs, in pinned versions (Debian's release
# pins its packages), and takes about 20 minutes when all is built.
# BENCH_SECONDS, BENCH_ROUNDS and BENCH_TOKENS make it shorter or longer; BENCH_PARTS="lambdas" (or peers, components, instantiation)
# measures a part again and keeps the rest of the last run.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

debian haproxy haproxy

if ! cmp --silent package-lock.json node_modules/.installed-lock.json; then
    echo "installing fast-jwt and aws-jwt-verify"
    PATH="$BENCH_TARGET/test-peers/venv/bin:$PATH" npm ci --no-audit --no-fund --loglevel=error
    cp package-lock.json node_modules/.installed-lock.json
fi

if [ ! -x "$BENCH_TARGET/bench/wasmtime/bin/wasmtime" ]; then
    echo "building wasmtime serve"
    cargo install --quiet --locked wasmtime-cli@48.0.8 --root "$BENCH_TARGET/bench/wasmtime" --no-default-features \
        --features serve,run,cranelift,component-model-async,pooling-allocator,parallel-compilation,cache
fi

# In the same selections as elsewhere, so that nothing is built twice.
cd "$root"
cargo build --profile native --bins --package headgate-token-validation
cargo build --profile native --bins --examples --package headgate-local
cargo build --profile native --package headgate-native --example hello --example lambda_floor
cargo build --release --package headgate-bench

exec python3 -B tests/bench/token_validation.py
