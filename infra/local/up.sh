#!/usr/bin/env bash
# Runs the collection with a local identity issuer, until Ctrl-C; `just up` has built both. Arguments go to the local host.
set -euo pipefail
cd "$(dirname "$0")/../.."
target="${CARGO_TARGET_DIR:-target}"

log=.headgate/issuer.log
mkdir --parents .headgate
"$target/debug/headgate-issuer" serve --listen 127.0.0.1:3001 >"$log" 2>&1 &
issuer=$!
trap 'kill "$issuer" 2>/dev/null || true; wait "$issuer" 2>/dev/null || true' EXIT
until grep --quiet "is ready" "$log"; do
    kill -0 "$issuer" 2>/dev/null || { cat "$log" >&2; exit 1; }
    sleep 0.1
done
echo "The issuer serves http://127.0.0.1:3001, for development only; its log is $log."

# The policy that accepts what `just token` prints, unless the environment has another.
export SPIN_VARIABLE_POLICY="${SPIN_VARIABLE_POLICY:-$(cat infra/local/policy.toml)}"
export SPIN_VARIABLE_ACCESS="${SPIN_VARIABLE_ACCESS:-anonymous}"
# Backends for the README of circuit-breaker: the issuer, and one that nobody is.
export SPIN_VARIABLE_BACKENDS="${SPIN_VARIABLE_BACKENDS:-$(cat functions/circuit-breaker/backends/local.toml)}"
# One rule, which prints what comes: for the README of event-subscription.
export SPIN_VARIABLE_RULES="${SPIN_VARIABLE_RULES:-print.then.sink = \"log\"}"
export SPIN_VARIABLE_SINKS="${SPIN_VARIABLE_SINKS:-log = { kind = \"stdout\" \}}"
export SPIN_VARIABLE_CHECKS="${SPIN_VARIABLE_CHECKS:-none}"
components=()
for function in token-validation circuit-breaker event-subscription gateway-tokens; do
    components+=(--component "$function=$target/wide/wasm32-wasip2/component/headgate_${function//-/_}_component.wasm")
done
"$target/debug/headgate-local" infra/spin/spin.toml "${components[@]}" "$@" &
host=$!
trap 'kill "$host" "$issuer" 2>/dev/null || true; wait 2>/dev/null || true' EXIT
wait "$host"
