"""Measures circuit-breaker and writes docs/benchmarks/circuit-breaker.md; tests/bench/circuit-breaker.sh runs it."""

import functools
import http.client
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import document
import servers
from load import CONNECTIONS, ROUNDS, SECONDS, WARM_SECONDS, interleaved, measure, say, used, wrk
from servers import ASKING, CPUS, EMPTY, ROOT, SERVING, TARGET, Server

MEASURED = TARGET / "bench/circuit-breaker.json"
COMPONENT = "wasm32-wasip2/component/headgate_circuit_breaker_component.wasm"
FILES = {"wide": TARGET / "wide" / COMPONENT, "portable": TARGET / COMPONENT, "empty": EMPTY}
CONTENT_BYTES = 1024
CLOSED, OPEN = "closed", "open"


nginx = functools.partial(servers.nginx, template="circuit-breaker.nginx.conf.in", content="x" * CONTENT_BYTES)


def backends(backend):
    """Two backends at the same place, one to be tripped; each has a rule for which every outcome counts, good ones too."""
    rule = """
name = "failures"
tripDuration = "PT1H"
failureCondition = { percentage = 100, interval = "PT1M", statusCodeRanges = [{ min = 500, max = 599 }] }
"""
    return "".join(
        f'[backends.{name}]\nurl = "http://{backend}/backend"\n[[backends.{name}.circuitBreaker.rules]]{rule}' for name in (CLOSED, OPEN)
    )


def native(work, backend, log="off", store="", cache_ms=""):
    environment = {
        "HEADGATE_BACKENDS": backends(backend), "HEADGATE_ACCESS": "anonymous", "HEADGATE_THREADS": "1", "HEADGATE_LOG": log,
        "HEADGATE_STATE_DIR": "memory", "HEADGATE_STORE": store, "HEADGATE_STATE_CACHE_MS": cache_ms, "PORT": "0",
    }
    return tripped(Server([TARGET / "native/circuit-breaker"], work / "native.log", environment))


def hello(work, log="off"):
    environment = {"HEADGATE_THREADS": "1", "HEADGATE_LOG": log, "HEADGATE_STATE_DIR": "memory", "PORT": "0"}
    return Server([TARGET / "native/examples/hello"], work / "hello.log", environment)


def component(work, backend, build, cpus=SERVING):
    command = [TARGET / "native/headgate-local", ROOT / "infra/spin/spin.toml", "--listen", "127.0.0.1:0", "--log", "off"]
    command += ["--state-dir", work / f"state-{build}", "--component", f"circuit-breaker={FILES[build]}"]
    environment = {"SPIN_VARIABLE_BACKENDS": backends(backend), "SPIN_VARIABLE_ACCESS": "anonymous", "SPIN_VARIABLE_LOG": "off"}
    server = Server(command, work / "component.log", environment, cpus)
    return server if build == "empty" else tripped(server, "/circuit-breaker")


def asked(address, method, path):
    connection = http.client.HTTPConnection(address, timeout=30)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def tripped(server, prefix=""):
    """Opens one backend, and makes sure that it and the other answer as they should."""
    try:
        seen = [
            asked(server.address, "POST", f"{prefix}/backends/{OPEN}:trip")[0],
            asked(server.address, "GET", f"{prefix}/proxy/{OPEN}/orders")[0],
            *asked(server.address, "GET", f"{prefix}/proxy/{CLOSED}/orders"),
        ]
        if seen != [200, 503, 200, b"x" * CONTENT_BYTES]:
            raise RuntimeError(f"the breaker answers {seen}")
        return server
    except BaseException:
        server.stop()
        raise


def natives(work, backend):
    started = functools.partial(functools.partial, native, work, backend)
    log = str(work / "access.log")
    return interleaved([
        (("proxied", "nginx"), lambda: measure(lambda: nginx(work, "proxy", backend), "/proxy/orders")),
        (("proxied", "headgate"), lambda: measure(started(), f"/proxy/{CLOSED}/orders")),
        (("proxied", "nginx, each request logged"), lambda: measure(lambda: nginx(work, "proxy", backend, log), "/proxy/orders")),
        (("proxied", "headgate, each request logged"), lambda: measure(started("requests"), f"/proxy/{CLOSED}/orders")),
        (("open", "empty handler"), lambda: measure(lambda: hello(work), "/orders")),
        (("open", "headgate"), lambda: measure(started(), f"/proxy/{OPEN}/orders", fails=True)),
    ])


def components(work, backend):
    for build in FILES:
        say(f"compiling {build}")
        component(work, backend, build, cpus=set(CPUS)).stop()
    turns = []
    for build in FILES:
        start = functools.partial(component, work, backend, build)
        is_empty = build == "empty"
        turns.append((("open", build), functools.partial(measure, start, f"/circuit-breaker/proxy/{OPEN}/orders", not is_empty)))
        if not is_empty:
            turns.append((("proxied", build), functools.partial(measure, start, f"/circuit-breaker/proxy/{CLOSED}/orders")))
    return interleaved(turns)


