# Headgate's front door. `just` alone lists the recipes.

set shell := ["bash", "-euo", "pipefail", "-c"]

components := "-p headgate-circuit-breaker-component -p headgate-cloud-flow-component -p headgate-desktop-flow-component -p headgate-empty -p headgate-entra-http-component -p headgate-event-subscription-component -p headgate-file-relay-component -p headgate-gateway-tokens-component -p headgate-incoming -p headgate-misbehaving -p headgate-stamp -p headgate-stored -p headgate-token-validation-component -p headgate-token-validation-middleware"
issuer := "http://127.0.0.1:3001"
target := env("CARGO_TARGET_DIR", "target")
wide := "-C target-feature=+wide-arithmetic --cfg headgate_wide_arithmetic --cfg headgate_host_sha256"

# List the recipes.
[private]
default:
    @just --list --unsorted

# Set up, build and run the collection at http://127.0.0.1:3000, with a local identity issuer.
up *ARGS: setup build-wide build-local
    @infra/local/up.sh {{ARGS}}

# Print a token that the running issuer signs: [--role R] [--aud A]; --help lists the rest.
token *ARGS:
    @[ -x {{target}}/debug/headgate-issuer ] || { echo "start the issuer first: just up" >&2; exit 1; }
    @{{target}}/debug/headgate-issuer token --issuer-url {{issuer}} {{ARGS}}

# Run every test, with the real peers that they need.
test: setup setup-tests build-components build-wide
    cargo build --workspace --all-targets
    cargo test --workspace

# Check the format, the lints, the licences and the deployment files.
check: setup
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- --deny warnings
    cargo clippy --profile component --target wasm32-wasip2 --lib {{components}} -- --deny warnings
    RUSTFLAGS="{{wide}}" cargo clippy --profile component --target wasm32-wasip2 --lib --target-dir {{target}}/wide {{components}} -- --deny warnings
    infra/check.sh

# Measure a function against its peers and write its page of docs/benchmarks: token-validation, circuit-breaker, entra-http or file-relay.
bench FUNCTION="token-validation": setup build-components build-wide
    tests/bench/{{FUNCTION}}.sh

# Carry a file of so many MiB from place to place around all of them, natively and as a component, and print what each way took. It needs room for two such files on the disk, and for two in memory.
carry MIB="5121": setup setup-tests build-components
    cargo build --profile native --bins --package headgate-file-relay
    cargo build --profile native --bins --package headgate-local
    FILE_RELAY_MIB={{MIB}} HEADGATE_TEST_PROFILE=native cargo test --package headgate-tests --test file_relay_long -- --nocapture --test-threads 1

# Fuzz what reads tokens, policies, events, documents, paths, base64, files in requests, ranges, chunks and answers of Entra and Power Automate: thirteen targets, one minute each.
fuzz SECONDS="60":
    fuzz/run.sh {{SECONDS}}

# Explain a policy document in plain words: just policy check FILE.
policy *ARGS:
    @cargo run --package headgate-token-validation --bin token-validation -- policy {{ARGS}}

# Make a subscription key and the hash of it that a products document holds.
subscription-key:
    @cargo run --package headgate-token-validation --bin token-validation -- subscription-key new

# Carry one file and show how far it is: just relay SOURCE DESTINATION; each is PLACE:PATH, an address, or a path of this machine.
relay SOURCE DESTINATION:
    @cargo run --quiet --package headgate-file-relay --bin file-relay -- relay {{quote(SOURCE)}} {{quote(DESTINATION)}}

# Run the collection with Spin, from the same manifest.
spin-up *ARGS: setup build-components
    spin up --from infra/spin/spin.toml {{ARGS}}

# Build the components for any WASI 0.3 host.
build-components:
    cargo build --profile component --target wasm32-wasip2 --lib {{components}}

# Build the components for hosts that can do more, as the local host can: wide arithmetic, and SHA-256 (headgate:digest).
build-wide:
    RUSTFLAGS="{{wide}}" cargo build --profile component --target wasm32-wasip2 --lib \
        --target-dir {{target}}/wide {{components}}

# Build the local host and the issuer.
[private]
build-local:
    cargo build --package headgate-local --package headgate-peers --bins

# Build the native binaries for production.
build-native:
    cargo build --profile native --bins --package headgate-circuit-breaker --package headgate-cloud-flow --package headgate-desktop-flow --package headgate-entra-http --package headgate-event-subscription --package headgate-file-relay --package headgate-gateway-tokens --package headgate-token-validation

# Install the WASM target.
[private]
setup:
    @rustup target list --installed | grep --quiet wasm32-wasip2 || rustup target add wasm32-wasip2

# Install what the tests' real peers need, in pinned versions.
[private]
setup-tests:
    tests/setup.sh
