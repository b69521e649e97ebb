"""Reads what attn-bench --sweep --json wrote for sweep.test."""

import json
import sys

with open(sys.argv[1]) as file:
    cases = json.load(file)["cases"]
assert len({case["schedule"] for case in cases}) == len(cases) == 11, cases
times = [case["seconds"]["median"] for case in cases]
assert times == sorted(times) and cases[0]["over_fastest"] == 1
# Two blocks of three vectors of 8 queries, half of that, and twice.
queries = sorted({int(case["schedule"].split()[0].removeprefix("tile-query=")) for case in cases})
assert queries == [24, 48, 96], queries
# And what is no size of a tile, alone.
others = sorted(case["schedule"].split()[3] for case in cases if "schedule=" in case["schedule"])
assert others == ["schedule=unmasked-keys=1024", "schedule=unmasked-keys=256"], others
