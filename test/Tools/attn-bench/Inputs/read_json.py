"""Reads what attn-bench --json wrote for table.test and checks that its numbers fit together."""

import json
import math
import sys

with open(sys.argv[1]) as file:
    document = json.load(file)
assert document["version"] == 1 and document["clock"] == "cpu" and document["plain"] is False
cases = {(case["suite"], case["name"]): case for case in document["cases"]}
assert len(cases) == len(document["cases"]) == 9 + 1 + 4, sorted(cases)
for case in cases.values():
    assert case["dtype"] == "f32" and case["threads"] == 1
    seconds, peak = case["seconds"], case["peak"]
    assert 0 < seconds["low"] <= seconds["median"] <= seconds["high"] and seconds["count"] >= 3
    assert math.isclose(case["rate"], case["work"] / seconds["median"])
    assert peak["rate"]["median"] > 0 and 0 < case["share"] < 2
# 2 (D + Dv) for 100 x 100 pairs in 2 heads; half of them and the diagonal when causal.
assert cases["masks", "S100 D16 full"]["work"] == 2 * 2 * 32 * 100 * 100
causal = cases["masks", "S100 D16 causal"]
assert causal["work"] == 2 * 2 * 32 * 100 * 101 / 2 and causal["tile_share"] == 0.55
assert cases["masks", "S100 D16 full"]["of_full"] == 1
# K and V of 2 heads, 100 keys, 16 features, 4 bytes.
decode = cases["decode", "S100 D16 H2/2"]
assert decode["unit"] == "B" and decode["work"] == 2 * 2 * 100 * 16 * 4 and decode["peak"]["kind"] == "stream"
assert cases["linear", "S100 D16 delta"]["over_recurrence"] > 0