class Redis:
    """A Redis server that keeps nothing."""

    def __init__(self, work):
        self.port = servers.free_port()
        command = ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--appendonly", "no", "--dir", str(work)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, preexec_fn=lambda: os.sched_setaffinity(0, ASKING))
        while self.process.poll() is None and self._said("PING") != "PONG":
            time.sleep(0.02)

    def _said(self, *command):
        ran = subprocess.run(["redis-cli", "-p", str(self.port), *command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        return ran.stdout.strip()

    def calls(self):
        """Calls by command since the start."""
        lines = (line.split(":", 1) for line in self._said("INFO", "commandstats").splitlines() if line.startswith("cmdstat_"))
        stats = {name.removeprefix("cmdstat_"): dict(pair.split("=") for pair in rest.split(",")) for name, rest in lines}
        # Those within a script are counted too.
        return {name: int(one["calls"]) for name, one in stats.items()}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)


def with_redis(work, backend):
    """What a request costs with the store in Redis, and how many calls it makes, with states remembered for so many milliseconds."""

    def measure_calls(cache_ms, path, fails):
        with Redis(work) as redis, native(work, backend, store=f"redis://127.0.0.1:{redis.port}", cache_ms=cache_ms) as server:
            ask = functools.partial(wrk, server.address + path, fails=fails)
            warm = ask(WARM_SECONDS)
            before = redis.calls()
            seen = used(server, lambda: ask(SECONDS))
            calls = {name: count - before.get(name, 0) for name, count in redis.calls().items()}
            # Each swap's script reads once.
            scripts = calls.get("evalsha", 0) + calls.get("eval", 0)
            seen["reads"] = (calls.get("get", 0) - scripts) / seen["requests"]
            seen["writes_per_second"] = calls.get("evalsha", 0) / SECONDS
            assert warm["requests"]
            return seen

    return interleaved([
        (("proxied", f"remembered for {cache_ms} ms"), functools.partial(measure_calls, cache_ms, f"/proxy/{CLOSED}/orders", False))
        for cache_ms in ("1000", "0")
    ] + [(("open", "remembered for 0 ms"), functools.partial(measure_calls, "0", f"/proxy/{OPEN}/orders", True))])


def judged(seen):
    """Rows of goal, measured, met; None: there is no goal."""
    natives, components, redis = seen["natives"], seen["components"], seen["with_redis"]
    rows = []
    for logged in ("", ", each request logged"):
        more = natives[f"proxied/headgate{logged}"]["cpu_us"] - natives[f"proxied/nginx{logged}"]["cpu_us"]
        rows.append((f"a proxied request{logged}: at most 60 µs of CPU more than nginx", f"{more:.1f} µs", more <= 60))
    ratio = natives["open/headgate"]["per_core"] / natives["open/empty handler"]["per_core"]
    rows.append(("an open breaker answers at 80 % or more of an empty handler's rate, each per core", f"{100 * ratio:.0f} %", ratio >= 0.8))
    for build in ("wide", "portable"):
        ratio = components[f"open/{build}"]["per_core"] / components["open/empty"]["per_core"]
        rows.append((f"component, {build}: the rate of an open breaker beside the empty component's", f"{100 * ratio:.0f} %", None))
    reads = redis["proxied/remembered for 0 ms"]["reads"]
    rows.append(("with Redis, a request that remembers nothing: at most one call on its path", f"{reads:.2f}", reads <= 1.01))
    writes = redis["proxied/remembered for 0 ms"]["writes_per_second"]
    rows.append(("with Redis, outcomes are stored in batches: at most one each 50 ms and backend, or one per 500 outcomes", f"{writes:.0f} a second", None))
    return rows


def write(file):
    seen = json.loads(pathlib.Path(file).read_text(encoding="utf-8"))
    peers = [document.said("/usr/sbin/nginx", "-v"), document.said("redis-server", "--version").split(" sha")[0]]
    document.write("circuit-breaker", file, {
        "machine": document.machine(peers, seen["load"]),
        "goals": document.of_goals(judged(seen)),
        "natives": document.of_loads(seen["natives"]),
        "components": document.of_loads(seen["components"]),
        "redis": document.of_loads(seen["with_redis"], [("reads", "reads per request"), ("writes_per_second", "writes per second")]),
        "serving": CPUS[0],
        **seen["settings"],
    })


def main():
    settings = {"seconds": SECONDS, "rounds": ROUNDS, "connections": CONNECTIONS, "content": CONTENT_BYTES}
    seen = {"settings": settings, "load": {}}
    with tempfile.TemporaryDirectory(prefix="headgate-bench-") as folder:
        work = pathlib.Path(folder)
        with nginx(work, "backend", cpus=ASKING) as backend:
            for part in (natives, components, with_redis):
                seen[part.__name__] = part(work, backend.address)
                seen["load"][f"after the {part.__name__.replace('_', ' ')} part"] = os.getloadavg()
    MEASURED.write_text(json.dumps(seen, indent=1), encoding="utf-8")
    write(MEASURED)


if len(sys.argv) > 1:
    write(sys.argv[1])
else:
    main()
