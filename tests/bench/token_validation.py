"""Measures token-validation against its peers and writes docs/benchmarks/token-validation.md; tests/bench/token-validation.sh runs it."""

import functools
import http.client
import json
import os
import pathlib
import subprocess
import tempfile

import servers
import token_validation_report as report
from load import CONNECTIONS, ROUNDS, SECONDS, WARM_SECONDS, interleaved, say, used, wrk
from servers import CPUS, COMPONENT, EMPTY, NODE, TARGET, WASMTIME, Server

DISTINCT = int(os.environ.get("BENCH_TOKENS", "60000"))
PARTS = os.environ.get("BENCH_PARTS", "lambdas peers components instantiation").split()
REPEATED = 100
# In Lambda's turns: as many as lambda-bench asks for.
LAMBDA_EVENTS = 5500
MEASURED = TARGET / "bench/token-validation.json"

ALGORITHMS = ("RS256", "ES256")
# How many requests an instance of a component serves; None: as many as by default.
REUSE = {"reused": None, "long-lived": 1_000_000_000, "not reused": 1}


def answer(address, path, token):
    connection = http.client.HTTPConnection(address, timeout=30)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        return connection.getresponse().status
    finally:
        connection.close()


def prove(address, path, tokens, judges):
    """Makes sure that the server takes a good token and, if it judges at all, refuses one whose claims were changed."""
    with open(tokens, encoding="ascii") as lines:
        head, claims, signature = next(lines).strip().split(".")
        other = next(lines).strip().split(".")[1]
    good = answer(address, path, f"{head}.{claims}.{signature}")
    bad = answer(address, path, f"{head}.{other}.{signature}")
    if good != 200 or (bad == 200) == judges:
        raise RuntimeError(f"{address}{path} answers {good} to a good token and {bad} to a changed one")


def measure(start, path, work, algorithm, tokens, judges=True):
    with start(algorithm) as server:
        def ask(tokens, seconds):
            return wrk(server.address + path, seconds, work / algorithm / tokens)

        prove(server.address, path, work / algorithm / "warm", judges)
        ask("warm", WARM_SECONDS)
        return used(server, lambda: ask(tokens, SECONDS))


def in_turns(work, turns):
    """Each turn: a case (algorithm and tokens), and a contestant (name, how it starts, path, whether it judges)."""
    return interleaved([
        ((algorithm, tokens, name), functools.partial(measure, start, path, work, algorithm, tokens, judges))
        for (algorithm, tokens), (name, start, path, judges) in turns
    ])


def peers(work, issuer):
    gates = [
        ("headgate", servers.native(work, issuer), "/validate", True),
        ("headgate, each request logged", servers.native(work, issuer, "requests"), "/validate", True),
        ("HAProxy, signature alone", servers.haproxy(work, issuer, claims=False), "/", True),
        ("HAProxy, with iss, aud and exp", servers.haproxy(work, issuer, claims=True), "/", True),
        ("fast-jwt", servers.behind_node(work, issuer, "fast-jwt"), "/", True),
        ("aws-jwt-verify", servers.behind_node(work, issuer, "aws-jwt-verify"), "/", True),
    ]
    cases = [(algorithm, tokens) for algorithm in ALGORITHMS for tokens in ("distinct", "repeated")]
    return in_turns(work, [(case, gate) for case in cases for gate in gates])


def components(work, issuer):
    files = {"wide": TARGET / "wide" / COMPONENT, "portable": TARGET / COMPONENT, "empty": EMPTY}
    path = "/token-validation/validate"

    def contestant(name, reuse, log="off"):
        start = servers.component(work, issuer, files[name], f"state-{name}", REUSE[reuse], log=log)
        logged = "" if log == "off" else ", logged"
        return f"{name}{logged}, {reuse}", start, path, name != "empty"

    # Compiled once beforehand, with all processors.
    for name, file in files.items():
        say(f"compiling {name}")
        servers.component(work, issuer, file, f"state-{name}", cpus=set(CPUS))("RS256").stop()
    turns = [(("RS256", "one"), contestant("empty", reuse)) for reuse in REUSE]
    for reuse in ("reused", "not reused") if os.path.exists(WASMTIME) else ():
        start = servers.wasmtime_serve(work, EMPTY, REUSE[reuse])
        turns.append((("RS256", "one"), (f"empty under wasmtime serve, {reuse}", start, path, False)))
    for algorithm in ALGORITHMS:
        for reuse in REUSE:
            turns += [((algorithm, "one"), contestant(name, reuse)) for name in ("wide", "portable")]
        turns += [((algorithm, "distinct"), contestant(name, "reused")) for name in ("wide", "portable")]
    turns += [(("RS256", "one"), contestant(name, "long-lived", "requests")) for name in ("wide", "portable")]
    return in_turns(work, turns)


