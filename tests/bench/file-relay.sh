#!/usr/bin/env bash
# Measures file-relay, HTTP to HTTP, native and as a component, beside nginx that proxies the same file to the same sink and beside rclone;
# writes docs/benchmarks/file-relay.md: just bench file-relay. It takes about 6 minutes when all is built.
# BENCH_ROUNDS makes it shorter or longer; BENCH_MIB says how long the file is for speed, and BENCH_LONG_MIB for memory.
# BENCH_PROFILE=debug measures what `cargo build` makes: to try the script, not to judge by.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

cd "$root"
if [ "${BENCH_PROFILE:-native}" = native ]; then
    cargo build --profile native --bins --package headgate-file-relay
    cargo build --profile native --bins --package headgate-local
fi

exec python3 -B tests/bench/file_relay.py
