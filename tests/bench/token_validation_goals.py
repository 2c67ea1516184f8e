"""What was to be shown, and whether it is."""

HAPROXY = "HAProxy, signature alone"
SAME_WORK = "HAProxy, with iss, aud and exp"


def judged(peers, components, lambdas, instantiation, sizes):
    """Rows of goal, measured, met; None: there is no goal."""

    def per_core(tokens, peer):
        ours, theirs = peers[f"RS256/{tokens}/headgate"], peers[f"RS256/{tokens}/{peer}"]
        return ours["per_core"] / theirs["per_core"]

    def cpu(name, algorithm="RS256", tokens="one"):
        return components[f"{algorithm}/{tokens}/{name}"]["cpu_us"]

    by_name = {one["name"]: one for one in lambdas}
    one_token, floor = by_name["RS256, one token"], by_name["lambda_runtime alone"]
    rows = []

    def at_least(goal, was, limit, unit=""):
        rows.append((goal, f"{was:.2f}{unit}", was >= limit))

    def at_most(goal, was, limit, unit):
        rows.append((goal, f"{was:,.1f} {unit}", was <= limit))

    for tokens, limit, said in (("distinct", 1, "at least"), ("repeated", 2, "at least twice")):
        for peer in (HAPROXY, SAME_WORK):
            goal = f"native, {tokens} RS256 tokens: {said} the requests/s per core of {peer}"
            at_least(goal, per_core(tokens, peer), limit, "×")
    above = one_token["p50"] - floor["p50"]
    at_most("Lambda, one RS256 token: at most 60 µs above the floor, warm p50", above, 60, "µs")
    start, least = one_token["start"] / 1000, floor["start"] / 1000
    rows.append(("Lambda: first poll within 5 ms of the start", f"{start:.1f} ms (floor: {least:.1f} ms)", start <= 5))
    at_most("Lambda: at most 12 MB of memory, at its peak", one_token["peak"] * 1024 / 1e6, 12, "MB")
    for build in ("wide", "portable"):
        for reuse in ("long-lived", "reused"):
            above = cpu(f"{build}, {reuse}") - cpu(f"empty, {reuse}")
            at_most(f"component, {build}, {reuse}: a cached token at most 15 µs above the empty one", above, 15, "µs")
    for build, algorithm in (("portable", "RS256"), ("portable", "ES256"), ("wide", "RS256"), ("wide", "ES256")):
        more = cpu(f"{build}, reused", algorithm, "distinct") - cpu(f"{build}, long-lived", algorithm)
        said = f"component, {build}: what a distinct {algorithm} token costs more than a remembered one (its reading, its verification, cold instances)"
        rows.append((said, f"{more:,.1f} µs", None))
    for build in ("portable", "wide"):
        at_most(f"component, {build}: at most 1.5 MB", sizes[f"token-validation, {build}"] / 1e6, 1.5, "MB")
        micros = instantiation[build]["p50_us"]
        at_most(f"component, {build}: instantiated and dropped in at most 200 µs, p50", micros, 200, "µs")
    theirs = components.get("RS256/one/empty under wasmtime serve, reused")
    if theirs:
        ours = components["RS256/one/empty, reused"]
        goal = "local host, empty component: at least the requests/s of wasmtime serve"
        at_least(goal, ours["rps"] / theirs["rps"], 1, "×")
    return rows
