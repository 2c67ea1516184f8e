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

fuzz answer_reader fuzz/seeds/answer_reader -- \
    -max_total_time="$seconds" -max_len=4096 -timeout=5 -dict=fuzz/answer_reader.dict -verbosity=0 -print_final_stats=1
fuzz base64_decoder fuzz/seeds/base64_decoder -- \
    -max_total_time="$seconds" -max_len=1024 -timeout=5 -verbosity=0 -print_final_stats=1
fuzz base64_envelope fuzz/seeds/base64_envelope -- \
    -max_total_time="$seconds" -max_len=1024 -timeout=5 -verbosity=0 -print_final_stats=1
fuzz chunk_protocol fuzz/seeds/chunk_protocol -- \
    -max_total_time="$seconds" -max_len=512 -timeout=5 -verbosity=0 -print_final_stats=1
fuzz content_reader fuzz/seeds/content_reader -- \
    -max_total_time="$seconds" -max_len=4096 -timeout=5 -dict=fuzz/content_reader.dict -verbosity=0 -print_final_stats=1
fuzz event_reader fuzz/seeds/event_reader -- \
    -max_total_time="$seconds" -max_len=8192 -timeout=5 -dict=fuzz/event_reader.dict -verbosity=0 -print_final_stats=1
fuzz multipart_reader fuzz/seeds/multipart_reader -- \
    -max_total_time="$seconds" -max_len=2048 -timeout=5 -verbosity=0 -print_final_stats=1
fuzz range_reader fuzz/seeds/range_reader -- \
    -max_total_time="$seconds" -max_len=512 -timeout=5 -dict=fuzz/range_reader.dict -verbosity=0 -print_final_stats=1
fuzz sink_reader fuzz/seeds/sink_reader functions/circuit-breaker/backends -- \
    -max_total_time="$seconds" -max_len=8192 -timeout=5 -dict=fuzz/sink_reader.dict -verbosity=0 -print_final_stats=1
fuzz policy_reader functions/token-validation/policies -- \
    -max_total_time="$seconds" -max_len=4096 -timeout=5 -dict=fuzz/policy_reader.dict -verbosity=0 -print_final_stats=1
fuzz target_judge fuzz/seeds/target_judge -- \
    -max_total_time="$seconds" -max_len=512 -timeout=5 -dict=fuzz/target_judge.dict -verbosity=0 -print_final_stats=1
fuzz token_parser -- \
    -max_total_time="$seconds" -max_len=4096 -timeout=5 -verbosity=0 -print_final_stats=1
fuzz upstream_reader fuzz/seeds/upstream_reader functions/entra-http/upstreams functions/cloud-flow/flows -- \
    -max_total_time="$seconds" -max_len=8192 -timeout=5 -dict=fuzz/upstream_reader.dict -verbosity=0 -print_final_stats=1
