"""Asks a server for as much as it gives, and says what that cost."""

import functools
import json
import os
import statistics
import subprocess
import sys

from servers import ASKING, HERE

SECONDS = int(os.environ.get("BENCH_SECONDS", "3"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
WARM_SECONDS = 1
CONNECTIONS = 64


def say(what):
    print(what, file=sys.stderr, flush=True)


def wrk(url, seconds, *tokens, fails=False):
    """Asks for `url` (without its scheme) with the tokens of a file if one is given; an answer of 400 and above is a failure, unless all are to be."""
    command = ["wrk", "--threads=1", f"--connections={CONNECTIONS}", f"--duration={seconds}s", "--latency"]
    command += ["--script", str(HERE / "asking.lua"), f"http://{url}", "--", *map(str, tokens)]
    ran = subprocess.run(
        command, stdout=subprocess.PIPE, text=True, timeout=seconds + 60, check=True,
        preexec_fn=lambda: os.sched_setaffinity(0, ASKING),
    )
    seen = json.loads(ran.stdout.strip().splitlines()[-1])
    if seen["failed"] != (seen["requests"] if fails else 0):
        raise RuntimeError(f"{url}: {seen['failed']} of {seen['requests']} requests failed")
    return seen


def used(server, ask):
    """What the server used while it was asked."""
    before = server.cpu()
    seen = ask()
    cpu = server.cpu() - before
    return {
        "rps": seen["requests"] / (seen["duration"] / 1e6),
        "requests": seen["requests"],
        "per_core": seen["requests"] / cpu,
        "cpu_us": cpu / seen["requests"] * 1e6,
        "p50": seen["p50"] / 1000,
        "p99": seen["p99"] / 1000,
        "memory": server.peak_memory(),
    }


def measure(start, path, fails=False):
    """What a server uses that is started for it, asked for one path after a warming."""
    with start() as server:
        ask = functools.partial(wrk, server.address + path, fails=fails)
        ask(WARM_SECONDS)
        return used(server, lambda: ask(SECONDS))


def interleaved(turns):
    """Measures in rounds: each turn, a name in parts and what measures it, once a round. Gives the medians."""
    seen = {}
    for number in range(ROUNDS):
        for name, measure in turns:
            one = measure()
            seen.setdefault(name, []).append(one)
            say(f"round {number + 1}: {' '.join(name):64} {one['rps']:7,.0f}/s {one['cpu_us']:8.1f} µs")
    return {
        "/".join(name): {what: statistics.median(one[what] for one in rounds) for what in rounds[0]}
        for name, rounds in seen.items()
    }
