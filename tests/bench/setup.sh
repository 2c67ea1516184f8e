# Sourced by the benchmarks' scripts: installs what all need, and says where things are built.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
root=$(realpath ../..)
BENCH_TARGET=$(realpath --canonicalize-missing "${CARGO_TARGET_DIR:-$root/target}")
export BENCH_TARGET

# Node, python3, nginx and redis-server are what the tests have.
../setup.sh

debian() {
    local command=$1 package=$2
    if command -v "$command" >/dev/null || [ -x "/usr/sbin/$command" ]; then
        return
    fi
    local root=()
    if [ "$(id -u)" != 0 ]; then
        root=(sudo)
    fi
    echo "installing $package"
    "${root[@]}" apt-get update --quiet=2
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet=2 --no-install-recommends "$package" >/dev/null
}

debian wrk wrk
mkdir --parents "$BENCH_TARGET/bench"
