#!/usr/bin/env bash
# Validates the deployment files, and the licences and sources of every dependency, with tools of pinned versions.
set -euo pipefail
cd "$(dirname "$0")/.."
venv="${CARGO_TARGET_DIR:-target}/check-venv"
python3 -m venv "$venv"
"$venv/bin/pip" install --quiet cfn-lint==1.58.0 pycep-parser==0.7.1 kubernetes-validate==1.37.0

"$venv/bin/cfn-lint" --include-checks I -- infra/aws/*.yaml

"$venv/bin/python" -c '
import pathlib, pycep
for file in sorted(pathlib.Path("infra/azure").rglob("*.bicep")):
    pycep.BicepParser().parse(file_path=file)'

rendered=$(mktemp --directory)
trap 'rm -r "$rendered"' EXIT
for function in circuit-breaker event-subscription gateway-tokens; do
    sed "s/FUNCTION/$function/g" infra/kubernetes/function.yaml >"$rendered/$function.yaml"
done
for function in cloud-flow desktop-flow entra-http file-relay; do
    sed "s/#AKS //; s/FUNCTION/$function/g; s/CLIENT_ID/00000000-0000-4000-8000-000000000000/" \
        infra/kubernetes/function.yaml >"$rendered/$function.yaml"
done
for function in circuit-breaker cloud-flow desktop-flow event-subscription file-relay gateway-tokens; do
    sed "s/FUNCTION/$function/g" infra/kubernetes/tick.yaml >"$rendered/$function-tick.yaml"
done
"$venv/bin/kubernetes-validate" --strict -k 1.37 infra/kubernetes/{deployment,events,identities,ingress}.yaml "$rendered"/*.yaml

command -v cargo-deny >/dev/null || cargo install --locked cargo-deny --version 0.20.2
cargo deny check bans licenses sources
