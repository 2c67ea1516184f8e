#!/usr/bin/env bash
# Runs the collection with a local identity issuer, until Ctrl-C; `just up` has built both. Arguments go to the local host.
set -euo pipefail
cd "$(dirname "$0")/../.."
target="${CARGO_TARGET_DIR:-target}"

mkdir --parents .headgate
peers=()
trap 'kill "${peers[@]}" 2>/dev/null || true; wait 2>/dev/null || true' EXIT
# Starts one of the stand-ins, and waits until it serves.
stand_in() {
    local name=$1 log=.headgate/$1.log
    : >"$log"
    "$target/debug/headgate-$name" "${@:2}" >"$log" 2>&1 &
    local peer=$!
    peers+=("$peer")
    until grep --quiet "is ready" "$log"; do
        kill -0 "$peer" 2>/dev/null || { cat "$log" >&2; exit 1; }
        sleep 0.1
    done
}
stand_in issuer serve --listen 127.0.0.1:3001
stand_in clouds --api http://127.0.0.1:3005=v1
stand_in dataverse
stand_in power-automate
stand_in arm
stand_in graph
echo "The issuer serves http://127.0.0.1:3001, for development only, and other stand-ins the ports from 3002; their logs are in .headgate."

# The policy that accepts what `just token` prints, unless the environment has another.
export SPIN_VARIABLE_POLICY="${SPIN_VARIABLE_POLICY:-$(cat infra/local/policy.toml)}"
export SPIN_VARIABLE_ACCESS="${SPIN_VARIABLE_ACCESS:-anonymous}"
# Backends for the README of circuit-breaker: the issuer, and one that nobody is.
export SPIN_VARIABLE_BACKENDS="${SPIN_VARIABLE_BACKENDS:-$(cat functions/circuit-breaker/backends/local.toml)}"
# One rule, which prints what comes: for the README of event-subscription.
export SPIN_VARIABLE_RULES="${SPIN_VARIABLE_RULES:-print.then.sink = \"log\"}"
export SPIN_VARIABLE_SINKS="${SPIN_VARIABLE_SINKS:-log = { kind = \"stdout\" \}}"
export SPIN_VARIABLE_CHECKS="${SPIN_VARIABLE_CHECKS:-none}"
# Azure Resource Manager's stand-in, called by the machine's identity: for the README of entra-http.
export SPIN_VARIABLE_CREDENTIALS="${SPIN_VARIABLE_CREDENTIALS:-$(cat infra/local/credentials.toml)}"
export SPIN_VARIABLE_UPSTREAMS="${SPIN_VARIABLE_UPSTREAMS:-$(cat functions/entra-http/upstreams/local.toml)}"
export SPIN_VARIABLE_PUBLIC_URL="${SPIN_VARIABLE_PUBLIC_URL:-http://127.0.0.1:3000/entra-http}"
# Power Automate's stand-in: for the README of cloud-flow.
export SPIN_VARIABLE_FLOWS="${SPIN_VARIABLE_FLOWS:-$(cat functions/cloud-flow/flows/local.toml)}"
export SPIN_VARIABLE_NOTIFY_URL="${SPIN_VARIABLE_NOTIFY_URL:-http://127.0.0.1:3007/powerautomate/automations/direct/workflows/6cd6f41455d78245b1295895838dd1ec/triggers/manual/paths/invoke?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=local-development-signature}"
# Dataverse's stand-in, which takes callbacks over http on this machine: for the README of desktop-flow.
export SPIN_VARIABLE_DATAVERSE_URL="${SPIN_VARIABLE_DATAVERSE_URL:-http://127.0.0.1:3005}"
export SPIN_VARIABLE_CALLBACK_URL="${SPIN_VARIABLE_CALLBACK_URL:-http://127.0.0.1:3000/desktop-flow}"
export SPIN_VARIABLE_CREDENTIAL="${SPIN_VARIABLE_CREDENTIAL:-machine}"
export SPIN_VARIABLE_ENVIRONMENT_ID="${SPIN_VARIABLE_ENVIRONMENT_ID:-37520647-dbdf-49fa-ba01-6134c14680c4}"
export SPIN_VARIABLE_CONNECTIONS_URL="${SPIN_VARIABLE_CONNECTIONS_URL:-http://127.0.0.1:3006}"
export SPIN_VARIABLE_ROBOT_PASSWORD="${SPIN_VARIABLE_ROBOT_PASSWORD:-robot}"
# The two drives of Microsoft Graph's stand-in: for the README of file-relay.
export SPIN_VARIABLE_PLACES="${SPIN_VARIABLE_PLACES:-$(cat functions/file-relay/places/local.toml)}"
export SPIN_VARIABLE_FILE_RELAY_URL="${SPIN_VARIABLE_FILE_RELAY_URL:-http://127.0.0.1:3000/file-relay}"
components=()
for function in token-validation circuit-breaker cloud-flow desktop-flow event-subscription file-relay gateway-tokens entra-http; do
    components+=(--component "$function=$target/wide/wasm32-wasip2/component/headgate_${function//-/_}_component.wasm")
done
"$target/debug/headgate-local" infra/spin/spin.toml "${components[@]}" "$@" &
host=$!
peers+=("$host")
wait "$host"
