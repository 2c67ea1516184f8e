"""Measures entra-http and writes docs/benchmarks/entra-http.md; tests/bench/entra-http.sh runs it."""

import base64
import functools
import http.client
import http.server
import json
import os
import pathlib
import sys
import tempfile
import threading
import time

import document
import servers
from load import CONNECTIONS, ROUNDS, SECONDS, interleaved, measure, say
from servers import ASKING, CPUS, ROOT, SERVING, TARGET, Server

MEASURED = TARGET / "bench/entra-http.json"
COMPONENT = "wasm32-wasip2/component/headgate_entra_http_component.wasm"
FILES = {"wide": TARGET / "wide" / COMPONENT, "portable": TARGET / COMPONENT}
CONTENT_BYTES = 1024
MIB = int(os.environ.get("BENCH_MIB", "1024"))
PIECE = bytes(1024 * 1024)
# As long as those of Entra are.
TOKEN = "e" * 1800


nginx = functools.partial(servers.nginx, template="entra-http.nginx.conf.in", content="x" * CONTENT_BYTES, token=TOKEN)


class Identity(http.server.BaseHTTPRequestHandler):
    """The machine's identity endpoint: one token for whoever asks."""

    def do_GET(self):
        body = json.dumps({
            "access_token": TOKEN, "expires_in": "86399", "expires_on": str(int(time.time()) + 86399),
            "resource": "api://bench", "token_type": "Bearer",
        }).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def variables(backend, identity):
    """Two upstreams at the same place; of one, bodies are decoded."""
    upstreams = "".join(f"""
[{name}]
url = "http://{backend}/backend"
resource = "api://bench"
credential = "machine"
body = "{body}"
request-bytes = 10737418240
response-bytes = 10737418240
allow = [{{ methods = ["GET", "PUT"], paths = ["/**"] }}]
""" for name, body in (("api", "raw"), ("decoded", "base64")))
    credentials = f'[machine]\nkind = "managed-identity"\nsource = "imds"\nimds-endpoint = "http://{identity}"\n'
    return {"UPSTREAMS": upstreams, "CREDENTIALS": credentials, "ACCESS": "anonymous", "LOG": "off"}


def native(work, backend, identity, log="off"):
    environment = {f"HEADGATE_{name}": value for name, value in variables(backend, identity).items()}
    environment |= {"HEADGATE_THREADS": "1", "HEADGATE_LOG": log, "HEADGATE_STATE_DIR": "memory", "PORT": "0"}
    return checked(Server([TARGET / "native/entra-http"], work / "native.log", environment))


def component(work, backend, identity, build, cpus=SERVING):
    command = [TARGET / "native/headgate-local", ROOT / "infra/spin/spin.toml", "--listen", "127.0.0.1:0", "--log", "off"]
    command += ["--state-dir", work / f"state-{build}", "--component", f"entra-http={FILES[build]}"]
    environment = {f"SPIN_VARIABLE_{name}": value for name, value in variables(backend, identity).items()}
    return checked(Server(command, work / "component.log", environment, cpus), "/entra-http")


def checked(server, prefix=""):
    """Makes sure that what is measured is an answer of the API, which wants the token."""
    try:
        connection = http.client.HTTPConnection(server.address, timeout=30)
        connection.request("GET", f"{prefix}/api/orders")
        answer = connection.getresponse()
        seen = answer.status, answer.read()
        connection.close()
        if seen != (200, b"x" * CONTENT_BYTES):
            raise RuntimeError(f"entra-http answers {seen}")
        return server
    except BaseException:
        server.stop()
        raise


def natives(work, backend, identity):
    log = str(work / "access.log")
    return interleaved([
        (("nginx",), lambda: measure(lambda: nginx(work, "proxy", backend), "/api/orders")),
        (("headgate",), lambda: measure(lambda: native(work, backend, identity), "/api/orders")),
        (("nginx, each request logged",), lambda: measure(lambda: nginx(work, "proxy", backend, log), "/api/orders")),
        (("headgate, each request logged",), lambda: measure(lambda: native(work, backend, identity, "requests"), "/api/orders")),
    ])


def components(work, backend, identity):
    for build in FILES:
        say(f"compiling {build}")
        component(work, backend, identity, build, cpus=set(CPUS)).stop()
    starts = {build: functools.partial(component, work, backend, identity, build) for build in FILES}
    return interleaved([((build,), functools.partial(measure, start, "/entra-http/api/orders")) for build, start in starts.items()])