def instantiation(_work, _issuer):
    """Microseconds to instantiate and drop, by name."""
    files = {"wide": TARGET / "wide" / COMPONENT, "portable": TARGET / COMPONENT, "empty": EMPTY}
    command = [TARGET / "native/examples/instantiate", *files.values()]
    ran = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, text=True, timeout=600, check=True)
    return dict(zip(files, map(json.loads, ran.stdout.splitlines()), strict=True))


def event(token):
    """A function URL's request (payload 2.0)."""
    return json.dumps({
        "version": "2.0", "routeKey": "$default", "rawPath": "/validate", "rawQueryString": "",
        "headers": {"host": "api.example", "accept": "*/*", "x-forwarded-for": "203.0.113.7", "authorization": f"Bearer {token}"},
        "requestContext": {
            "accountId": "123456789012", "apiId": "api", "domainName": "api.example", "domainPrefix": "api",
            "http": {"method": "GET", "path": "/validate", "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7", "userAgent": "curl/8.5.0"},
            "requestId": "id", "routeKey": "$default", "stage": "$default",
            "time": "12/Mar/2026:19:03:58 +0000", "timeEpoch": 1773342238390,
        },
        "isBase64Encoded": False,
    })


def lambdas(work, issuer):
    for algorithm in ALGORITHMS:
        for tokens in ("one", "distinct"):
            with open(work / algorithm / tokens, encoding="ascii") as lines:
                events = [event(line.strip()) for line, _ in zip(lines, range(LAMBDA_EVENTS))]
            (work / f"{algorithm}-{tokens}.events").write_text("\n".join(events) + "\n", encoding="ascii")
    native = TARGET / "native"
    asked = [
        ("lambda_runtime alone", native / "examples/lambda_floor", "RS256-one"),
        ("headgate hello", native / "examples/hello", "RS256-one"),
        ("RS256, one token", native / "token-validation", "RS256-one"),
        ("RS256, distinct tokens", native / "token-validation", "RS256-distinct"),
        ("ES256, one token", native / "token-validation", "ES256-one"),
        ("ES256, distinct tokens", native / "token-validation", "ES256-distinct"),
    ]
    command = [str(TARGET / "release/lambda-bench"), str(work / "lambda-state")]
    for name, program, events in asked:
        command += [name, str(program), str(work / f"{events}.events")]
    environment = {"HEADGATE_POLICY": servers.policy(issuer)}
    # All with both processors, as the two ends of a Lambda have.
    ran = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, timeout=600, check=True)
    return [json.loads(line) for line in ran.stdout.splitlines()]


def main():
    parts = [part for part in (lambdas, peers, components, instantiation) if part.__name__ in PARTS]
    seen = json.loads(MEASURED.read_text()) if len(parts) < 4 else {"load": {}}
    seen["settings"] = {"seconds": SECONDS, "rounds": ROUNDS, "distinct": DISTINCT, "repeated": REPEATED, "connections": CONNECTIONS}
    with tempfile.TemporaryDirectory(prefix="headgate-bench-") as folder:
        work = pathlib.Path(folder)
        say(f"signing {2 * (DISTINCT + 3000):,} tokens")
        command = [NODE, servers.HERE / "authority.mjs", work, DISTINCT, REPEATED]
        with Server(command, work / "authority.log", cpus=set(CPUS)) as authority:
            issuer = f"http://{authority.address}"
            for part in parts:
                seen[part.__name__] = part(work, issuer)
                seen["load"][f"after the {part.__name__}"] = os.getloadavg()
                keep(seen)
    report.write(MEASURED)


def keep(seen):
    """Keeps what was measured, so that a report can be made of it again: python3 report.py FILE."""
    MEASURED.write_text(json.dumps(seen, indent=1), encoding="utf-8")


main()
