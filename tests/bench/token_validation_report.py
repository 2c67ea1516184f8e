"""Writes docs/benchmarks/token-validation.md from what was measured: token_validation_report.py FILE makes it again."""

import json
import os
import pathlib
import sys

import document
import token_validation_goals as goals
from document import of_goals, said, table
from servers import COMPONENT, CPUS, EMPTY, HERE, NODE, TARGET, WASMTIME


def of_peers(seen):
    blocks = []
    for case in dict.fromkeys(key.rpartition("/")[0] for key in seen):
        base = seen[f"{case}/{goals.HAPROXY}"]
        rows = []
        for key, measured in seen.items():
            one, _, name = key.rpartition("/")
            if one == case:
                rows.append([
                    name, f"{measured['per_core']:,.0f}", f"{measured['per_core'] / base['per_core']:.2f}",
                    f"{measured['rps']:,.0f}", f"{measured['p50']:.2f}", f"{measured['p99']:.2f}", f"{measured['memory']:.1f}",
                ])
        head = [case.replace("/", ", "), "requests/s per core", "to HAProxy", "requests/s", "p50 ms", "p99 ms", "memory MiB"]
        blocks.append(table(head, rows))
    return "\n\n".join(blocks)


def of_components(seen):
    rows = []
    for key, measured in seen.items():
        algorithm, tokens, name = key.split("/")
        is_empty = name.startswith("empty")
        reuse = name.rsplit(", ", 1)[1]
        floor = seen[f"RS256/one/empty, {reuse}"]
        rows.append([
            name if is_empty else f"{name}; {algorithm}, {'one token' if tokens == 'one' else tokens}",
            f"{measured['cpu_us']:.1f}", "" if is_empty else f"{measured['cpu_us'] - floor['cpu_us']:.1f}",
            f"{measured['rps']:,.0f}", f"{measured['p50']:.2f}", f"{measured['p99']:.2f}", f"{measured['memory']:.0f}",
        ])
    head = ["component, instances", "CPU µs per request", "above empty", "requests/s", "p50 ms", "p99 ms", "memory MiB"]
    return table(head, rows)


def sizes():
    files = [("token-validation, portable", TARGET / COMPONENT), ("token-validation, wide", TARGET / "wide" / COMPONENT)]
    files += [(f"middleware, {name}", path.with_name("headgate_token_validation_middleware.wasm")) for name, path in
              (("portable", TARGET / COMPONENT), ("wide", TARGET / "wide" / COMPONENT))]
    files += [("empty", EMPTY), ("native binary", TARGET / "native/token-validation")]
    return {name: path.stat().st_size for name, path in files}


def of_sizes(files):
    return table(["file", "bytes"], [[name, f"{size:,}"] for name, size in files.items()])


def of_instantiation(seen):
    rows = [[name, f"{one['p50_us']:.1f}", f"{one['p99_us']:.1f}"] for name, one in seen.items()]
    return table(["instantiated and dropped", "p50 µs", "p99 µs"], rows)


def of_lambdas(seen):
    floor = seen[0]["p50"]
    rows = [
        [
            one["name"], f"{one['start'] / 1000:.2f}", f"{one['p50']:.0f}", f"{one['p50'] - floor:.0f}", f"{one['p99']:.0f}",
            f"{one['memory'] / 1024:.1f}", f"{one['peak'] / 1024:.1f}",
        ]
        for one in seen
    ]
    head = ["function", "start → first poll ms", "p50 µs", "above the floor", "p99 µs", "memory MiB", "peak MiB"]
    return table(head, rows)


def write(file):
    seen = json.loads(pathlib.Path(file).read_text(encoding="utf-8"))
    files = sizes()
    packages = json.loads((HERE / "package.json").read_text())["dependencies"]
    peers = [said("haproxy", "-v").split(" -")[0], f"Node {said(NODE, '--version')}", *map(" ".join, packages.items())]
    peers.append(said(WASMTIME, "--version") if os.path.exists(WASMTIME) else "wasmtime serve not there")
    filled = {
        "machine": document.machine(peers, seen["load"]),
        "goals": of_goals(goals.judged(seen["peers"], seen["components"], seen["lambdas"], seen["instantiation"], files)),
        "peers": of_peers(seen["peers"]),
        "components": of_components(seen["components"]),
        "sizes": of_sizes(files),
        "instantiation": of_instantiation(seen["instantiation"]),
        "lambdas": of_lambdas(seen["lambdas"]),
        "serving": str(CPUS[0]),
        **seen["settings"],
    }
    document.write("token-validation", file, filled)


if __name__ == "__main__":
    write(sys.argv[1])