def put(address, path, piece, count):
    connection = http.client.HTTPConnection(address, timeout=300)
    connection.putrequest("PUT", path)
    connection.putheader("content-length", str(len(piece) * count))
    connection.endheaders()
    for _ in range(count):
        connection.send(piece)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if (answer.status, body) != (200, b"ok"):
        raise RuntimeError(f"{path} answers {answer.status} {body[:200]}")


def get(address, path):
    connection = http.client.HTTPConnection(address, timeout=300)
    connection.request("GET", path)
    answer, length = connection.getresponse(), 0
    while piece := answer.read(len(PIECE)):
        length += len(piece)
    connection.close()
    if (answer.status, length) != (200, MIB * len(PIECE)):
        raise RuntimeError(f"{path} answers {answer.status} with {length} bytes")


def streams(work, backend, identity):
    """What goes through in one request: how fast, for how much CPU, and how much memory above what it had before."""
    with open(work / "file", "wb") as file:
        file.truncate(MIB * len(PIECE))
    # Three bytes are four characters: without padding between the pieces.
    text = base64.b64encode(bytes(3 * 256 * 1024))
    ways = {
        "nginx, down": lambda address: get(address, "/api/file"),
        "nginx, up": lambda address: put(address, "/api/sink", PIECE, MIB),
        "headgate, down": lambda address: get(address, "/api/file"),
        "headgate, up": lambda address: put(address, "/api/sink", PIECE, MIB),
        "headgate, up, from base64": lambda address: put(address, "/decoded/sink", text, MIB * 4 // 3),
    }
    seen = {}
    for name, ask in ways.items():
        start = functools.partial(nginx, work, "proxy", backend) if name.startswith("nginx") else functools.partial(native, work, backend, identity)
        with start() as server:
            idle, before, begun = server.peak_memory(), server.cpu(), time.monotonic()
            ask(server.address)
            seconds = time.monotonic() - begun
            seen[name] = {"mib_per_second": MIB / seconds, "cpu_s": server.cpu() - before, "idle": idle, "more": server.peak_memory() - idle}
            say(f"{name:32} {seen[name]}")
    return seen


def judged(seen):
    """Rows of goal, measured, met; None: there is no goal."""
    rows = []
    for logged in ("", ", each request logged"):
        more = seen["natives"][f"headgate{logged}"]["cpu_us"] - seen["natives"][f"nginx{logged}"]["cpu_us"]
        rows.append((f"a request{logged}: at most 60 µs of CPU more than nginx", f"{more:.1f} µs", more <= 60))
    for way in ("down", "up", "up, from base64"):
        more = seen["streams"][f"headgate, {way}"]["more"]
        rows.append((f"{MIB} MiB {way}: less than 32 MiB of memory above idle", f"{more:.1f} MiB", more < 32))
    return rows


def of_streams(seen):
    head = ["", "MiB/s", "CPU s", "idle MiB", "MiB above idle"]
    rows = [[name, f"{one['mib_per_second']:,.0f}", f"{one['cpu_s']:.2f}", f"{one['idle']:.1f}", f"{one['more']:.1f}"] for name, one in seen.items()]
    return document.table(head, rows)


def write(file):
    seen = json.loads(pathlib.Path(file).read_text(encoding="utf-8"))
    document.write("entra-http", file, {
        "machine": document.machine([document.said("/usr/sbin/nginx", "-v")], seen["load"]),
        "goals": document.of_goals(judged(seen)),
        "natives": document.of_loads(seen["natives"]),
        "components": document.of_loads(seen["components"]),
        "streams": of_streams(seen["streams"]),
        "serving": CPUS[0],
        **seen["settings"],
    })


def main():
    settings = {"seconds": SECONDS, "rounds": ROUNDS, "connections": CONNECTIONS, "content": CONTENT_BYTES, "mib": MIB, "token": len(TOKEN)}
    seen = {"settings": settings, "load": {}}
    machine = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Identity)
    threading.Thread(target=machine.serve_forever, daemon=True).start()
    identity = "%s:%d" % machine.server_address
    with tempfile.TemporaryDirectory(prefix="headgate-bench-") as folder:
        work = pathlib.Path(folder)
        with nginx(work, "backend", cpus=ASKING) as backend:
            for part in (natives, streams, components):
                seen[part.__name__] = part(work, backend.address, identity)
                seen["load"][f"after the {part.__name__} part"] = os.getloadavg()
    machine.shutdown()
    MEASURED.write_text(json.dumps(seen, indent=1), encoding="utf-8")
    write(MEASURED)


if len(sys.argv) > 1:
    write(sys.argv[1])
else:
    main()
