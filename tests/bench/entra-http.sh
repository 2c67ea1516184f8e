#!/usr/bin/env bash
# Measures entra-http against nginx that proxies the same request, native and as a component, and streams 1 GiB through it each way; writes
# docs/benchmarks/entra-http.md: just bench entra-http. It takes about 4 minutes when all is built.
# BENCH_SECONDS and BENCH_ROUNDS make it shorter or longer; BENCH_MIB says how much is streamed.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

cd "$root"
cargo build --profile native --bins --package headgate-entra-http
cargo build --profile native --bins --package headgate-local

exec python3 -B tests/bench/entra_http.py
