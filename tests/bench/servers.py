"""The servers that are measured: how each is started, and when it is ready."""

import os
import pathlib
import re
import socket
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TARGET = pathlib.Path(os.environ["BENCH_TARGET"])
NODE = str(TARGET / "test-peers/node")
WASMTIME = str(TARGET / "bench/wasmtime/bin/wasmtime")
COMPONENT = "wasm32-wasip2/component/headgate_token_validation_component.wasm"
EMPTY = TARGET / "wasm32-wasip2/component/headgate_empty.wasm"
AUDIENCE = "api://orders"

# One processor serves, the others ask.
CPUS = sorted(os.sched_getaffinity(0))
SERVING, ASKING = {CPUS[0]}, set(CPUS[1:]) or {CPUS[0]}

ADDRESS = re.compile(r"http://(127\.0\.0\.1:\d+)")
READY = re.compile(r'"address"|listening on|[Ss]erving HTTP')
PATIENCE = 180


class Server:
    """A process of its own that serves HTTP on a free loopback port; it is stopped at the end of a `with`."""

    def __init__(self, command, log, environment=(), cpus=SERVING, inherit=None, address=None):
        clean = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self.log = pathlib.Path(log)
        with open(self.log, "wb") as output:
            self.process = subprocess.Popen(
                [str(part) for part in command],
                env={**clean, **dict(environment)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=[inherit.fileno()] if inherit else [],
                preexec_fn=lambda: os.sched_setaffinity(0, cpus),
            )
        try:
            if address:
                self._await(address)
            self.address = address or ("%s:%d" % inherit.getsockname() if inherit else self._address())
        except BaseException:
            self.stop()
            raise
        finally:
            if inherit:
                inherit.close()

    def _address(self):
        begun = time.monotonic()
        while time.monotonic() - begun < PATIENCE:
            for line in self.log.read_text(errors="replace").splitlines():
                found = READY.search(line) and ADDRESS.search(line)
                if found:
                    return found[1]
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise RuntimeError(f"{self.process.args[0]} did not become ready: {self.log.read_text()}")

    def _await(self, address):
        """Waits until the server accepts at an address that it was told."""
        host, port = address.rsplit(":", 1)
        begun = time.monotonic()
        while time.monotonic() - begun < PATIENCE and self.process.poll() is None:
            try:
                socket.create_connection((host, int(port)), 1).close()
                return
            except ConnectionRefusedError:
                time.sleep(0.02)
        raise RuntimeError(f"{self.process.args[0]} did not become ready: {self.log.read_text()}")

    def cpu(self):
        """Seconds of CPU time, of the user and of the kernel for it, of all threads."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak_memory(self):
        """MiB."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def policy(issuer):
    return f"""
[default.validate-jwt]
header-name = "Authorization"
require-scheme = "Bearer"
openid-config = ["{issuer}/.well-known/openid-configuration"]
audiences = ["{AUDIENCE}"]
"""


def native(work, issuer, log="off"):
    def start(_algorithm):
        environment = {
            "HEADGATE_POLICY": policy(issuer),
            "HEADGATE_THREADS": "1",
            "HEADGATE_STATE_DIR": "memory",
            "HEADGATE_LOG": log,
            "PORT": "0",
        }
        return Server([TARGET / "native/token-validation"], work / "native.log", environment)

    return start


def haproxy(work, issuer, claims):
    def start(algorithm):
        listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        listener.set_inheritable(True)
        environment = {
            "BENCH_SOCKET": str(listener.fileno()),
            "BENCH_ALGORITHM": algorithm,
            "BENCH_KEY": str(work / algorithm / "public.pem"),
            "BENCH_ISSUER": issuer,
            "BENCH_AUDIENCE": AUDIENCE,
        }
        defines = {"BENCH_CLAIMS": "1"} if claims else {}
        command = ["/usr/sbin/haproxy", "-db", "-f", HERE / "haproxy.cfg"]
        return Server(command, work / "haproxy.log", {**environment, **defines}, inherit=listener)

    return start


def behind_node(work, issuer, library):
    def start(algorithm):
        command = [NODE, HERE / "node-server.mjs", library, issuer, algorithm, AUDIENCE]
        return Server(command, work / "node.log")

    return start


def component(work, issuer, file, state, reuse=None, cpus=SERVING, log="off"):
    def start(_algorithm):
        command = [TARGET / "native/headgate-local", ROOT / "infra/spin/spin.toml"]
        command += ["--listen", "127.0.0.1:0", "--log", "off", "--state-dir", work / state]
        command += ["--component", f"token-validation={file}"]
        command += ["--instance-reuse", reuse] if reuse else []
        environment = {"SPIN_VARIABLE_POLICY": policy(issuer), "SPIN_VARIABLE_LOG": log}
        return Server(command, work / "component.log", environment, cpus)

    return start


def wasmtime_serve(work, file, reuse=None):
    """With the same reuse as the local host: both have the same defaults."""

    def start(_algorithm):
        command = [WASMTIME, "serve", "--addr", "127.0.0.1:0", "-Scli", "-Sp3", "-Wcomponent-model-async"]
        command += [f"--max-instance-reuse-count={reuse}"] if reuse else []
        return Server([*command, file], work / "wasmtime.log")

    return start


def free_port():
    """A port that was free a moment ago: neither nginx nor Redis can choose one and say which."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def nginx(work, name, backend="127.0.0.1:9", log="off", cpus=SERVING, *, template, **more):
    """nginx with a configuration of which each `@placeholder@` is filled in."""
    address = f"127.0.0.1:{free_port()}"
    text = (HERE / template).read_text(encoding="utf-8")
    for placeholder, value in {"folder": work, "name": name, "backend": backend, "log": log, "address": address, **more}.items():
        text = text.replace(f"@{placeholder}@", str(value))
    configuration = work / f"{name}.conf"
    configuration.write_text(text, encoding="utf-8")
    return Server(["/usr/sbin/nginx", "-p", work, "-c", configuration], work / f"{name}.log", cpus=cpus, address=address)
