"""Measures file-relay and writes docs/benchmarks/file-relay.md; tests/bench/file-relay.sh runs it."""

import functools
import hashlib
import http.client
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

import document
import servers
from load import ROUNDS, say
from servers import ASKING, CPUS, ROOT, SERVING, TARGET, Server

MEASURED = TARGET / "bench/file-relay.json"
PROFILE = os.environ.get("BENCH_PROFILE", "native")
COMPONENT = "wasm32-wasip2/component/headgate_file_relay_component.wasm"
FILES = {"wide": TARGET / "wide" / COMPONENT, "portable": TARGET / COMPONENT}
MIB = int(os.environ.get("BENCH_MIB", "1024"))
LONG_MIB = int(os.environ.get("BENCH_LONG_MIB", "5120"))
AT_ONCE = 32
PIECE = 1024 * 1024
# Small: what a server has used before it carries anything.
SMALL = "small"
# Where what carries may run, and where the source, the sink and curl may.
PLACEMENTS = {"free": (set(CPUS), set(CPUS)), "apart": (SERVING, ASKING)}

nginx = functools.partial(servers.nginx, template="file-relay.nginx.conf.in", sink="127.0.0.1:9")


def variables(source, sink):
    places = "".join(f"""
[{name}]
kind = "http"
url = "http://{address}/{name}"
write = true
private-network = true
""" for name, address in (("source", source), ("sink", sink)))
    return {"PLACES": places, "ACCESS": "anonymous", "PARALLEL": str(AT_ONCE), "LOG": "off"}


class Relay:
    """A server of file-relay, and the requests to it."""

    def __init__(self, server, prefix=""):
        self.server, self.prefix = server, prefix

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection(self.server.address, timeout=600)
        connection.request(method, self.prefix + path, body and json.dumps(body))
        answer = connection.getresponse()
        seen = answer.status, json.loads(answer.read())
        connection.close()
        return seen

    def carry(self, name, length, wait=300):
        order = {
            "source": {"place": "source", "path": name}, "destination": {"place": "sink", "path": name},
            "options": {"conflict": "replace"}, "wait": wait,
        }
        status, receipt = self.ask("POST", "/relays", order)
        while wait and receipt.get("status") in ("queued", "running"):
            time.sleep(0.01)
            status, receipt = self.ask("GET", f"/relays/{receipt['id']}")
        if wait and (receipt.get("status"), receipt.get("bytes")) != ("succeeded", length):
            raise RuntimeError(f"file-relay answers {status} {receipt}")
        return receipt

    def __enter__(self):
        self.carry(SMALL, PIECE)
        return self

    def __exit__(self, *_):
        self.server.stop()


def native(work, source, sink, cpus):
    environment = {f"HEADGATE_{name}": value for name, value in variables(source, sink).items()}
    environment |= {"HEADGATE_STATE_DIR": "memory", "PORT": "0"}
    return Relay(Server([TARGET / PROFILE / "file-relay"], work / "native.log", environment, cpus))


def component(work, source, sink, build, cpus):
    command = [TARGET / PROFILE / "headgate-local", ROOT / "infra/spin/spin.toml", "--listen", "127.0.0.1:0", "--log", "off"]
    command += ["--state-dir", work / f"state-{build}", "--component", f"file-relay={FILES[build]}"]
    # A request that waits for a long file computes for longer than the host allows by itself.
    command += ["--guest-timeout", "600", "--response-timeout", "600"]
    environment = {f"SPIN_VARIABLE_{name}": value for name, value in variables(source, sink).items()}
    return Relay(Server(command, work / "component.log", environment, cpus), "/file-relay")


def of_server(start):
    """Carries the file by a server that is started for it: how fast, and for how much CPU."""
    with start() as relay:
        before, begun = relay.server.cpu(), time.monotonic()
        relay.carry("file", MIB * PIECE)
        return seen_in(time.monotonic() - begun, relay.server.cpu() - before)


