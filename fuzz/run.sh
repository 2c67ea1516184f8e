#!/bin/sh
# Runs each fuzz target for a while: fuzz/run.sh [SECONDS], 60 unless told.
# Stable Rust suffices: the code under test has no unsafe part, so coverage is built in and a sanitizer is not.
set -eu
cd "$(dirname "$0")/.."
seconds="${1:-60}"

cargo fuzz --version >/dev/null 2>&1 || cargo install --locked cargo-fuzz@0.13.2

# What a run finds interesting goes to the first directory; the others are where it begins.
fuzz() {
    target="$1"
    shift
    mkdir -p "fuzz/corpus/$target"
    echo "fuzzing $target for $seconds seconds"
    cargo fuzz run --sanitizer none "$target" "fuzz/corpus/$target" "$@"
}

fuzz event_reader fuzz/seeds/event_reader -- \
    -max_total_time="$seconds" -max_len=8192 -timeout=5 -dict=fuzz/event_reader.dict -verbosity=0 -print_final_stats=1
fuzz sink_reader fuzz/seeds/sink_reader functions/circuit-breaker/backends -- \
    -max_total_time="$seconds" -max_len=8192 -timeout=5 -dict=fuzz/sink_reader.dict -verbosity=0 -print_final_stats=1
fuzz policy_reader functions/token-validation/policies -- \
    -max_total_time="$seconds" -max_len=4096 -timeout=5 -dict=fuzz/policy_reader.dict -verbosity=0 -print_final_stats=1
fuzz token_parser -- \
    -max_total_time="$seconds" -max_len=4096 -timeout=5 -verbosity=0 -print_final_stats=1
