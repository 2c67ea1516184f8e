"""What the benchmarks' documents are made of."""

import datetime
import os
import pathlib
import platform
import re
import subprocess

from servers import HERE, ROOT

VERDICTS = {True: "met", False: "**missed**", None: "–"}


def said(*command):
    """The first line that a command prints of itself."""
    ran = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return ran.stdout.strip().splitlines()[0] if ran.stdout.strip() else "unknown"


def machine(peers, loads):
    cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())[1]
    memory = int(re.search(r"MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text())[1]) / 1024**2
    system = re.search(r'PRETTY_NAME="(.*)"', pathlib.Path("/etc/os-release").read_text())[1]
    virtual = "virtual, " if "hypervisor" in pathlib.Path("/proc/cpuinfo").read_text() else ""
    lines = [
        f"- {cpu}, {virtual}{os.cpu_count()} processors, {memory:.0f} GiB; {system}, Linux {platform.release()}",
        f"- {'; '.join(peers)}; {said('wrk', '-v').split(' Copyright')[0]}; {said('rustc', '--version')}",
        "- load average over a minute " + ", ".join(f"{when}: {load[0]:.1f}" for when, load in loads.items())
        + f" (above {os.cpu_count()}, other work shared the processors: rates and latencies are those of a busy machine, CPU times and ratios suffer less)",
    ]
    return "\n".join(lines)


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "| --- |" + " ---: |" * (len(head) - 1)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def of_loads(seen, more=()):
    """A row for each load; `more` are keys of what was seen besides, with their titles."""
    rows = []
    for name, one in seen.items():
        row = [name.replace("/", ", "), f"{one['cpu_us']:.1f}", f"{one['rps']:,.0f}", f"{one['p50']:.2f}", f"{one['p99']:.2f}", f"{one['memory']:.1f}"]
        rows.append(row + [f"{one[key]:.2f}" for key, _ in more])
    head = ["", "CPU µs per request", "requests/s", "p50 ms", "p99 ms", "memory MiB", *(title for _, title in more)]
    return table(head, rows)


def of_goals(rows):
    return table(["goal", "measured", "verdict"], [[goal, was, VERDICTS[met]] for goal, was, met in rows])


def write(function, measured, filled):
    """Fills the template of a function: docs/benchmarks/FUNCTION.md of FUNCTION.md.in."""
    ended = datetime.datetime.fromtimestamp(pathlib.Path(measured).stat().st_mtime, datetime.timezone.utc)
    filled = {"date": f"{ended:%Y-%m-%d %H:%M} UTC", **filled}
    text = (HERE / f"{function}.md.in").read_text(encoding="utf-8")
    text = re.sub(r"@(\w+)@", lambda found: str(filled[found[1]]), text)
    (ROOT / f"docs/benchmarks/{function}.md").write_text(text, encoding="utf-8")
    print(text)