def of_nginx(work, source, sink, down, placement):
    """curl is the sink, or the source; nginx is between."""
    serving, asking = placement
    with nginx(work, "between", source, sink=sink, cpus=serving) as between:
        where = f"http://{between.address}/proxy/"
        command = ["curl", "--silent", "--show-error", "--fail", "--output", "/dev/null"]
        command += [where + "source/file"] if down else ["--header", "Expect:", "--upload-file", str(work / "source/file"), where + "sink/file"]
        before, begun = between.cpu(), time.monotonic()
        subprocess.run(command, check=True, timeout=600, preexec_fn=lambda: os.sched_setaffinity(0, asking))
        return seen_in(time.monotonic() - begun, between.cpu() - before)


def of_rclone(source, sink, cpus):
    command = ["rclone", "copyurl", "--config", "/dev/null", f"http://{source}/source/file", f":webdav,url='http://{sink}/dav/':file"]
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(command, check=True, timeout=600, preexec_fn=lambda: os.sched_setaffinity(0, cpus))
    seconds, after = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    return seen_in(seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def of_hashing():
    """SHA-256 of as many bytes by OpenSSL, on one processor, and nothing else: what hashing alone may cost."""
    os.sched_setaffinity(0, SERVING)
    piece, digest, begun = bytes(64 * 1024), hashlib.sha256(), time.monotonic()
    for _ in range(MIB * 16):
        digest.update(piece)
    seconds = time.monotonic() - begun
    os.sched_setaffinity(0, CPUS)
    return seen_in(seconds, seconds)


def seen_in(seconds, cpu):
    return {"seconds": seconds, "mib_per_second": MIB / seconds, "cpu": cpu}


def speed(work, source, sink, placement):
    """Each in its turn, in rounds; the ratios are those of a round, and their median."""
    serving = placement[0]
    turns = {
        "nginx, curl to the sink": lambda: of_nginx(work, source, sink, False, placement),
        "nginx, the source to curl": lambda: of_nginx(work, source, sink, True, placement),
        "native": lambda: of_server(lambda: native(work, source, sink, serving)),
        "rclone copyurl": lambda: of_rclone(source, sink, serving),
        "SHA-256 alone": of_hashing,
    }
    for build, file in FILES.items():
        if file.exists():
            say(f"compiling {build}")
            component(work, source, sink, build, set(CPUS)).server.stop()
            turns[f"component, {build}"] = lambda build=build: of_server(lambda: component(work, source, sink, build, serving))
    rounds = []
    for number in range(ROUNDS):
        rounds.append({})
        for name, turn in turns.items():
            one = rounds[-1][name] = turn()
            say(f"round {number + 1}: {name:28} {one['mib_per_second']:7,.0f} MiB/s {one['cpu']:7.2f} s of CPU")
    return {
        "medians": {name: {what: statistics.median(one[name][what] for one in rounds) for what in one_of} for name, one_of in rounds[0].items()},
        "ratios": {
            f"{name} to {to}": statistics.median(one[to]["seconds"] / one[name]["seconds"] for one in rounds)
            for name, to in [("native", "nginx, curl to the sink"), ("native", "rclone copyurl")]
            + [(name, "native") for name in turns if name.startswith("component")]
        },
    }


def at_rest(server):
    """MiB that a server has. Its peak is counted anew from there on: that of its start, when it compiles, would hide another."""
    pathlib.Path(f"/proc/{server.process.pid}/clear_refs").write_text("5")
    return server.peak_memory()


def memory(work, source, sink):
    """The peak above what one small file took: for one long file, and for as much in many files at once."""
    starts = {"native": lambda: native(work, source, sink, set(CPUS))}
    starts |= {
        f"component, {build}": lambda build=build: component(work, source, sink, build, set(CPUS))
        for build, file in FILES.items() if file.exists()
    }
    seen = {}
    for name, start in starts.items():
        with start() as relay:
            idle = at_rest(relay.server)
            relay.carry("long", LONG_MIB * PIECE)
            one = relay.server.peak_memory() - idle
        with start() as relay:
            idle = at_rest(relay.server)
            ids = [relay.carry("part", LONG_MIB * PIECE // AT_ONCE, wait=0)["id"] for _ in range(AT_ONCE)]
            while any(relay.ask("GET", f"/relays/{id}")[1]["status"] in ("queued", "running") for id in ids):
                time.sleep(0.1)
            states = {relay.ask("GET", f"/relays/{id}")[1]["status"] for id in ids}
            if states != {"succeeded"}:
                raise RuntimeError(f"the relays of {name} are {states}")
            seen[name] = {"idle": idle, "one": one, "many": relay.server.peak_memory() - idle}
        say(f"{name:28} {seen[name]}")
    return seen


def judged(seen):
    """Rows of goal, measured, met."""
    ratios, medians = seen["free"]["ratios"], seen["free"]["medians"]
    rows = []
    for name, goal, least in [
        ("native to nginx, curl to the sink", "at least 0.90 of nginx's speed", 0.9),
        # What does not show in two digits is no lead.
        ("native to rclone copyurl", "ahead of rclone", 1.01),
    ]:
        rows.append((f"{MIB} MiB, HTTP to HTTP: {goal}", f"{ratios[name]:.2f}", round(ratios[name], 2) >= least))
    for name, ratio in ratios.items():
        if name.startswith("component"):
            rows.append((f"{name}: at least 0.50", f"{ratio:.2f}", ratio >= 0.5))
    share = medians["SHA-256 alone"]["seconds"] / medians["native"]["seconds"]
    rows.append(("hashing does not limit native: SHA-256 alone takes less than 0.8 of the time", f"{share:.2f}", share < 0.8))
    for name, one in seen["memory"].items():
        rows.append((f"{name}: {LONG_MIB} MiB in less than 32 MiB above idle", f"{one['one']:.1f} MiB", one["one"] < 32))
        rows.append((f"{name}: {AT_ONCE} relays at once in less than 64 MiB above idle", f"{one['many']:.1f} MiB", one["many"] < 64))
    return rows


def of_speed(seen):
    medians = seen["medians"].items()
    rows = [[name, f"{one['mib_per_second']:,.0f}", f"{one['seconds']:.2f}", f"{one['cpu']:.2f}"] for name, one in medians]
    ratios = ", ".join(f"{name} {ratio:.2f}" for name, ratio in seen["ratios"].items())
    return document.table(["", "MiB/s", "seconds", "CPU s"], rows) + f"\n\nRatios of speed: {ratios}."


def write(file):
    seen = json.loads(pathlib.Path(file).read_text(encoding="utf-8"))
    of_memory = [[name, *(f"{one[what]:.1f}" for what in ("idle", "one", "many"))] for name, one in seen["memory"].items()]
    peers = [document.said("/usr/sbin/nginx", "-v"), document.said("rclone", "version"), document.said("curl", "--version").split(" (")[0]]
    document.write("file-relay", file, {
        "machine": document.machine(peers, seen["load"]),
        "goals": document.of_goals(judged(seen)),
        "free": of_speed(seen["free"]),
        "apart": of_speed(seen["apart"]),
        "memory": document.table(["", "idle MiB", f"one of {LONG_MIB} MiB", f"{AT_ONCE} at once"], of_memory),
        "serving": CPUS[0],
        **seen["settings"],
    })


def main():
    seen = {"settings": {"rounds": ROUNDS, "mib": MIB, "long_mib": LONG_MIB, "at_once": AT_ONCE, "profile": PROFILE}, "load": {}}
    with tempfile.TemporaryDirectory(prefix="headgate-bench-") as folder:
        work = pathlib.Path(folder)
        (work / "source").mkdir()
        # They have no blocks: what is measured is the way, and not a disk.
        for name, length in [("file", MIB), ("long", LONG_MIB), ("part", LONG_MIB // AT_ONCE), (SMALL, 1)]:
            with open(work / "source" / name, "wb") as file:
                file.truncate(length * PIECE)
        for name, placement in PLACEMENTS.items():
            say(name)
            sinking = Server(["python3", "-B", servers.HERE / "sink.py"], work / "sink.log", cpus=placement[1])
            with sinking as sink, nginx(work, "source", cpus=placement[1]) as source:
                seen[name] = speed(work, source.address, sink.address, placement)
                if name == "free":
                    seen["memory"] = memory(work, source.address, sink.address)
            seen["load"][f"after {name}"] = os.getloadavg()
    MEASURED.parent.mkdir(exist_ok=True)
    MEASURED.write_text(json.dumps(seen, indent=1), encoding="utf-8")
    write(MEASURED)


if len(sys.argv) > 1:
    write(sys.argv[1])
else:
    main()
